// SPDX-License-Identifier: Apache-2.0

// Package raw is sabir's C ABI in Go: each C function, constant and structure under the name that its header gives it, in Go's case
// (sabir_system_create_versioned is SystemCreateVersioned, SABIR_E_DEAD is E_DEAD). The headers' comments are the manual:
// include/sabir/sabir.h says where to start.
//
// Go's rules for C apply. Where C wants the address of a pointer or of a structure, give it that of a local variable: what the address
// points into must not hold Go pointers, unless they are pinned (runtime.Pinner). Strings in C memory avoid the question (NewString).
// What C keeps is a number, never a Go pointer: a cgo.Handle of the Go value (callbacks.go).
package raw

// #cgo pkg-config: sabir
import "C"
