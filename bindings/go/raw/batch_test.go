// SPDX-License-Identifier: Apache-2.0

package raw_test

import (
	"encoding/binary"
	"testing"
	"unsafe"

	"sabir/raw"
)

// The array of a batch is Go's own memory, and C writes all of it.
func TestABatchOfGoIsSentAsAWhole(t *testing.T) {
	const count = 300
	f := newFixture(t)
	var port *raw.Port
	ok(t, raw.PortCreate(f.system, nil, &port, nil))
	defer raw.PortDestroy(&port)
	var envelopes [count + 1]raw.Envelope
	for index := range envelopes {
		data, size := raw.BytesData(number(uint64(index)))
		envelopes[index].To = raw.PortPid(port)
		ok(t, raw.MessageCreateBytes(1, data, size, &envelopes[index].Message))
	}
	envelopes[count].To = 0 // nobody
	var sent uintptr
	status := raw.SendBatch(f.system, &envelopes[0], count+1, unsafe.Sizeof(envelopes[0]), &sent)
	equal(t, "status", status, raw.E_NO_ACTOR)
	equal(t, "sent", sent, count)
	for index := range count {
		equal(t, "status", envelopes[index].Status, raw.OK)
		equal(t, "message", envelopes[index].Message, nil)
		var message *raw.Message
		ok(t, raw.PortReceive(port, uint64(patience), &message))
		bytes := unsafe.Slice((*byte)(raw.MessageData(message)), 8)
		equal(t, "number", binary.NativeEndian.Uint64(bytes), uint64(index))
		raw.MessageDestroy(&message)
	}
	equal(t, "refused status", envelopes[count].Status, raw.E_NO_ACTOR)
	raw.MessageDestroy(&envelopes[count].Message)
}
