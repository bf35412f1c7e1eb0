// SPDX-License-Identifier: Apache-2.0

// Code generated from include/sabir by bindings/generate/go.py. DO NOT EDIT.

package raw

// #include <sabir/sabir.h>
import "C"

import "unsafe"

type Status int32
type Pid uint64
type Ref uint64
type Type uint64

// What C knows by pointer only.
type System = C.sabir_system
type Behavior = C.sabir_behavior
type Executor = C.sabir_executor
type Port = C.sabir_port
type Message = C.sabir_message
type Error = C.sabir_error
type Exit = C.sabir_exit
type Report = C.sabir_report
type Context = C.sabir_context

// The addresses of C functions.
type DropFn = C.sabir_drop_fn
type AskFn = C.sabir_ask_fn
type StartFn = C.sabir_start_fn
type ReceiveFn = C.sabir_receive_fn
type StopFn = C.sabir_stop_fn
type ReleaseFn = C.sabir_release_fn
type DeadLetterFn = C.sabir_dead_letter_fn
type LogFn = C.sabir_log_fn
type ShutdownFn = C.sabir_shutdown_fn

// A byte of a C string.
type Char = C.char

type MailboxOptions struct {
	StructSize     uint32
	Capacity       uint32
	Overflow       uint32
	LowWatermark   uint32
	BlockTimeoutNs uint64
}

type SpawnOptions struct {
	StructSize uint32
	Reserved   uint32
	Argument   uintptr
	Drop       DropFn
	Name       *Char
	Executor   *Executor
	Mailbox    *MailboxOptions
}

type Callbacks struct {
	StructSize uint32
	Reserved   uint32
	Name       *Char
	Start      StartFn
	Receive    ReceiveFn
	Stop       StopFn
}

type ExecutorOptions struct {
	StructSize uint32
	Kind       uint32
	Workers    uint32
	RunBatch   uint32
	Name       *Char
}

type LogRecord struct {
	StructSize uint32
	Level      int32
	System     *Char
	Source     *Char
	Pid        Pid
	Actor      *Char
	Text       *Char
}

type SystemOptions struct {
	StructSize        uint32
	Workers           uint32
	MaxActors         uint32
	RunBatch          uint32
	MessageSizeLimit  uint64
	AskTimeoutNs      uint64
	ShutdownTimeoutNs uint64
	Name              *Char
}

type Survivor struct {
	StructSize  uint32
	Reserved    uint32
	Pid         Pid
	Name        *Char
	Behavior    *Char
	MessageType Type
	HandlerNs   uint64
}

type Counters struct {
	StructSize   uint32
	Reserved     uint32
	Spawned      uint64
	Exited       uint64
	Crashed      uint64
	Sent         uint64
	Handled      uint64
	DeadLetters  uint64
	MessageBytes uint64
}

// Each structure is C's, byte by byte; else one of these indices is out of range.
var (
	_ = [1]byte{}[unsafe.Sizeof(MailboxOptions{})-unsafe.Sizeof(C.sabir_mailbox_options{})]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.StructSize)-unsafe.Offsetof(C.sabir_mailbox_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.Capacity)-unsafe.Offsetof(C.sabir_mailbox_options{}.capacity)]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.Overflow)-unsafe.Offsetof(C.sabir_mailbox_options{}.overflow)]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.LowWatermark)-unsafe.Offsetof(C.sabir_mailbox_options{}.low_watermark)]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.BlockTimeoutNs)-unsafe.Offsetof(C.sabir_mailbox_options{}.block_timeout_ns)]
	_ = [1]byte{}[unsafe.Sizeof(SpawnOptions{})-unsafe.Sizeof(C.sabir_spawn_options{})]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.StructSize)-unsafe.Offsetof(C.sabir_spawn_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Reserved)-unsafe.Offsetof(C.sabir_spawn_options{}.reserved)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Argument)-unsafe.Offsetof(C.sabir_spawn_options{}.argument)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Drop)-unsafe.Offsetof(C.sabir_spawn_options{}.drop)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Name)-unsafe.Offsetof(C.sabir_spawn_options{}.name)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Executor)-unsafe.Offsetof(C.sabir_spawn_options{}.executor)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Mailbox)-unsafe.Offsetof(C.sabir_spawn_options{}.mailbox)]
	_ = [1]byte{}[unsafe.Sizeof(Callbacks{})-unsafe.Sizeof(C.sabir_callbacks{})]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.StructSize)-unsafe.Offsetof(C.sabir_callbacks{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Reserved)-unsafe.Offsetof(C.sabir_callbacks{}.reserved)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Name)-unsafe.Offsetof(C.sabir_callbacks{}.name)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Start)-unsafe.Offsetof(C.sabir_callbacks{}.start)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Receive)-unsafe.Offsetof(C.sabir_callbacks{}.receive)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Stop)-unsafe.Offsetof(C.sabir_callbacks{}.stop)]
	_ = [1]byte{}[unsafe.Sizeof(ExecutorOptions{})-unsafe.Sizeof(C.sabir_executor_options{})]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.StructSize)-unsafe.Offsetof(C.sabir_executor_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.Kind)-unsafe.Offsetof(C.sabir_executor_options{}.kind)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.Workers)-unsafe.Offsetof(C.sabir_executor_options{}.workers)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.RunBatch)-unsafe.Offsetof(C.sabir_executor_options{}.run_batch)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.Name)-unsafe.Offsetof(C.sabir_executor_options{}.name)]
	_ = [1]byte{}[unsafe.Sizeof(LogRecord{})-unsafe.Sizeof(C.sabir_log_record{})]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.StructSize)-unsafe.Offsetof(C.sabir_log_record{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.Level)-unsafe.Offsetof(C.sabir_log_record{}.level)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.System)-unsafe.Offsetof(C.sabir_log_record{}.system)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.Source)-unsafe.Offsetof(C.sabir_log_record{}.source)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.Pid)-unsafe.Offsetof(C.sabir_log_record{}.pid)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.Actor)-unsafe.Offsetof(C.sabir_log_record{}.actor)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.Text)-unsafe.Offsetof(C.sabir_log_record{}.text)]
	_ = [1]byte{}[unsafe.Sizeof(SystemOptions{})-unsafe.Sizeof(C.sabir_system_options{})]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.StructSize)-unsafe.Offsetof(C.sabir_system_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.Workers)-unsafe.Offsetof(C.sabir_system_options{}.workers)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.MaxActors)-unsafe.Offsetof(C.sabir_system_options{}.max_actors)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.RunBatch)-unsafe.Offsetof(C.sabir_system_options{}.run_batch)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.MessageSizeLimit)-unsafe.Offsetof(C.sabir_system_options{}.message_size_limit)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.AskTimeoutNs)-unsafe.Offsetof(C.sabir_system_options{}.ask_timeout_ns)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.ShutdownTimeoutNs)-unsafe.Offsetof(C.sabir_system_options{}.shutdown_timeout_ns)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.Name)-unsafe.Offsetof(C.sabir_system_options{}.name)]
	_ = [1]byte{}[unsafe.Sizeof(Survivor{})-unsafe.Sizeof(C.sabir_survivor{})]
	_ = [1]byte{}[unsafe.Offsetof(Survivor{}.StructSize)-unsafe.Offsetof(C.sabir_survivor{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(Survivor{}.Reserved)-unsafe.Offsetof(C.sabir_survivor{}.reserved)]
	_ = [1]byte{}[unsafe.Offsetof(Survivor{}.Pid)-unsafe.Offsetof(C.sabir_survivor{}.pid)]
	_ = [1]byte{}[unsafe.Offsetof(Survivor{}.Name)-unsafe.Offsetof(C.sabir_survivor{}.name)]
	_ = [1]byte{}[unsafe.Offsetof(Survivor{}.Behavior)-unsafe.Offsetof(C.sabir_survivor{}.behavior)]
	_ = [1]byte{}[unsafe.Offsetof(Survivor{}.MessageType)-unsafe.Offsetof(C.sabir_survivor{}.message_type)]
	_ = [1]byte{}[unsafe.Offsetof(Survivor{}.HandlerNs)-unsafe.Offsetof(C.sabir_survivor{}.handler_ns)]
	_ = [1]byte{}[unsafe.Sizeof(Counters{})-unsafe.Sizeof(C.sabir_counters{})]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.StructSize)-unsafe.Offsetof(C.sabir_counters{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.Reserved)-unsafe.Offsetof(C.sabir_counters{}.reserved)]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.Spawned)-unsafe.Offsetof(C.sabir_counters{}.spawned)]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.Exited)-unsafe.Offsetof(C.sabir_counters{}.exited)]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.Crashed)-unsafe.Offsetof(C.sabir_counters{}.crashed)]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.Sent)-unsafe.Offsetof(C.sabir_counters{}.sent)]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.Handled)-unsafe.Offsetof(C.sabir_counters{}.handled)]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.DeadLetters)-unsafe.Offsetof(C.sabir_counters{}.dead_letters)]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.MessageBytes)-unsafe.Offsetof(C.sabir_counters{}.message_bytes)]
)
