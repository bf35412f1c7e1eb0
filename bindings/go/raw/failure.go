// SPDX-License-Identifier: Apache-2.0

package raw

// #include <sabir/sabir.h>
import "C"

import (
	"fmt"
	"iter"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
)

// guarded runs what an actor's callback does. A panic becomes a failure of the callback.
func guarded(context *Context, callback string, body func() Status) (status C.sabir_status) {
	returned := false
	defer func() {
		cause := recover()
		if cause == nil {
			if !returned {
				endProcess(callback)
			}
			return
		}
		text, stack := describe(cause)
		if callback != "start" && callback != "receive" {
			// These failures are a line of the log, which has the message only.
			text, stack = text+"\n"+stack, ""
		}
		fail(context, E_EXCEPTION, text, stack)
		status = C.sabir_status(E_EXCEPTION)
	}()
	status = C.sabir_status(body())
	returned = true
	return
}

// reported runs a callback whose failure has nowhere to go but stderr. Whether it did not fail.
func reported(callback string, body func()) (returned bool) {
	defer func() {
		if cause := recover(); cause != nil {
			text, stack := describe(cause)
			fmt.Fprintf(os.Stderr, "sabir: a panic in %s callback: %s\n%s", withArticle(callback), text, stack)
		} else if !returned {
			endProcess(callback)
		}
	}()
	body()
	return true
}

// fail gives the failure of the present callback its text. The failure stands even where the text does not get through.
func fail(context *Context, code Status, text, stack string) {
	message, messageSize := StringData(printable(text))
	detail, detailSize := StringData(printable(stack))
	_ = ContextFail(context, code, message, messageSize, detail, detailSize)
}

// describe is called by the deferred function that has recovered the cause: the stack below it is still the panic's.
func describe(cause any) (text, stack string) {
	if inside, is := cause.(failure); is {
		return inside.text, inside.stack
	}
	return fmt.Sprint(cause), string(debug.Stack())
}

func withArticle(callback string) string {
	if callback == "ask" {
		return "an " + callback
	}
	return "a " + callback
}

// starting has the contexts whose Start runs, each with whether it has called ContextFail.
var starting sync.Map // of *Context, *bool

// ContextFail says why the present call fails (context.h).
func ContextFail(context *Context, code Status, message *Char, messageSize uintptr, detail *Char, detailSize uintptr) Status {
	status := contextFail(context, code, message, messageSize, detail, detailSize)
	if failed, is := starting.Load(context); is && (status == OK || status == E_NOMEM) {
		*failed.(*bool) = true
	}
	return status
}

var typeOfC = regexp.MustCompile(`_Ctype_(?:struct_)?sabir_([a-z_]+)`)

// typeName is the name of a value's type as a program writes it: cgo's names for C's types are replaced by this package's.
func typeName(value any) string {
	return typeOfC.ReplaceAllStringFunc(fmt.Sprintf("%T", value), func(name string) (goName string) {
		for _, word := range strings.Split(typeOfC.FindStringSubmatch(name)[1], "_") {
			if word != "" {
				goName += strings.ToUpper(word[:1]) + word[1:]
			}
		}
		return
	})
}

// printable is a text that a C string in UTF-8 can hold: what it cannot hold is replaced by U+FFFD.
func printable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// endProcess ends the process with a text, since Go would do so in a moment with one that names nothing. runtime.Goexit cannot be
// taken back, and it ends a goroutine that has C frames to return to.
func endProcess(callback string) {
	fmt.Fprintf(os.Stderr, "sabir: runtime.Goexit (t.FailNow, t.Fatal, t.Skip) in %s callback ends the process: Go cannot return to C"+
		" from it. raw.ContainGoexit makes a crash of it.\n%s", withArticle(callback), debug.Stack())
	os.Exit(2)
}

// ContainGoexit makes actors whose callbacks may call runtime.Goexit, as t.FailNow, t.Fatal and t.Skip do: it is a crash of the actor then,
// as a panic is. Without it, Goexit in any callback ends the process, with a text on stderr. It is meant for tests: each callback
// runs as a coroutine of its own, which makes it some three times as expensive. A callback that leaves
// its thread locked (runtime.LockOSThread) must not be contained.
func ContainGoexit(start Start) Start {
	return func(context *Context) (actor Actor, status Status) {
		contained(func() { actor, status = start(context) })
		if actor != nil {
			actor = container{actor}
		}
		return
	}
}

type container struct {
	actor Actor
}

func (c container) Receive(context *Context, message **Message) (status Status) {
	contained(func() { status = c.actor.Receive(context, message) })
	return
}

func (c container) Stop(context *Context, exit *Exit) {
	contained(func() { c.actor.Stop(context, exit) })
}

func (c container) Failed(context *Context, exit *Exit) (decision int32) {
	if decider, is := c.actor.(Decider); is {
		contained(func() { decision = decider.Failed(context, exit) })
	}
	return
}

func (c container) Health(context *Context) (health uint32) {
	health = HEALTH_OK
	if checker, is := c.actor.(Checker); is {
		contained(func() { health = checker.Health(context) })
	}
	return
}

// failure is the panic of a coroutine, which has a stack of its own.
type failure struct {
	text, stack string
}

// contained runs a function as a coroutine, on the same thread, and panics where it does not return. A panic out of a deferred function
// takes the place of Goexit, and iter.Pull hands it on.
func contained(body func()) {
	next, _ := iter.Pull(func(func(struct{}) bool) {
		returned := false
		defer func() {
			if cause := recover(); cause != nil {
				text, stack := describe(cause)
				panic(failure{text, stack})
			}
			if !returned {
				panic(failure{"runtime.Goexit was called (t.FailNow, t.Fatal and t.Skip do so)", string(debug.Stack())})
			}
		}()
		body()
		returned = true
	})
	next()
}
