// SPDX-License-Identifier: Apache-2.0

// A counter actor in Go, over the raw layer: spawned, sent to, asked, stopped, and another one crashed. docs/guide/bindings.md says what
// the go command needs to build it.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"time"
	"unsafe"

	"sabir/raw"
)

// Any numbers will do for message types of one program.
const (
	add  raw.Type = 1
	get  raw.Type = 2
	fail raw.Type = 3
)

// A counter is one incarnation of the actor. One message is handled at a time, so its state needs no lock.
type counter struct {
	total uint64
	ended chan<- string
}

func (c *counter) Receive(context *raw.Context, message **raw.Message) raw.Status {
	data := raw.MessageBytes(*message) // C's memory, valid during this call
	switch raw.MessageType(*message) {
	case add:
		if len(data) != 8 {
			return raw.E_UNHANDLED // a dead letter, not a crash
		}
		c.total += binary.LittleEndian.Uint64(data)
		return raw.OK
	case get:
		reply, size := raw.BytesData(number(c.total))
		return raw.ContextReplyBytes(context, get, reply, size)
	case fail:
		panic("told to: " + string(data)) // a crash with this text, and the stack as its detail
	}
	return raw.E_UNHANDLED
}

func (c *counter) Stop(_ *raw.Context, exit *raw.Exit) {
	c.ended <- fmt.Sprintf("%d, %s", c.total, raw.String(raw.ExitReasonName(raw.ExitReason(exit))))
}

func main() {
	var system *raw.System
	var err *raw.Error
	// Refuses a library that is older than the headers this program was built with.
	if status := raw.SystemCreateVersioned(raw.ABI_VERSION, nil, &system, &err); status != raw.OK {
		fmt.Fprintln(os.Stderr, raw.String(raw.ErrorMessage(err)))
		os.Exit(1)
	}
	check(raw.LogSetLevel(system, raw.LOG_OFF)) // else the crash is told on stderr, too
	behavior := newBehavior("counter")
	ended := make(chan string, 2) // with room for both: a send that blocked would keep a worker from other actors
	start := raw.Start(func(*raw.Context) (raw.Actor, raw.Status) { return &counter{ended: ended}, raw.OK })

	first := spawn(system, behavior, start)
	for amount := uint64(1); amount <= 4; amount++ {
		send(system, first, add, number(amount))
	}
	fmt.Println("total", total(system, first))
	check(raw.ActorDrain(system, first)) // handles what is queued, then stops
	fmt.Println("ended at", <-ended)

	second := spawn(system, behavior, start)
	send(system, second, add, number(7))
	fmt.Println("crash:", crash(system, second, "enough"))
	fmt.Println("ended at", <-ended)

	raw.BehaviorDestroy(&behavior)
	check(raw.SystemDestroy(&system)) // ends every actor; nothing of the library calls into Go afterwards
}

func newBehavior(text string) *raw.Behavior {
	name := raw.NewString(text)
	defer raw.FreeString(name)
	var callbacks raw.Callbacks
	raw.CallbacksInit(&callbacks, uint32(unsafe.Sizeof(callbacks)))
	callbacks.Name, callbacks.Start, callbacks.Receive, callbacks.Stop = name, raw.GoStart, raw.GoReceive, raw.GoStop
	var behavior *raw.Behavior
	check(raw.BehaviorCreate(&callbacks, &behavior))
	return behavior
}

func spawn(system *raw.System, behavior *raw.Behavior, start raw.Start) raw.Pid {
	var mailbox raw.MailboxOptions
	raw.MailboxOptionsInit(&mailbox, uint32(unsafe.Sizeof(mailbox)))
	mailbox.Capacity = 1000
	var options raw.SpawnOptions
	raw.SpawnOptionsInit(&options, uint32(unsafe.Sizeof(options)))
	options.Argument, options.Drop = raw.Argument(start), raw.GoDrop
	options.Mailbox = &mailbox
	// A structure given to C may point to another one of Go's only while that is pinned.
	var pinner runtime.Pinner
	defer pinner.Unpin()
	pinner.Pin(&mailbox)
	var pid raw.Pid
	if status := raw.Spawn(system, behavior, &options, &pid, nil); status != raw.OK {
		raw.FreeArgument(options.Argument) // still ours
		check(status)
	}
	return pid
}

func send(system *raw.System, pid raw.Pid, typeID raw.Type, data []byte) {
	pointer, size := raw.BytesData(data)
	check(raw.SendBytes(system, pid, typeID, pointer, size))
}

// total asks, and waits for the answer.
func total(system *raw.System, pid raw.Pid) uint64 {
	var reply *raw.Message
	defer raw.MessageDestroy(&reply)
	check(raw.AskBytes(system, pid, get, nil, 0, uint64(time.Second), &reply))
	return binary.LittleEndian.Uint64(raw.MessageBytes(reply)) // copied before the reply is destroyed
}

// crash asks for one, and returns the panic's text. raw.ExitDetail has its stack.
func crash(system *raw.System, pid raw.Pid, text string) string {
	var reply *raw.Message
	defer raw.MessageDestroy(&reply)
	pointer, size := raw.StringData(text)
	if status := raw.AskBytes(system, pid, fail, unsafe.Pointer(pointer), size, uint64(time.Second), &reply); status != raw.E_CRASHED {
		check(status)
	}
	return raw.String(raw.ExitMessage(raw.MessageExit(reply)))
}

func number(value uint64) []byte {
	return binary.LittleEndian.AppendUint64(nil, value)
}

func check(status raw.Status) {
	if status != raw.OK {
		fmt.Fprintf(os.Stderr, "%s: %s\n", raw.String(raw.StatusName(status)), raw.String(raw.StatusText(status)))
		os.Exit(1)
	}
}
