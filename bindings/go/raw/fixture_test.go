// SPDX-License-Identifier: Apache-2.0

package raw_test

import (
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
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
	ticks       chan int32 // the kinds of messages of type tick
}

func newLife() *life {
	return &life{stopReasons: make(chan int32, 8), ticks: make(chan int32, 8)}
}

// nextStopReason waits for the next run of the stop callback.
func (l *life) nextStopReason(t *testing.T) int32 {
	t.Helper()
	return next(t, l.stopReasons, "the stop callback did not run")
}

func next[T any](t *testing.T, channel chan T, failure string) (value T) {
	t.Helper()
	select {
	case value = <-channel:
	case <-time.After(patience):
		t.Fatal(failure)
	}
	return
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
	log := raw.Argument(raw.Log(func(record *raw.LogRecord) {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		f.log = append(f.log, logRecord{record.Level, record.Pid, raw.String(record.Actor), raw.String(record.Text)})
	}))
	ok(t, raw.LogSetSink(f.system, raw.GoLog, log, raw.GoDrop))
	letters := raw.Argument(raw.DeadLetter(func(target raw.Pid, cause int32, message *raw.Message) {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		f.deadLetters = append(f.deadLetters, deadLetter{target, cause, raw.MessageType(message)})
	}))
	var subscription raw.Ref
	ok(t, raw.DeadLetterSubscribe(f.system, raw.GoDeadLetter, letters, raw.GoDrop, &subscription))
	return f
}

func (f *fixture) spawn(l *life) raw.Pid {
	f.t.Helper()
	return f.spawnActor(func(*raw.Context) (raw.Actor, raw.Status) { return &counter{life: l}, raw.OK })
}

func (f *fixture) spawnActor(start raw.Start) raw.Pid {
	f.t.Helper()
	name := raw.NewString("counter")
	defer raw.FreeString(name)
	behavior := f.behavior(name, raw.GoStart)
	defer raw.BehaviorDestroy(&behavior)
	options := spawnOptions(name, raw.Argument(start))
	var pid raw.Pid
	ok(f.t, raw.Spawn(f.system, behavior, &options, &pid, nil))
	return pid
}

// supervise makes a permanent child of the root.
func (f *fixture) supervise(id string, start raw.StartFn, argument uintptr) (raw.Pid, raw.Status, string) {
	f.t.Helper()
	name := raw.NewString(id)
	defer raw.FreeString(name)
	behavior := f.behavior(name, start)
	defer raw.BehaviorDestroy(&behavior)
	options := spawnOptions(name, argument)
	var health raw.HealthOptions
	raw.HealthOptionsInit(&health, uint32(unsafe.Sizeof(health)))
	health.IntervalNs, health.Threshold = uint64(2*time.Millisecond), 1
	var spec raw.ChildSpec
	raw.ChildSpecInit(&spec, uint32(unsafe.Sizeof(spec)))
	spec.Spawn, spec.Health = &options, &health
	// The structures that spec points to are Go's.
	var pinner runtime.Pinner
	defer pinner.Unpin()
	pinner.Pin(&options)
	pinner.Pin(&health)
	var pid raw.Pid
	var err *raw.Error
	defer raw.ErrorDestroy(&err)
	status := raw.Supervise(f.system, 0, name, behavior, &spec, &pid, &err)
	return pid, status, raw.String(raw.ErrorMessage(err))
}

// behavior has all of Go's callbacks; start may be nil.
func (f *fixture) behavior(name *raw.Char, start raw.StartFn) *raw.Behavior {
	f.t.Helper()
	var callbacks raw.Callbacks
	raw.CallbacksInit(&callbacks, uint32(unsafe.Sizeof(callbacks)))
	callbacks.Name, callbacks.Start, callbacks.Receive, callbacks.Stop = name, start, raw.GoReceive, raw.GoStop
	callbacks.Failed, callbacks.Health = raw.GoFailed, raw.GoHealth
	var behavior *raw.Behavior
	ok(f.t, raw.BehaviorCreate(&callbacks, &behavior))
	return behavior
}

func spawnOptions(name *raw.Char, argument uintptr) (options raw.SpawnOptions) {
	raw.SpawnOptionsInit(&options, uint32(unsafe.Sizeof(options)))
	options.Argument, options.Drop, options.Name = argument, raw.GoDrop, name
	return
}

// total asks a counter.
func (f *fixture) total(pid raw.Pid) uint64 {
	f.t.Helper()
	status, reply := f.ask(pid, get, nil)
	ok(f.t, status)
	return binary.LittleEndian.Uint64(raw.MessageBytes(reply))
}

// logged says whether the log has a record of this actor with all of these texts, and waits for it.
func (f *fixture) logged(pid raw.Pid, texts ...string) {
	f.t.Helper()
	found := func(record logRecord) bool {
		return record.pid == pid && !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(record.text, text) })
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		f.mutex.Lock()
		is := slices.ContainsFunc(f.log, found)
		f.mutex.Unlock()
		if is {
			return
		}
	}
	f.t.Fatalf("no log record of %x with %q: %v", pid, texts, f.log)
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
	done := raw.Argument(raw.AskDone(func(_ raw.Ref, status raw.Status, reply **raw.Message) {
		if status == raw.OK {
			answers <- binary.LittleEndian.Uint64(raw.MessageBytes(*reply))
		}
		close(answers)
	}))
	var message *raw.Message
	var ref raw.Ref
	ok(f.t, raw.MessageCreate(typeID, 0, &message))
	ok(f.t, raw.AskBegin(f.system, pid, &message, uint64(patience), raw.GoAsk, done, &ref))
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
	var counters raw.Counters
	raw.CountersInit(&counters)
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
