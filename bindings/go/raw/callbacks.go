// SPDX-License-Identifier: Apache-2.0

package raw

// #include "callbacks.h"
import "C"

import (
	"fmt"
	"reflect"
	"runtime/cgo"
	"unsafe"
)

// The addresses to give to the library, and what their argument must be: Argument(value) with a value of the type named. They run on
// threads of the library. No panic leaves them: of an actor it is a crash, else it goes to stderr. (failure.go says what becomes of
// runtime.Goexit.)
//
// Without a Start in the table of callbacks the argument is the state: it must be uintptr(cgo.NewHandle(actor)) with an Actor then. All
// incarnations share that one value, and its handle ends with GoDrop, not with GoStop.
var (
	GoStart      = StartFn(C.sabir_go_start)            // the argument of a spawn: a Start
	GoReceive    = ReceiveFn(C.sabir_go_receive)        // the state is the Actor that Start made
	GoStop       = StopFn(C.sabir_go_stop)              // the same; ends the handle that GoStart made
	GoFailed     = FailedFn(C.sabir_go_failed)          // the same; calls Failed of an Actor that is a Decider
	GoHealth     = HealthFn(C.sabir_go_health)          // the same; calls Health of an Actor that is a Checker
	GoDrop       = DropFn(C.sabir_go_drop)              // any; ends its handle
	GoRelease    = ReleaseFn(C.sabir_go_release)        // a Release; ends its handle
	GoAsk        = AskFn(C.sabir_go_ask)                // an AskDone; ends its handle
	GoShutdown   = ShutdownFn(C.sabir_go_shutdown)      // a ShutdownDone; ends its handle
	GoDeadLetter = DeadLetterFn(C.sabir_go_dead_letter) // a DeadLetter
	GoLog        = LogFn(C.sabir_go_log)                // a Log
)

// An Actor is one incarnation of an actor in Go. What the methods may do, and what a status means, is in behavior.h. A Receive that
// blocks keeps its worker from all other actors: an actor that does is spawned on an executor of kind EXECUTOR_THREADS.
type Actor interface {
	Receive(context *Context, message **Message) Status
	Stop(context *Context, exit *Exit)
}

// A Decider is an Actor that says what becomes of it after a failure: DECISION_DEFAULT ... DECISION_ESCALATE.
type Decider interface {
	Failed(context *Context, exit *Exit) int32
}

// A Checker is an Actor that says how it is: HEALTH_OK, HEALTH_DEGRADED or HEALTH_FAILED.
type Checker interface {
	Health(context *Context) uint32
}

type (
	// Start builds an actor. It may run at the same time as another one with the same argument. A nil actor with OK is a failed start, and so
	// is one that has called ContextFail: Stop of the actor does not run then.
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

// Argument makes the argument of a callback: a cgo.Handle of the value. The callbacks find it by the types above and by nothing else, so
// a handle of a func literal that was not converted to one of them would do at compile time and fail at each call. A nil func panics here.
//
// The callbacks whose comment says so end it, and so does GoDrop as a drop function; where a call fails and its header says that the
// argument is still the caller's, FreeArgument does. After Supervise it never is, with one exception: where the StructSize of the
// SpawnOptions or the ChildSpec is too small (E_OPTION: no Init function has set it), the library cannot read the argument, and nothing
// drops it.
func Argument[T Start | Release | AskDone | ShutdownDone | DeadLetter | Log](value T) uintptr {
	if reflect.ValueOf(value).IsNil() {
		panic(fmt.Sprintf("raw.Argument: the %T is nil", value))
	}
	return uintptr(cgo.NewHandle(value))
}

// FreeArgument ends what Argument made, where no callback will. 0 is fine; what has ended already panics.
func FreeArgument(argument uintptr) {
	if argument == 0 {
		return
	}
	if _, lives := lookUp(argument); !lives {
		panic(fmt.Sprintf("raw.FreeArgument: the argument %#x %s", argument, ended))
	}
	cgo.Handle(argument).Delete()
}

const ended = "is no handle, or one that has ended: a callback or drop that ran ends it, so does FreeArgument, each once"

// lookUp finds what a handle holds, if it lives.
func lookUp(argument uintptr) (value any, lives bool) {
	defer func() { lives = recover() == nil }()
	return cgo.Handle(argument).Value(), true
}

// argumentOf finds the argument that a callback needs. Its panics name the callback, the argument and the cure.
func argumentOf[T any](argument C.uintptr_t, callback string) T {
	value, lives := lookUp(uintptr(argument))
	if wanted, is := value.(T); is {
		return wanted
	}
	_, isStart := value.(Start)
	name := reflect.TypeFor[T]().String()
	switch {
	case argument == 0:
		panic(fmt.Sprintf("the argument of raw.%s is 0: it must be raw.Argument(%s(...))", callback, name))
	case !lives:
		panic(fmt.Sprintf("the argument %#x of raw.%s %s", uintptr(argument), callback, ended))
	case isStart && name == "raw.Actor":
		panic(fmt.Sprintf("the state of raw.%s is a raw.Start, not raw.Actor: set Start of the raw.Callbacks to raw.GoStart", callback))
	case name == "raw.Actor":
		panic(fmt.Sprintf("the state of raw.%s is a handle of %s, not raw.Actor: without a Start in the raw.Callbacks the argument is the"+
			" state, and must be uintptr(cgo.NewHandle(actor))", callback, typeName(value)))
	}
	panic(fmt.Sprintf("the argument of raw.%s is a handle of %s, not %s: make it by raw.Argument(%s(...))", callback, typeName(value),
		name, name))
}

// started is what the handle holds that GoStart makes, so that GoStop tells it from an Actor that is the argument itself.
type started struct {
	Actor
}

//export sabirGoStart
func sabirGoStart(context *C.sabir_context, argument C.uintptr_t, state *C.uintptr_t) C.sabir_status {
	return guarded(context, "start", func() Status {
		start, failed := argumentOf[Start](argument, "GoStart"), false
		starting.Store(context, &failed)
		defer starting.Delete(context)
		actor, status := start(context)
		if status != OK || failed { // a failed start all the same: Stop will not run, and could not end the handle
			return status
		}
		if actor == nil {
			fail(context, E_INVALID, "Start returned OK and no actor: it was nil", "")
			return E_INVALID
		}
		*state = C.uintptr_t(cgo.NewHandle(started{actor}))
		return OK
	})
}

//export sabirGoReceive
func sabirGoReceive(context *C.sabir_context, state C.uintptr_t, message **C.sabir_message) C.sabir_status {
	return guarded(context, "receive", func() Status {
		return argumentOf[Actor](state, "GoReceive").Receive(context, message)
	})
}

//export sabirGoStop
func sabirGoStop(context *C.sabir_context, state C.uintptr_t, exit *C.sabir_exit) {
	guarded(context, "stop", func() Status {
		actor := argumentOf[Actor](state, "GoStop")
		if _, ours := actor.(started); ours {
			defer cgo.Handle(state).Delete()
		}
		actor.Stop(context, exit)
		return OK
	})
}

//export sabirGoFailed
func sabirGoFailed(context *C.sabir_context, state C.uintptr_t, exit *C.sabir_exit) C.int32_t {
	decision := DECISION_DEFAULT
	guarded(context, "failed", func() Status {
		if decider, is := incarnation(state, "GoFailed").(Decider); is {
			decision = decider.Failed(context, exit)
		}
		return OK
	})
	return C.int32_t(decision)
}

//export sabirGoHealth
func sabirGoHealth(context *C.sabir_context, state C.uintptr_t) C.uint32_t {
	health := HEALTH_OK
	// The library has no place for the text of a failed check.
	if !reported("health", func() {
		if checker, is := incarnation(state, "GoHealth").(Checker); is {
			health = checker.Health(context)
		}
	}) {
		health = HEALTH_FAILED
	}
	return C.uint32_t(health)
}

// incarnation is the user's own Actor, whose further methods can be asked for.
func incarnation(state C.uintptr_t, callback string) Actor {
	actor := argumentOf[Actor](state, callback)
	if ours, is := actor.(started); is {
		return ours.Actor
	}
	return actor
}

//export sabirGoDrop
func sabirGoDrop(argument C.uintptr_t) {
	reported("drop", func() { FreeArgument(uintptr(argument)) })
}

//export sabirGoRelease
func sabirGoRelease(data unsafe.Pointer, size C.size_t, argument C.uintptr_t) {
	reported("release", func() { take[Release](argument, "GoRelease")(data, uintptr(size)) })
}

//export sabirGoAsk
func sabirGoAsk(argument C.uintptr_t, ref C.sabir_ref, status C.sabir_status, reply **C.sabir_message) {
	reported("ask", func() { take[AskDone](argument, "GoAsk")(Ref(ref), Status(status), reply) })
}

//export sabirGoShutdown
func sabirGoShutdown(argument C.uintptr_t, status C.sabir_status, result *C.sabir_report) {
	reported("shutdown", func() { take[ShutdownDone](argument, "GoShutdown")(Status(status), result) })
}

//export sabirGoDeadLetter
func sabirGoDeadLetter(argument C.uintptr_t, target C.sabir_pid, cause C.int32_t, message *C.sabir_message) {
	reported("dead letter", func() { argumentOf[DeadLetter](argument, "GoDeadLetter")(Pid(target), int32(cause), message) })
}

//export sabirGoLog
func sabirGoLog(argument C.uintptr_t, record *C.sabir_log_record) {
	reported("log", func() { argumentOf[Log](argument, "GoLog")((*LogRecord)(unsafe.Pointer(record))) })
}

// take ends the handle of a callback that runs once.
func take[T any](argument C.uintptr_t, callback string) T {
	value := argumentOf[T](argument, callback)
	cgo.Handle(argument).Delete()
	return value
}
