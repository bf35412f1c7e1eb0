// SPDX-License-Identifier: Apache-2.0

package raw

// #include <stdlib.h>
import "C"

import "unsafe"

// NewString copies a string into C memory, NUL-terminated. FreeString ends it.
func NewString(text string) *Char {
	return C.CString(text)
}

// FreeString frees what NewString made. nil is fine.
func FreeString(text *Char) {
	C.free(unsafe.Pointer(text))
}

// String copies a string of the library, "" for nil.
func String(text *Char) string {
	return C.GoString(text)
}

// StringData is the memory of a Go string, for functions that take a pointer and a size and copy at once.
func StringData(text string) (*Char, uintptr) {
	return (*Char)(unsafe.Pointer(unsafe.StringData(text))), uintptr(len(text))
}

// BytesData is the memory of a slice, for functions that take a pointer and a size and copy at once.
func BytesData(data []byte) (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(unsafe.SliceData(data)), uintptr(len(data))
}

// MessageBytes is a message's data in place. It is C's memory, so the slice keeps nothing alive: it is valid until the message is
// destroyed, moved by a send, or, where it is a callback's and was left there, until the callback returns. What is to be kept is copied
// (bytes.Clone), or the message itself is: taken out of a Receive's *message, it is the program's once Receive has returned, and not before.
// A goroutine that Receive starts gets a copy of the bytes and, to answer, the ref of ContextDefer: never the message. It is for reading;
// MessageDataMut says who may write.
func MessageBytes(message *Message) []byte {
	return unsafe.Slice((*byte)(MessageData(message)), MessageSize(message))
}

// alone copies what an argument points to into an object of its own. cgo looks for Go pointers in the whole object that a pointer it gives
// to C points into, so in all of a structure of which C is given the address of one field. nil stays nil.
func alone[Value any](argument *Value) *Value {
	if argument == nil {
		return nil
	}
	own := *argument
	return &own
}

// copyBack stores what C wrote into the copy.
func copyBack[Value any](argument, own *Value) {
	if argument != nil {
		*argument = *own
	}
}
