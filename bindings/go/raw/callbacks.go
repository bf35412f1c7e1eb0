// SPDX-License-Identifier: Apache-2.0

package raw

// #include "callbacks.h"
import "C"

import (
	"fmt"
	"os"
	"runtime/cgo"
	"runtime/debug"
	"unsafe"
)

// The addresses to give to the library, and what their argument must be: uintptr(cgo.NewHandle(value)) with a value of the type
// named. They run on threads of the library. No panic leaves them: of an actor it is a crash, else it goes to stderr.
var (
	GoStart      = StartFn(C.sabir_go_start)            // the argument of a spawn: a Start
	GoReceive    = ReceiveFn(C.sabir_go_receive)        // the state is the Actor that Start made
	GoStop       = StopFn(C.sabir_go_stop)              // the same; ends its handle
	GoDrop       = DropFn(C.sabir_go_drop)              // any; ends its handle
	GoRelease    = ReleaseFn(C.sabir_go_release)        // a Release; ends its handle
	GoAsk        = AskFn(C.sabir_go_ask)                // an AskDone; ends its handle
	GoShutdown   = ShutdownFn(C.sabir_go_shutdown)      // a ShutdownDone; ends its handle
	GoDeadLetter = DeadLetterFn(C.sabir_go_dead_letter) // a DeadLetter
	GoLog        = LogFn(C.sabir_go_log)                // a Log
)

// An Actor is one incarnation of an actor in Go. What the two methods may do, and what a status means, is in behavior.h.
type Actor interface {
	Receive(context *Context, message **Message) Status
	Stop(context *Context, exit *Exit)
}

type (
	// Start builds an actor. It may run at the same time as another one with the same argument.
	Start func(context *Context) (Actor, Status)
	// Release ends memory that a message wrapped.
	Release func(data unsafe.Pointer, size uintptr)
	// AskDone is the end of an ask.
	AskDone func(ref Ref, status Status, reply **Message)
	// ShutdownDone is the end of a shutdown.
	ShutdownDone func(status Status, report *Report)
	// DeadLetter sees a message that reached nobody.
	DeadLetter func(target Pid, cause int32, message *Message)
	// Log receives one line of the log.
	Log func(record *LogRecord)
)

//export sabirGoStart
func sabirGoStart(context *C.sabir_context, argument C.uintptr_t, state *C.uintptr_t) (status C.sabir_status) {
	defer crash(context, &status)
	actor, started := cgo.Handle(argument).Value().(Start)(context)
	if started == OK {
		*state = C.uintptr_t(cgo.NewHandle(actor))
	}
	return C.sabir_status(started)
}

//export sabirGoReceive
func sabirGoReceive(context *C.sabir_context, state C.uintptr_t, message **C.sabir_message) (status C.sabir_status) {
	defer crash(context, &status)
	return C.sabir_status(cgo.Handle(state).Value().(Actor).Receive(context, message))
}

//export sabirGoStop
func sabirGoStop(context *C.sabir_context, state C.uintptr_t, exit *C.sabir_exit) {
	var ignored C.sabir_status // stop has no result to give a status to
	defer crash(context, &ignored)
	handle := cgo.Handle(state)
	defer handle.Delete()
	handle.Value().(Actor).Stop(context, exit)
}

//export sabirGoDrop
func sabirGoDrop(argument C.uintptr_t) {
	defer report("drop")
	cgo.Handle(argument).Delete()
}

//export sabirGoRelease
func sabirGoRelease(data unsafe.Pointer, size C.size_t, argument C.uintptr_t) {
	defer report("release")
	take(argument).(Release)(data, uintptr(size))
}

//export sabirGoAsk
func sabirGoAsk(argument C.uintptr_t, ref C.sabir_ref, status C.sabir_status, reply **C.sabir_message) {
	defer report("ask")
	take(argument).(AskDone)(Ref(ref), Status(status), reply)
}

//export sabirGoShutdown
func sabirGoShutdown(argument C.uintptr_t, status C.sabir_status, result *C.sabir_report) {
	defer report("shutdown")
	take(argument).(ShutdownDone)(Status(status), result)
}

//export sabirGoDeadLetter
func sabirGoDeadLetter(argument C.uintptr_t, target C.sabir_pid, cause C.int32_t, message *C.sabir_message) {
	defer report("dead letter")
	cgo.Handle(argument).Value().(DeadLetter)(Pid(target), int32(cause), message)
}

//export sabirGoLog
func sabirGoLog(argument C.uintptr_t, record *C.sabir_log_record) {
	defer report("log")
	cgo.Handle(argument).Value().(Log)((*LogRecord)(unsafe.Pointer(record)))
}

// take ends the handle of a callback that runs once.
func take(argument C.uintptr_t) any {
	handle := cgo.Handle(argument)
	defer handle.Delete()
	return handle.Value()
}

// crash turns a panic of an actor into its exit reason, with the stack as the detail.
func crash(context *Context, status *C.sabir_status) {
	cause := recover()
	if cause == nil {
		return
	}
	message, messageSize := StringData(fmt.Sprint(cause))
	stack := debug.Stack()
	// The crash stands even where its text does not get through.
	_ = ContextFail(context, E_EXCEPTION, message, messageSize, (*Char)(unsafe.Pointer(unsafe.SliceData(stack))), uintptr(len(stack)))
	*status = C.sabir_status(E_EXCEPTION)
}

// report says on stderr that a callback which belongs to no actor panicked.
func report(callback string) {
	if cause := recover(); cause != nil {
		fmt.Fprintf(os.Stderr, "sabir: a panic in a %s callback: %v\n%s", callback, cause, debug.Stack())
	}
}
