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
type Router = C.sabir_router
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
type FailedFn = C.sabir_failed_fn
type HealthFn = C.sabir_health_fn
type ReleaseFn = C.sabir_release_fn
type NativeDropFn = C.sabir_native_drop_fn
type DeadLetterFn = C.sabir_dead_letter_fn
type LogFn = C.sabir_log_fn
type ShutdownFn = C.sabir_shutdown_fn
type PublishFilterFn = C.sabir_publish_filter_fn

// A byte of a C string.
type Char = C.char

type SpawnOptions struct {
	StructSize uint32
	Reserved   uint32
	Argument   uintptr
	Drop       DropFn
	Name       *Char
	Executor   *Executor
	Mailbox    *MailboxOptions
	NativeTag  uintptr
	DropHome   *Executor
}

type MailboxOptions struct {
	StructSize     uint32
	Capacity       uint32
	Overflow       uint32
	LowWatermark   uint32
	BlockTimeoutNs uint64
	CapacityBytes  uint64
	Priorities     uint32
	StashCapacity  uint32
}

type Callbacks struct {
	StructSize uint32
	Reserved   uint32
	Name       *Char
	Start      StartFn
	Receive    ReceiveFn
	Stop       StopFn
	Failed     FailedFn
	Health     HealthFn
}

type Envelope struct {
	To       Pid
	Message  *Message
	Status   Status
	Reserved uint32
}

type DeliveredOptions struct {
	StructSize     uint32
	Wants          uint32
	Name           *Char
	Batch          uint32
	MaxOutstanding uint32
	InlineMax      uint32
	Reserved       uint32
}

type Delivery struct {
	StructSize  uint32
	Kind        uint32
	Context     *Context
	Actor       Pid
	State       uintptr
	Value       uintptr
	Message     *Message
	Exit        *Exit
	Incarnation uint32
	Status      Status
	Code        uint32
	Reserved    uint32
}

type Completion struct {
	StructSize uint32
	Status     Status
	Context    *Context
	Value      uintptr
	Flags      uint32
	Reserved   uint32
	Text       *Char
	TextSize   uintptr
	Detail     *Char
	DetailSize uintptr
}

type Record struct {
	Size        uint32
	Kind        uint32
	Context     uint64
	Actor       uint64
	State       uint64
	Value       uint64
	Sender      uint64
	Ref         uint64
	Type        uint64
	Message     uint64
	Exit        uint64
	PayloadSize uint64
	MessageKind uint32
	Status      Status
	Incarnation uint32
	Code        uint32
}

type Command struct {
	Size        uint32
	Kind        uint32
	Token       uint64
	Context     uint64
	To          uint64
	Type        uint64
	Value       uint64
	Message     uint64
	Status      Status
	Flags       uint32
	PayloadSize uint32
	DetailSize  uint32
}

type ExecutorOptions struct {
	StructSize     uint32
	Kind           uint32
	Workers        uint32
	RunBatch       uint32
	Name           *Char
	Priority       uint32
	NumaNode       uint32
	CoreType       uint32
	ThreadsPerCore uint32
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

type RouterOptions struct {
	StructSize uint32
	Strategy   uint32
	Capacity   uint32
	Size       uint32
	Behavior   *Behavior
	Spawn      *SpawnOptions
}

type SupervisorOptions struct {
	StructSize    uint32
	Strategy      uint32
	Intensity     uint32
	AutoShutdown  uint32
	PeriodNs      uint64
	ChildBehavior *Behavior
	Child         *ChildSpec
}

type HealthOptions struct {
	StructSize    uint32
	Threshold     uint32
	IntervalNs    uint64
	TimeoutNs     uint64
	DegradedDepth uint32
	FailedDepth   uint32
	DegradedAgeNs uint64
	FailedAgeNs   uint64
}

type ChildSpec struct {
	StructSize           uint32
	Restart              uint32
	Significant          uint32
	Redeliveries         uint32
	ShutdownNs           uint64
	StartTimeoutNs       uint64
	BackoffInitialNs     uint64
	BackoffMaxNs         uint64
	BackoffFactorPercent uint32
	BackoffJitterPercent uint32
	StallTimeoutNs       uint64
	Spawn                *SpawnOptions
	Health               *HealthOptions
	Supervisor           *SupervisorOptions
}

type ChildInfo struct {
	StructSize uint32
	State      uint32
	Pid        Pid
	Id         *Char
	Restart    uint32
	Health     uint32
	Restarts   uint64
	Supervisor uint32
	Reserved   uint32
}

type ChildCounts struct {
	StructSize  uint32
	Reserved    uint32
	Children    uint64
	Active      uint64
	Supervisors uint64
	Workers     uint64
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
	StallNs           uint64
	RootIntensity     uint32
	Reserved          uint32
	RootPeriodNs      uint64
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
	StructSize     uint32
	Reserved       uint32
	Spawned        uint64
	Exited         uint64
	Crashed        uint64
	Sent           uint64
	Handled        uint64
	DeadLetters    uint64
	MessageBytes   uint64
	Started        uint64
	Stopped        uint64
	Restarted      uint64
	DeliveriesLost uint64
}

// Each structure is C's, byte by byte; else one of these indices is out of range.
var (
	_ = [1]byte{}[unsafe.Sizeof(SpawnOptions{})-unsafe.Sizeof(C.sabir_spawn_options{})]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.StructSize)-unsafe.Offsetof(C.sabir_spawn_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Reserved)-unsafe.Offsetof(C.sabir_spawn_options{}.reserved)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Argument)-unsafe.Offsetof(C.sabir_spawn_options{}.argument)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Drop)-unsafe.Offsetof(C.sabir_spawn_options{}.drop)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Name)-unsafe.Offsetof(C.sabir_spawn_options{}.name)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Executor)-unsafe.Offsetof(C.sabir_spawn_options{}.executor)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.Mailbox)-unsafe.Offsetof(C.sabir_spawn_options{}.mailbox)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.NativeTag)-unsafe.Offsetof(C.sabir_spawn_options{}.native_tag)]
	_ = [1]byte{}[unsafe.Offsetof(SpawnOptions{}.DropHome)-unsafe.Offsetof(C.sabir_spawn_options{}.drop_home)]
	_ = [1]byte{}[unsafe.Sizeof(MailboxOptions{})-unsafe.Sizeof(C.sabir_mailbox_options{})]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.StructSize)-unsafe.Offsetof(C.sabir_mailbox_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.Capacity)-unsafe.Offsetof(C.sabir_mailbox_options{}.capacity)]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.Overflow)-unsafe.Offsetof(C.sabir_mailbox_options{}.overflow)]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.LowWatermark)-unsafe.Offsetof(C.sabir_mailbox_options{}.low_watermark)]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.BlockTimeoutNs)-unsafe.Offsetof(C.sabir_mailbox_options{}.block_timeout_ns)]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.CapacityBytes)-unsafe.Offsetof(C.sabir_mailbox_options{}.capacity_bytes)]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.Priorities)-unsafe.Offsetof(C.sabir_mailbox_options{}.priorities)]
	_ = [1]byte{}[unsafe.Offsetof(MailboxOptions{}.StashCapacity)-unsafe.Offsetof(C.sabir_mailbox_options{}.stash_capacity)]
	_ = [1]byte{}[unsafe.Sizeof(Callbacks{})-unsafe.Sizeof(C.sabir_callbacks{})]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.StructSize)-unsafe.Offsetof(C.sabir_callbacks{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Reserved)-unsafe.Offsetof(C.sabir_callbacks{}.reserved)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Name)-unsafe.Offsetof(C.sabir_callbacks{}.name)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Start)-unsafe.Offsetof(C.sabir_callbacks{}.start)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Receive)-unsafe.Offsetof(C.sabir_callbacks{}.receive)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Stop)-unsafe.Offsetof(C.sabir_callbacks{}.stop)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Failed)-unsafe.Offsetof(C.sabir_callbacks{}.failed)]
	_ = [1]byte{}[unsafe.Offsetof(Callbacks{}.Health)-unsafe.Offsetof(C.sabir_callbacks{}.health)]
	_ = [1]byte{}[unsafe.Sizeof(Envelope{})-unsafe.Sizeof(C.sabir_envelope{})]
	_ = [1]byte{}[unsafe.Offsetof(Envelope{}.To)-unsafe.Offsetof(C.sabir_envelope{}.to)]
	_ = [1]byte{}[unsafe.Offsetof(Envelope{}.Message)-unsafe.Offsetof(C.sabir_envelope{}.message)]
	_ = [1]byte{}[unsafe.Offsetof(Envelope{}.Status)-unsafe.Offsetof(C.sabir_envelope{}.status)]
	_ = [1]byte{}[unsafe.Offsetof(Envelope{}.Reserved)-unsafe.Offsetof(C.sabir_envelope{}.reserved)]
	_ = [1]byte{}[unsafe.Sizeof(DeliveredOptions{})-unsafe.Sizeof(C.sabir_delivered_options{})]
	_ = [1]byte{}[unsafe.Offsetof(DeliveredOptions{}.StructSize)-unsafe.Offsetof(C.sabir_delivered_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(DeliveredOptions{}.Wants)-unsafe.Offsetof(C.sabir_delivered_options{}.wants)]
	_ = [1]byte{}[unsafe.Offsetof(DeliveredOptions{}.Name)-unsafe.Offsetof(C.sabir_delivered_options{}.name)]
	_ = [1]byte{}[unsafe.Offsetof(DeliveredOptions{}.Batch)-unsafe.Offsetof(C.sabir_delivered_options{}.batch)]
	_ = [1]byte{}[unsafe.Offsetof(DeliveredOptions{}.MaxOutstanding)-unsafe.Offsetof(C.sabir_delivered_options{}.max_outstanding)]
	_ = [1]byte{}[unsafe.Offsetof(DeliveredOptions{}.InlineMax)-unsafe.Offsetof(C.sabir_delivered_options{}.inline_max)]
	_ = [1]byte{}[unsafe.Offsetof(DeliveredOptions{}.Reserved)-unsafe.Offsetof(C.sabir_delivered_options{}.reserved)]
	_ = [1]byte{}[unsafe.Sizeof(Delivery{})-unsafe.Sizeof(C.sabir_delivery{})]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.StructSize)-unsafe.Offsetof(C.sabir_delivery{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.Kind)-unsafe.Offsetof(C.sabir_delivery{}.kind)]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.Context)-unsafe.Offsetof(C.sabir_delivery{}.context)]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.Actor)-unsafe.Offsetof(C.sabir_delivery{}.actor)]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.State)-unsafe.Offsetof(C.sabir_delivery{}.state)]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.Value)-unsafe.Offsetof(C.sabir_delivery{}.value)]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.Message)-unsafe.Offsetof(C.sabir_delivery{}.message)]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.Exit)-unsafe.Offsetof(C.sabir_delivery{}.exit)]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.Incarnation)-unsafe.Offsetof(C.sabir_delivery{}.incarnation)]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.Status)-unsafe.Offsetof(C.sabir_delivery{}.status)]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.Code)-unsafe.Offsetof(C.sabir_delivery{}.code)]
	_ = [1]byte{}[unsafe.Offsetof(Delivery{}.Reserved)-unsafe.Offsetof(C.sabir_delivery{}.reserved)]
	_ = [1]byte{}[unsafe.Sizeof(Completion{})-unsafe.Sizeof(C.sabir_completion{})]
	_ = [1]byte{}[unsafe.Offsetof(Completion{}.StructSize)-unsafe.Offsetof(C.sabir_completion{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(Completion{}.Status)-unsafe.Offsetof(C.sabir_completion{}.status)]
	_ = [1]byte{}[unsafe.Offsetof(Completion{}.Context)-unsafe.Offsetof(C.sabir_completion{}.context)]
	_ = [1]byte{}[unsafe.Offsetof(Completion{}.Value)-unsafe.Offsetof(C.sabir_completion{}.value)]
	_ = [1]byte{}[unsafe.Offsetof(Completion{}.Flags)-unsafe.Offsetof(C.sabir_completion{}.flags)]
	_ = [1]byte{}[unsafe.Offsetof(Completion{}.Reserved)-unsafe.Offsetof(C.sabir_completion{}.reserved)]
	_ = [1]byte{}[unsafe.Offsetof(Completion{}.Text)-unsafe.Offsetof(C.sabir_completion{}.text)]
	_ = [1]byte{}[unsafe.Offsetof(Completion{}.TextSize)-unsafe.Offsetof(C.sabir_completion{}.text_size)]
	_ = [1]byte{}[unsafe.Offsetof(Completion{}.Detail)-unsafe.Offsetof(C.sabir_completion{}.detail)]
	_ = [1]byte{}[unsafe.Offsetof(Completion{}.DetailSize)-unsafe.Offsetof(C.sabir_completion{}.detail_size)]
	_ = [1]byte{}[unsafe.Sizeof(Record{})-unsafe.Sizeof(C.sabir_record{})]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Size)-unsafe.Offsetof(C.sabir_record{}.size)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Kind)-unsafe.Offsetof(C.sabir_record{}.kind)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Context)-unsafe.Offsetof(C.sabir_record{}.context)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Actor)-unsafe.Offsetof(C.sabir_record{}.actor)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.State)-unsafe.Offsetof(C.sabir_record{}.state)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Value)-unsafe.Offsetof(C.sabir_record{}.value)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Sender)-unsafe.Offsetof(C.sabir_record{}.sender)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Ref)-unsafe.Offsetof(C.sabir_record{}.ref)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Type)-unsafe.Offsetof(C.sabir_record{}._type)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Message)-unsafe.Offsetof(C.sabir_record{}.message)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Exit)-unsafe.Offsetof(C.sabir_record{}.exit)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.PayloadSize)-unsafe.Offsetof(C.sabir_record{}.payload_size)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.MessageKind)-unsafe.Offsetof(C.sabir_record{}.message_kind)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Status)-unsafe.Offsetof(C.sabir_record{}.status)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Incarnation)-unsafe.Offsetof(C.sabir_record{}.incarnation)]
	_ = [1]byte{}[unsafe.Offsetof(Record{}.Code)-unsafe.Offsetof(C.sabir_record{}.code)]
	_ = [1]byte{}[unsafe.Sizeof(Command{})-unsafe.Sizeof(C.sabir_command{})]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.Size)-unsafe.Offsetof(C.sabir_command{}.size)]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.Kind)-unsafe.Offsetof(C.sabir_command{}.kind)]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.Token)-unsafe.Offsetof(C.sabir_command{}.token)]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.Context)-unsafe.Offsetof(C.sabir_command{}.context)]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.To)-unsafe.Offsetof(C.sabir_command{}.to)]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.Type)-unsafe.Offsetof(C.sabir_command{}._type)]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.Value)-unsafe.Offsetof(C.sabir_command{}.value)]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.Message)-unsafe.Offsetof(C.sabir_command{}.message)]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.Status)-unsafe.Offsetof(C.sabir_command{}.status)]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.Flags)-unsafe.Offsetof(C.sabir_command{}.flags)]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.PayloadSize)-unsafe.Offsetof(C.sabir_command{}.payload_size)]
	_ = [1]byte{}[unsafe.Offsetof(Command{}.DetailSize)-unsafe.Offsetof(C.sabir_command{}.detail_size)]
	_ = [1]byte{}[unsafe.Sizeof(ExecutorOptions{})-unsafe.Sizeof(C.sabir_executor_options{})]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.StructSize)-unsafe.Offsetof(C.sabir_executor_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.Kind)-unsafe.Offsetof(C.sabir_executor_options{}.kind)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.Workers)-unsafe.Offsetof(C.sabir_executor_options{}.workers)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.RunBatch)-unsafe.Offsetof(C.sabir_executor_options{}.run_batch)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.Name)-unsafe.Offsetof(C.sabir_executor_options{}.name)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.Priority)-unsafe.Offsetof(C.sabir_executor_options{}.priority)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.NumaNode)-unsafe.Offsetof(C.sabir_executor_options{}.numa_node)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.CoreType)-unsafe.Offsetof(C.sabir_executor_options{}.core_type)]
	_ = [1]byte{}[unsafe.Offsetof(ExecutorOptions{}.ThreadsPerCore)-unsafe.Offsetof(C.sabir_executor_options{}.threads_per_core)]
	_ = [1]byte{}[unsafe.Sizeof(LogRecord{})-unsafe.Sizeof(C.sabir_log_record{})]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.StructSize)-unsafe.Offsetof(C.sabir_log_record{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.Level)-unsafe.Offsetof(C.sabir_log_record{}.level)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.System)-unsafe.Offsetof(C.sabir_log_record{}.system)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.Source)-unsafe.Offsetof(C.sabir_log_record{}.source)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.Pid)-unsafe.Offsetof(C.sabir_log_record{}.pid)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.Actor)-unsafe.Offsetof(C.sabir_log_record{}.actor)]
	_ = [1]byte{}[unsafe.Offsetof(LogRecord{}.Text)-unsafe.Offsetof(C.sabir_log_record{}.text)]
	_ = [1]byte{}[unsafe.Sizeof(RouterOptions{})-unsafe.Sizeof(C.sabir_router_options{})]
	_ = [1]byte{}[unsafe.Offsetof(RouterOptions{}.StructSize)-unsafe.Offsetof(C.sabir_router_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(RouterOptions{}.Strategy)-unsafe.Offsetof(C.sabir_router_options{}.strategy)]
	_ = [1]byte{}[unsafe.Offsetof(RouterOptions{}.Capacity)-unsafe.Offsetof(C.sabir_router_options{}.capacity)]
	_ = [1]byte{}[unsafe.Offsetof(RouterOptions{}.Size)-unsafe.Offsetof(C.sabir_router_options{}.size)]
	_ = [1]byte{}[unsafe.Offsetof(RouterOptions{}.Behavior)-unsafe.Offsetof(C.sabir_router_options{}.behavior)]
	_ = [1]byte{}[unsafe.Offsetof(RouterOptions{}.Spawn)-unsafe.Offsetof(C.sabir_router_options{}.spawn)]
	_ = [1]byte{}[unsafe.Sizeof(SupervisorOptions{})-unsafe.Sizeof(C.sabir_supervisor_options{})]
	_ = [1]byte{}[unsafe.Offsetof(SupervisorOptions{}.StructSize)-unsafe.Offsetof(C.sabir_supervisor_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(SupervisorOptions{}.Strategy)-unsafe.Offsetof(C.sabir_supervisor_options{}.strategy)]
	_ = [1]byte{}[unsafe.Offsetof(SupervisorOptions{}.Intensity)-unsafe.Offsetof(C.sabir_supervisor_options{}.intensity)]
	_ = [1]byte{}[unsafe.Offsetof(SupervisorOptions{}.AutoShutdown)-unsafe.Offsetof(C.sabir_supervisor_options{}.auto_shutdown)]
	_ = [1]byte{}[unsafe.Offsetof(SupervisorOptions{}.PeriodNs)-unsafe.Offsetof(C.sabir_supervisor_options{}.period_ns)]
	_ = [1]byte{}[unsafe.Offsetof(SupervisorOptions{}.ChildBehavior)-unsafe.Offsetof(C.sabir_supervisor_options{}.child_behavior)]
	_ = [1]byte{}[unsafe.Offsetof(SupervisorOptions{}.Child)-unsafe.Offsetof(C.sabir_supervisor_options{}.child)]
	_ = [1]byte{}[unsafe.Sizeof(HealthOptions{})-unsafe.Sizeof(C.sabir_health_options{})]
	_ = [1]byte{}[unsafe.Offsetof(HealthOptions{}.StructSize)-unsafe.Offsetof(C.sabir_health_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(HealthOptions{}.Threshold)-unsafe.Offsetof(C.sabir_health_options{}.threshold)]
	_ = [1]byte{}[unsafe.Offsetof(HealthOptions{}.IntervalNs)-unsafe.Offsetof(C.sabir_health_options{}.interval_ns)]
	_ = [1]byte{}[unsafe.Offsetof(HealthOptions{}.TimeoutNs)-unsafe.Offsetof(C.sabir_health_options{}.timeout_ns)]
	_ = [1]byte{}[unsafe.Offsetof(HealthOptions{}.DegradedDepth)-unsafe.Offsetof(C.sabir_health_options{}.degraded_depth)]
	_ = [1]byte{}[unsafe.Offsetof(HealthOptions{}.FailedDepth)-unsafe.Offsetof(C.sabir_health_options{}.failed_depth)]
	_ = [1]byte{}[unsafe.Offsetof(HealthOptions{}.DegradedAgeNs)-unsafe.Offsetof(C.sabir_health_options{}.degraded_age_ns)]
	_ = [1]byte{}[unsafe.Offsetof(HealthOptions{}.FailedAgeNs)-unsafe.Offsetof(C.sabir_health_options{}.failed_age_ns)]
	_ = [1]byte{}[unsafe.Sizeof(ChildSpec{})-unsafe.Sizeof(C.sabir_child_spec{})]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.StructSize)-unsafe.Offsetof(C.sabir_child_spec{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.Restart)-unsafe.Offsetof(C.sabir_child_spec{}.restart)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.Significant)-unsafe.Offsetof(C.sabir_child_spec{}.significant)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.Redeliveries)-unsafe.Offsetof(C.sabir_child_spec{}.redeliveries)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.ShutdownNs)-unsafe.Offsetof(C.sabir_child_spec{}.shutdown_ns)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.StartTimeoutNs)-unsafe.Offsetof(C.sabir_child_spec{}.start_timeout_ns)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.BackoffInitialNs)-unsafe.Offsetof(C.sabir_child_spec{}.backoff_initial_ns)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.BackoffMaxNs)-unsafe.Offsetof(C.sabir_child_spec{}.backoff_max_ns)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.BackoffFactorPercent)-unsafe.Offsetof(C.sabir_child_spec{}.backoff_factor_percent)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.BackoffJitterPercent)-unsafe.Offsetof(C.sabir_child_spec{}.backoff_jitter_percent)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.StallTimeoutNs)-unsafe.Offsetof(C.sabir_child_spec{}.stall_timeout_ns)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.Spawn)-unsafe.Offsetof(C.sabir_child_spec{}.spawn)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.Health)-unsafe.Offsetof(C.sabir_child_spec{}.health)]
	_ = [1]byte{}[unsafe.Offsetof(ChildSpec{}.Supervisor)-unsafe.Offsetof(C.sabir_child_spec{}.supervisor)]
	_ = [1]byte{}[unsafe.Sizeof(ChildInfo{})-unsafe.Sizeof(C.sabir_child_info{})]
	_ = [1]byte{}[unsafe.Offsetof(ChildInfo{}.StructSize)-unsafe.Offsetof(C.sabir_child_info{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(ChildInfo{}.State)-unsafe.Offsetof(C.sabir_child_info{}.state)]
	_ = [1]byte{}[unsafe.Offsetof(ChildInfo{}.Pid)-unsafe.Offsetof(C.sabir_child_info{}.pid)]
	_ = [1]byte{}[unsafe.Offsetof(ChildInfo{}.Id)-unsafe.Offsetof(C.sabir_child_info{}.id)]
	_ = [1]byte{}[unsafe.Offsetof(ChildInfo{}.Restart)-unsafe.Offsetof(C.sabir_child_info{}.restart)]
	_ = [1]byte{}[unsafe.Offsetof(ChildInfo{}.Health)-unsafe.Offsetof(C.sabir_child_info{}.health)]
	_ = [1]byte{}[unsafe.Offsetof(ChildInfo{}.Restarts)-unsafe.Offsetof(C.sabir_child_info{}.restarts)]
	_ = [1]byte{}[unsafe.Offsetof(ChildInfo{}.Supervisor)-unsafe.Offsetof(C.sabir_child_info{}.supervisor)]
	_ = [1]byte{}[unsafe.Offsetof(ChildInfo{}.Reserved)-unsafe.Offsetof(C.sabir_child_info{}.reserved)]
	_ = [1]byte{}[unsafe.Sizeof(ChildCounts{})-unsafe.Sizeof(C.sabir_child_counts{})]
	_ = [1]byte{}[unsafe.Offsetof(ChildCounts{}.StructSize)-unsafe.Offsetof(C.sabir_child_counts{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(ChildCounts{}.Reserved)-unsafe.Offsetof(C.sabir_child_counts{}.reserved)]
	_ = [1]byte{}[unsafe.Offsetof(ChildCounts{}.Children)-unsafe.Offsetof(C.sabir_child_counts{}.children)]
	_ = [1]byte{}[unsafe.Offsetof(ChildCounts{}.Active)-unsafe.Offsetof(C.sabir_child_counts{}.active)]
	_ = [1]byte{}[unsafe.Offsetof(ChildCounts{}.Supervisors)-unsafe.Offsetof(C.sabir_child_counts{}.supervisors)]
	_ = [1]byte{}[unsafe.Offsetof(ChildCounts{}.Workers)-unsafe.Offsetof(C.sabir_child_counts{}.workers)]
	_ = [1]byte{}[unsafe.Sizeof(SystemOptions{})-unsafe.Sizeof(C.sabir_system_options{})]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.StructSize)-unsafe.Offsetof(C.sabir_system_options{}.struct_size)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.Workers)-unsafe.Offsetof(C.sabir_system_options{}.workers)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.MaxActors)-unsafe.Offsetof(C.sabir_system_options{}.max_actors)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.RunBatch)-unsafe.Offsetof(C.sabir_system_options{}.run_batch)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.MessageSizeLimit)-unsafe.Offsetof(C.sabir_system_options{}.message_size_limit)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.AskTimeoutNs)-unsafe.Offsetof(C.sabir_system_options{}.ask_timeout_ns)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.ShutdownTimeoutNs)-unsafe.Offsetof(C.sabir_system_options{}.shutdown_timeout_ns)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.Name)-unsafe.Offsetof(C.sabir_system_options{}.name)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.StallNs)-unsafe.Offsetof(C.sabir_system_options{}.stall_ns)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.RootIntensity)-unsafe.Offsetof(C.sabir_system_options{}.root_intensity)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.Reserved)-unsafe.Offsetof(C.sabir_system_options{}.reserved)]
	_ = [1]byte{}[unsafe.Offsetof(SystemOptions{}.RootPeriodNs)-unsafe.Offsetof(C.sabir_system_options{}.root_period_ns)]
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
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.Started)-unsafe.Offsetof(C.sabir_counters{}.started)]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.Stopped)-unsafe.Offsetof(C.sabir_counters{}.stopped)]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.Restarted)-unsafe.Offsetof(C.sabir_counters{}.restarted)]
	_ = [1]byte{}[unsafe.Offsetof(Counters{}.DeliveriesLost)-unsafe.Offsetof(C.sabir_counters{}.deliveries_lost)]
)
