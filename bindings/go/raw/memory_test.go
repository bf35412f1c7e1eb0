// SPDX-License-Identifier: Apache-2.0

package raw_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unsafe"

	"sabir/raw"
)

// holder is as a program might keep what it has of the library: beside pointers of Go's, which nobody has pinned.
type holder struct {
	label    *string
	values   map[string]int
	system   *raw.System
	behavior *raw.Behavior
	waiting  *raw.Message
	reply    *raw.Message
	port     *raw.Port
	report   *raw.Report
	err      *raw.Error
	pid      raw.Pid
	ref      raw.Ref
	counters raw.Counters
	table    raw.Callbacks
	options  raw.SpawnOptions
	mailbox  raw.MailboxOptions
	executor raw.ExecutorOptions
	spec     raw.ChildSpec
}

func TestFieldsBesideGoPointersMayBeGivenToC(t *testing.T) {
	label := strings.Repeat("a", 100)
	h := &holder{label: &label, values: map[string]int{"a": 1}}
	equal(t, "status", raw.SystemCreateVersioned(raw.ABI_VERSION+1, nil, &h.system, &h.err), raw.E_ABI)
	raw.ErrorDestroy(&h.err)
	equal(t, "the error's pointer", h.err, nil)
	ok(t, raw.SystemCreateVersioned(raw.ABI_VERSION, nil, &h.system, &h.err))

	name := raw.NewString("counter")
	defer raw.FreeString(name)
	raw.CallbacksInit(&h.table, uint32(unsafe.Sizeof(h.table)))
	h.table.Name, h.table.Start, h.table.Receive, h.table.Stop = name, raw.GoStart, raw.GoReceive, raw.GoStop
	ok(t, raw.BehaviorCreate(&h.table, &h.behavior))
	raw.MailboxOptionsInit(&h.mailbox, uint32(unsafe.Sizeof(h.mailbox)))
	raw.SpawnOptionsInit(&h.options, uint32(unsafe.Sizeof(h.options)))
	raw.ExecutorOptionsInit(&h.executor, uint32(unsafe.Sizeof(h.executor)))
	raw.ChildSpecInit(&h.spec, uint32(unsafe.Sizeof(h.spec)))
	equal(t, "the size that Init wrote", uintptr(h.spec.StructSize), unsafe.Sizeof(h.spec))
	life := newLife()
	h.options.Argument = raw.Argument(raw.Start(func(*raw.Context) (raw.Actor, raw.Status) { return &counter{life: life}, raw.OK }))
	h.options.Drop = raw.GoDrop
	ok(t, raw.Spawn(h.system, h.behavior, &h.options, &h.pid, &h.err))
	raw.BehaviorDestroy(&h.behavior)
	equal(t, "the behavior's pointer", h.behavior, nil)

	five, size := raw.BytesData(number(5))
	ok(t, raw.MessageCreateBytes(add, five, size, &h.waiting))
	ok(t, raw.Send(h.system, h.pid, &h.waiting))
	equal(t, "a message that was sent", h.waiting, nil)
	ok(t, raw.MessageCreate(get, 0, &h.waiting))
	equal(t, "status", raw.Send(h.system, 0, &h.waiting), raw.E_NO_ACTOR)
	if h.waiting == nil {
		t.Fatal("a message that was refused is gone")
	}
	ok(t, raw.Ask(h.system, h.pid, &h.waiting, uint64(patience), &h.reply))
	equal(t, "total", binary.LittleEndian.Uint64(raw.MessageBytes(h.reply)), 5)
	raw.MessageDestroy(&h.reply)
	raw.MessageDestroy(&h.waiting)

	ok(t, raw.PortCreate(h.system, &h.mailbox, &h.port, &h.err))
	ok(t, raw.PortMonitor(h.port, h.pid, 0, &h.ref))
	ok(t, raw.ActorStop(h.system, h.pid))
	ok(t, raw.PortReceive(h.port, uint64(patience), &h.reply))
	equal(t, "the monitor's ref", raw.MessageRef(h.reply), h.ref)
	raw.MessageDestroy(&h.reply)
	raw.PortDestroy(&h.port)

	ok(t, raw.SystemShutdown(h.system, 0, &h.report))
	raw.ReportDestroy(&h.report)
	raw.CountersInit(&h.counters)
	ok(t, raw.SystemCounters(h.system, &h.counters))
	equal(t, "spawned", h.counters.Spawned, 2)
	ok(t, raw.SystemDestroy(&h.system))
	equal(t, "the system's pointer", h.system, nil)
}

func TestNilStaysNull(t *testing.T) {
	f := newFixture(t)
	equal(t, "create", raw.SystemCreateVersioned(raw.ABI_VERSION, nil, nil, nil), raw.E_INVALID)
	equal(t, "send", raw.Send(f.system, f.spawn(newLife()), nil), raw.E_INVALID)
	equal(t, "message", raw.MessageCreate(add, 0, nil), raw.E_INVALID)
	equal(t, "destroy", raw.SystemDestroy(nil), raw.OK)
	raw.MessageDestroy(nil)
	raw.SpawnOptionsInit(nil, 0)
}
