// SPDX-License-Identifier: Apache-2.0

package raw_test

import (
	"encoding/binary"
	"runtime/cgo"
	"sync"
	"testing"
	"time"
	"unsafe"

	"sabir/raw"
)

const patience = 10 * time.Second

// life is what the tests learn of a counter's life.
type life struct {
	stopReasons chan int32
}

func newLife() *life {
	return &life{stopReasons: make(chan int32, 8)}
}

// nextStopReason waits for the next run of the stop callback.
func (l *life) nextStopReason(t *testing.T) int32 {
	t.Helper()
	select {
	case reason := <-l.stopReasons:
		return reason
	case <-time.After(patience):
		t.Fatal("the stop callback did not run")
		return -1
	}
}

type logRecord struct {
	level       int32
	pid         raw.Pid
	actor, text string
}

type deadLetter struct {
	target raw.Pid
	cause  int32
	typeID raw.Type
}

// fixture is a system with Go's log sink and dead-letter subscription, and what the tests do to it in one line each.
type fixture struct {
	t           *testing.T
	system      *raw.System
	mutex       sync.Mutex
	log         []logRecord
	deadLetters []deadLetter
}

func newFixture(t *testing.T) *fixture {
	var system *raw.System
	var err *raw.Error
	if status := raw.SystemCreateVersioned(raw.ABI_VERSION, nil, &system, &err); status != raw.OK {
		t.Fatal(raw.String(raw.ErrorMessage(err)))
	}
	f := &fixture{t: t, system: system}
	t.Cleanup(f.close)
	log := cgo.NewHandle(raw.Log(func(record *raw.LogRecord) {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		f.log = append(f.log, logRecord{record.Level, record.Pid, raw.String(record.Actor), raw.String(record.Text)})
	}))
	ok(t, raw.LogSetSink(f.system, raw.GoLog, uintptr(log), raw.GoDrop))
	letters := cgo.NewHandle(raw.DeadLetter(func(target raw.Pid, cause int32, message *raw.Message) {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		f.deadLetters = append(f.deadLetters, deadLetter{target, cause, raw.MessageType(message)})
	}))
	var subscription raw.Ref
	ok(t, raw.DeadLetterSubscribe(f.system, raw.GoDeadLetter, uintptr(letters), raw.GoDrop, &subscription))
	return f
}

func (f *fixture) spawn(l *life) raw.Pid {
	f.t.Helper()
	name := raw.NewString("counter")
	defer raw.FreeString(name)
	var callbacks raw.Callbacks
	raw.CallbacksInit(&callbacks, uint32(unsafe.Sizeof(callbacks)))
	callbacks.Name, callbacks.Start, callbacks.Receive, callbacks.Stop = name, raw.GoStart, raw.GoReceive, raw.GoStop
	var behavior *raw.Behavior
	ok(f.t, raw.BehaviorCreate(&callbacks, &behavior))
	defer raw.BehaviorDestroy(&behavior)
	var options raw.SpawnOptions
	raw.SpawnOptionsInit(&options, uint32(unsafe.Sizeof(options)))
	start := raw.Start(func(*raw.Context) (raw.Actor, raw.Status) { return &counter{life: l}, raw.OK })
	options.Argument, options.Drop, options.Name = uintptr(cgo.NewHandle(start)), raw.GoDrop, name
	var pid raw.Pid
	ok(f.t, raw.Spawn(f.system, behavior, &options, &pid, nil))
	return pid
}

func (f *fixture) send(pid raw.Pid, typeID raw.Type, data []byte) {
	f.t.Helper()
	pointer, size := raw.BytesData(data)
	ok(f.t, raw.SendBytes(f.system, pid, typeID, pointer, size))
}

// ask returns the status, and the reply for as long as the test runs.
func (f *fixture) ask(pid raw.Pid, typeID raw.Type, data []byte) (raw.Status, *raw.Message) {
	var reply *raw.Message
	pointer, size := raw.BytesData(data)
	status := raw.AskBytes(f.system, pid, typeID, pointer, size, uint64(patience), &reply)
	kept := reply
	f.t.Cleanup(func() { raw.MessageDestroy(&reply) })
	return status, kept
}

// askBegin asks with a callback and waits for its number.
func (f *fixture) askBegin(pid raw.Pid, typeID raw.Type) uint64 {
	f.t.Helper()
	answers := make(chan uint64, 1)
	done := cgo.NewHandle(raw.AskDone(func(_ raw.Ref, status raw.Status, reply **raw.Message) {
		if status == raw.OK {
			answers <- binary.LittleEndian.Uint64(raw.MessageBytes(*reply))
		}
		close(answers)
	}))
	var message *raw.Message
	var ref raw.Ref
	ok(f.t, raw.MessageCreate(typeID, 0, &message))
	ok(f.t, raw.AskBegin(f.system, pid, &message, uint64(patience), raw.GoAsk, uintptr(done), &ref))
	if message != nil || ref == 0 {
		f.t.Fatal("the message was not moved, or there is no ref")
	}
	answer, answered := <-answers
	if !answered {
		f.t.Fatal("the ask failed")
	}
	return answer
}

// shutDown ends the system and returns its counters. Nothing of the library calls into Go afterwards.
func (f *fixture) shutDown() raw.Counters {
	f.t.Helper()
	var report *raw.Report
	ok(f.t, raw.SystemShutdown(f.system, 0, &report))
	equal(f.t, "survivors", raw.ReportSurvivorCount(report), 0)
	raw.ReportDestroy(&report)
	counters := raw.Counters{}
	counters.StructSize = uint32(unsafe.Sizeof(counters))
	ok(f.t, raw.SystemCounters(f.system, &counters))
	f.close()
	return counters
}

// close ends the system, if that has not happened yet.
func (f *fixture) close() {
	system := f.system
	f.system = nil
	ok(f.t, raw.SystemDestroy(&system))
}

func ok(t *testing.T, status raw.Status) {
	t.Helper()
	if status != raw.OK {
		t.Fatal(raw.String(raw.StatusName(status)))
	}
}

func equal[T comparable](t *testing.T, what string, found, expected T) {
	t.Helper()
	if found != expected {
		t.Errorf("%s: %v, not %v", what, found, expected)
	}
}
