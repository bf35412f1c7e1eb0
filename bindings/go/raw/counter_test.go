// SPDX-License-Identifier: Apache-2.0

package raw_test

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sabir/raw"
)

// A counter actor in Go: counted, asked, stopped, crashed.
type counter struct {
	life  *life
	total uint64
}

const (
	add  raw.Type = 1
	get  raw.Type = 2
	fail raw.Type = 3
	tick raw.Type = 4
)

func (c *counter) Receive(context *raw.Context, message **raw.Message) raw.Status {
	data := raw.MessageBytes(*message)
	switch raw.MessageType(*message) {
	case add:
		c.total += binary.LittleEndian.Uint64(data)
		return raw.OK
	case get:
		reply, size := raw.BytesData(number(c.total))
		return raw.ContextReplyBytes(context, get, reply, size)
	case fail:
		failLoudly(string(data))
	case tick:
		c.life.ticks <- raw.MessageKind(*message)
		return raw.OK
	}
	return raw.E_UNHANDLED
}

func (c *counter) Stop(_ *raw.Context, exit *raw.Exit) {
	c.life.stopReasons <- raw.ExitReason(exit)
}

func failLoudly(text string) {
	panic(fmt.Errorf("refused: %s", text))
}

// number is how the tests write a 64-bit number.
func number(value uint64) []byte {
	return binary.LittleEndian.AppendUint64(nil, value)
}

func TestCounterAddsAnswersAndStops(t *testing.T) {
	f := newFixture(t)
	life := newLife()
	pid := f.spawn(life)
	for amount := uint64(1); amount <= 100; amount++ {
		f.send(pid, add, number(amount))
	}
	status, reply := f.ask(pid, get, nil)
	ok(t, status)
	equal(t, "kind", raw.MessageKind(reply), raw.KIND_REPLY)
	equal(t, "total", binary.LittleEndian.Uint64(raw.MessageBytes(reply)), 5050)

	ok(t, raw.ActorStop(f.system, pid))
	equal(t, "stop reason", life.nextStopReason(t), raw.EXIT_STOPPED)

	counters := f.shutDown()
	equal(t, "spawned", counters.Spawned, 1)
	equal(t, "exited", counters.Exited, 1)
	equal(t, "crashed", counters.Crashed, 0)
	equal(t, "sent", counters.Sent, 101)
	equal(t, "handled", counters.Handled, 101)
	equal(t, "dead letters", counters.DeadLetters, 0)
	equal(t, "log records", len(f.log), 0)
	equal(t, "dead letters seen", len(f.deadLetters), 0)
}

func TestTypeItDoesNotHandleIsADeadLetter(t *testing.T) {
	f := newFixture(t)
	life := newLife()
	pid := f.spawn(life)
	status, _ := f.ask(pid, 77, nil)
	equal(t, "status", status, raw.E_UNHANDLED)
	status, _ = f.ask(pid, get, nil)
	ok(t, status)

	counters := f.shutDown()
	equal(t, "stop reason", life.nextStopReason(t), raw.EXIT_SHUTDOWN)
	equal(t, "crashed", counters.Crashed, 0)
	equal(t, "sent", counters.Sent, 2)
	equal(t, "handled", counters.Handled, 1)
	equal(t, "dead letters", counters.DeadLetters, 1)
	expected := []deadLetter{{pid, raw.CAUSE_UNHANDLED, 77}}
	if !reflect.DeepEqual(f.deadLetters, expected) {
		t.Errorf("dead letters seen: %v, not %v", f.deadLetters, expected)
	}
}

func TestPanicIsACrashWithItsStack(t *testing.T) {
	f := newFixture(t)
	life := newLife()
	pid := f.spawn(life)
	f.send(pid, add, number(1))
	status, reply := f.ask(pid, fail, []byte("no such account: Ωmega"))
	equal(t, "status", status, raw.E_CRASHED)
	equal(t, "kind", raw.MessageKind(reply), raw.KIND_FAILURE)
	equal(t, "message status", raw.MessageStatus(reply), raw.E_CRASHED)
	exit := raw.MessageExit(reply)
	equal(t, "reason", raw.ExitReason(exit), raw.EXIT_CRASHED)
	equal(t, "exit status", raw.ExitStatus(exit), raw.E_EXCEPTION)
	equal(t, "exit pid", raw.ExitPid(exit), pid)
	equal(t, "message", raw.String(raw.ExitMessage(exit)), "refused: no such account: Ωmega")
	detail := raw.String(raw.ExitDetail(exit))
	if !strings.Contains(detail, "failLoudly") || !strings.Contains(detail, "counter_test.go:") {
		t.Errorf("the detail is no stack of the panic: %s", detail)
	}

	counters := f.shutDown()
	equal(t, "stop reason", life.nextStopReason(t), raw.EXIT_CRASHED)
	equal(t, "spawned", counters.Spawned, 1)
	equal(t, "exited", counters.Exited, 1)
	equal(t, "crashed", counters.Crashed, 1)
	equal(t, "sent", counters.Sent, 2)
	equal(t, "handled", counters.Handled, 1)
	equal(t, "dead letters", counters.DeadLetters, 1)
	expected := []deadLetter{{pid, raw.CAUSE_CRASHED, fail}}
	if !reflect.DeepEqual(f.deadLetters, expected) {
		t.Errorf("dead letters seen: %v, not %v", f.deadLetters, expected)
	}
	f.logged(pid, "no such account: Ωmega", "failLoudly")
}

func TestAskDoneRunsOnce(t *testing.T) {
	f := newFixture(t)
	pid := f.spawn(newLife())
	f.send(pid, add, number(7))
	for range 10 {
		equal(t, "total", f.askBegin(pid, get), 7)
	}
	equal(t, "handled", f.shutDown().Handled, 11)
}

// A send to a port that another thread closes may find itself ending the port's messages: then Go is called back from inside the send.
func TestEveryMessageToAClosingPortIsSeenAsADeadLetter(t *testing.T) {
	f := newFixture(t)
	const rounds, senders, messages = 20000, 3, 20
	var accepted atomic.Int64
	for range rounds {
		var port *raw.Port
		ok(t, raw.PortCreate(f.system, nil, &port, nil))
		pid := raw.PortPid(port)
		var sending sync.WaitGroup
		for range senders {
			sending.Add(1)
			go func() {
				defer sending.Done()
				for range messages {
					if raw.SendBytes(f.system, pid, add, nil, 0) == raw.OK {
						accepted.Add(1)
					}
				}
			}()
		}
		raw.PortDestroy(&port)
		sending.Wait()
	}
	counters := f.shutDown()
	equal(t, "sent", counters.Sent, uint64(accepted.Load()))
	equal(t, "handled", counters.Handled, 0)
	equal(t, "dead letters", counters.DeadLetters, counters.Sent)
	equal(t, "dead letters seen", uint64(len(f.deadLetters)), counters.Sent)
	if counters.Sent == 0 {
		t.Error("no message was accepted: the ports were closed too soon for this test to mean anything")
	}
}

func TestHeaderAndLibraryHaveOneVersion(t *testing.T) {
	equal(t, "ABI version", raw.AbiVersion(), raw.ABI_VERSION)
	var system *raw.System
	var err *raw.Error
	equal(t, "status for a newer header", raw.SystemCreateVersioned(raw.ABI_VERSION+1, nil, &system, &err), raw.E_ABI)
	if text := raw.String(raw.ErrorMessage(err)); text == "" {
		t.Error("the refusal of a newer header has no text")
	}
	raw.ErrorDestroy(&err)
	header := fmt.Sprintf("%d.%d.%d", raw.VERSION_MAJOR, raw.VERSION_MINOR, raw.VERSION_PATCH)
	equal(t, "version", raw.String(raw.Version()), header)
}
