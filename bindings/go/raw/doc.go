// SPDX-License-Identifier: Apache-2.0

// Package raw is sabir's C ABI in Go: each C function, constant and structure under the name that its header gives it, in Go's case
// (sabir_system_create_versioned is SystemCreateVersioned, SABIR_E_DEAD is E_DEAD). The headers' comments are the manual:
// include/sabir/sabir.h says where to start. docs/guide/bindings.md says how to build with it, and examples/go has a program.
//
// # Pointers
//
// Where C wants the address of a pointer, a number or a structure, it may be that of any variable, also of a field of a structure of yours:
// C gets the address of a copy, and what it writes is there when the call has returned. Nothing else may use the variable meanwhile.
//
// Go's rules for C apply to what a structure points to: no Go memory, unless it is pinned. So a SpawnOptions that points to a
// MailboxOptions, or a ChildSpec that points to a SpawnOptions, wants each structure it points to pinned during the call:
//
//	var pinner runtime.Pinner
//	defer pinner.Unpin()
//	pinner.Pin(&mailbox)
//	options.Mailbox = &mailbox
//
// cgo looks at the first level only: of a ChildSpec whose Spawn is pinned it does not see that the Mailbox of that is not. Pin both.
//
// Strings in C memory avoid the question (NewString). The same rules apply to the bytes of a message: a slice that was made as one will do,
// a slice of an array that is a field of a structure with Go pointers panics.
// What C keeps is a number, never a Go pointer: a handle of the Go value (Argument).
//
// # After the library has changed
//
// The build compares every structure with the headers under the prefix, but Go's build cache does not know that it depends on them: what
// was built is taken from the cache, though the headers, or the prefix that PKG_CONFIG_PATH names, are others now. Then build once with
//
//	go build -a
//
// (go clean -cache does as well), or let a number that changes with the headers be part of the flags, as bindings/test.sh does:
//
//	CGO_CFLAGS="-O2 -g -DSABIR_HEADERS=$(cat PREFIX/include/sabir/*.h | sha256sum | cut -c1-16)"
//
// At run time SystemCreateVersioned with ABI_VERSION refuses a library that is older than the headers or of another major version
// (E_ABI), and each function that takes a structure looks at its size (E_OPTION).
package raw

// #cgo pkg-config: sabir
import "C"
