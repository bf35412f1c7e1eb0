// SPDX-License-Identifier: Apache-2.0

package raw_test

import (
	"testing"
	"time"

	"sabir/raw"
)

func TestSupervisedActorIsRestartedTimedAndWatched(t *testing.T) {
	f := newFixture(t)
	life := newLife()
	start := raw.Start(func(*raw.Context) (raw.Actor, raw.Status) { return &counter{life: life}, raw.OK })
	pid, status, text := f.supervise("counter", raw.GoStart, raw.Argument(start))
	if status != raw.OK {
		t.Fatal(text)
	}
	var port *raw.Port
	var monitor raw.Ref
	ok(t, raw.PortCreate(f.system, nil, &port, nil))
	defer raw.PortDestroy(&port)
	ok(t, raw.PortMonitor(port, pid, raw.MONITOR_RESTARTS, &monitor))

	f.send(pid, add, number(3))
	equal(t, "total", f.total(pid), 3)
	status, _ = f.ask(pid, fail, []byte("a crash"))
	equal(t, "status", status, raw.E_CRASHED)
	equal(t, "stop reason", life.nextStopReason(t), raw.EXIT_CRASHED)
	equal(t, "total of the same pid", f.total(pid), 0)
	restarted := f.receive(port)
	equal(t, "kind", raw.MessageKind(restarted), raw.KIND_RESTARTED)
	equal(t, "count", raw.MessageCount(restarted), 1)

	var message *raw.Message
	var timer raw.Ref
	ok(t, raw.MessageCreate(tick, 0, &message))
	ok(t, raw.TimerAfter(f.system, pid, &message, uint64(time.Millisecond), &timer))
	equal(t, "kind", next(t, life.ticks, "the timer did not fire"), raw.KIND_TIMER)

	id := raw.NewString("counter")
	defer raw.FreeString(id)
	ok(t, raw.ChildDo(f.system, 0, raw.CHILD_STOP, id, 0, nil))
	equal(t, "stop reason", life.nextStopReason(t), raw.EXIT_SHUTDOWN)
	down := f.receive(port)
	equal(t, "kind", raw.MessageKind(down), raw.KIND_DOWN)
	equal(t, "ref", raw.MessageRef(down), monitor)
	equal(t, "sender", raw.MessageSender(down), pid)
	equal(t, "reason", raw.ExitReason(raw.MessageExit(down)), raw.EXIT_SHUTDOWN)

	counters := f.shutDown()
	equal(t, "restarted", counters.Restarted, 1)
	equal(t, "started", counters.Started, counters.Stopped)
}

// receive waits for a message, which lives for as long as the test runs.
func (f *fixture) receive(port *raw.Port) *raw.Message {
	f.t.Helper()
	var message *raw.Message
	ok(f.t, raw.PortReceive(port, uint64(patience), &message))
	kept := message
	f.t.Cleanup(func() { raw.MessageDestroy(&message) })
	return kept
}

// decider is a counter that decides about its failures, and says how it is.
type decider struct {
	counter
	decision func() int32
	health   func() uint32
}

func (d *decider) Failed(*raw.Context, *raw.Exit) int32 { return d.decision() }
func (d *decider) Health(*raw.Context) uint32           { return d.health() }

func healthy() uint32 { return raw.HEALTH_OK }

func TestActorDecidesAboutItsFailures(t *testing.T) {
	for _, wrapped := range []func(raw.Start) raw.Start{func(start raw.Start) raw.Start { return start }, raw.ContainGoexit} {
		f := newFixture(t)
		life := newLife()
		resume := func() int32 { return raw.DECISION_RESUME }
		pid := f.spawnActor(wrapped(starts(&decider{counter{life: life}, resume, healthy})))
		f.send(pid, add, number(3))
		status, _ := f.ask(pid, fail, nil)
		equal(t, "status", status, raw.E_CRASHED)
		equal(t, "total", f.total(pid), 3)

		pid = f.spawnActor(wrapped(starts(&decider{counter{life: life}, func() int32 { panic("undecided") }, healthy})))
		status, _ = f.ask(pid, fail, nil)
		equal(t, "status", status, raw.E_CRASHED)
		equal(t, "stop reason", life.nextStopReason(t), raw.EXIT_CRASHED)
		f.logged(pid, "failed of 'counter' failed: undecided", "supervision_test.go:")
	}
}

func TestUnhealthyActorIsRestarted(t *testing.T) {
	f := newFixture(t)
	life := newLife()
	checks := []func() uint32{func() uint32 { return raw.HEALTH_FAILED }, func() uint32 { panic("unwell") }, healthy}
	incarnation := -1
	start := raw.Start(func(*raw.Context) (raw.Actor, raw.Status) {
		incarnation++
		return &decider{counter{life: life}, nil, checks[incarnation]}, raw.OK
	})
	pid, status, text := f.supervise("patient", raw.GoStart, raw.Argument(start))
	if status != raw.OK {
		t.Fatal(text)
	}
	equal(t, "stop reason", life.nextStopReason(t), raw.EXIT_UNHEALTHY)
	equal(t, "stop reason", life.nextStopReason(t), raw.EXIT_UNHEALTHY)
	equal(t, "total", f.total(pid), 0)
	equal(t, "restarted", f.shutDown().Restarted, 2)
}
