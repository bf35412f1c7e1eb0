// SPDX-License-Identifier: Apache-2.0

// Code generated from include/sabir by bindings/generate/go.py. DO NOT EDIT.

package raw

// #include <sabir/sabir.h>
//
// #cgo nocallback sabir_spawn_options_init
// #cgo noescape sabir_spawn_options_init
// #cgo nocallback sabir_mailbox_options_init
// #cgo noescape sabir_mailbox_options_init
// #cgo nocallback sabir_callbacks_init
// #cgo noescape sabir_callbacks_init
// #cgo nocallback sabir_behavior_create
// #cgo noescape sabir_behavior_create
// #cgo nocallback sabir_behavior_retain
// #cgo noescape sabir_behavior_retain
// #cgo nocallback sabir_behavior_destroy
// #cgo noescape sabir_behavior_destroy
// #cgo nocallback sabir_behavior_name
// #cgo noescape sabir_behavior_name
// #cgo nocallback sabir_type_of
// #cgo noescape sabir_type_of
// #cgo nocallback sabir_message_create
// #cgo noescape sabir_message_create
// #cgo nocallback sabir_message_create_bytes
// #cgo noescape sabir_message_create_bytes
// #cgo nocallback sabir_message_native
// #cgo noescape sabir_message_native
// #cgo nocallback sabir_message_take_native
// #cgo noescape sabir_message_take_native
// #cgo nocallback sabir_message_share
// #cgo noescape sabir_message_share
// #cgo nocallback sabir_message_clone
// #cgo noescape sabir_message_clone
// #cgo nocallback sabir_message_set_priority
// #cgo noescape sabir_message_set_priority
// #cgo nocallback sabir_message_priority
// #cgo noescape sabir_message_priority
// #cgo nocallback sabir_message_set_deadline
// #cgo noescape sabir_message_set_deadline
// #cgo nocallback sabir_message_data
// #cgo noescape sabir_message_data
// #cgo nocallback sabir_message_data_mut
// #cgo noescape sabir_message_data_mut
// #cgo nocallback sabir_message_size
// #cgo noescape sabir_message_size
// #cgo nocallback sabir_message_type
// #cgo noescape sabir_message_type
// #cgo nocallback sabir_message_kind
// #cgo noescape sabir_message_kind
// #cgo nocallback sabir_message_sender
// #cgo noescape sabir_message_sender
// #cgo nocallback sabir_message_ref
// #cgo noescape sabir_message_ref
// #cgo nocallback sabir_message_count
// #cgo noescape sabir_message_count
// #cgo nocallback sabir_message_status
// #cgo noescape sabir_message_status
// #cgo nocallback sabir_message_exit
// #cgo noescape sabir_message_exit
// #cgo nocallback sabir_cause_name
// #cgo noescape sabir_cause_name
// #cgo nocallback sabir_delivered_options_init
// #cgo noescape sabir_delivered_options_init
// #cgo nocallback sabir_behavior_create_delivered
// #cgo noescape sabir_behavior_create_delivered
// #cgo nocallback sabir_executor_options_init
// #cgo noescape sabir_executor_options_init
// #cgo nocallback sabir_executor_numa_nodes
// #cgo noescape sabir_executor_numa_nodes
// #cgo nocallback sabir_executor_core_types
// #cgo noescape sabir_executor_core_types
// #cgo nocallback sabir_exit_reason
// #cgo noescape sabir_exit_reason
// #cgo nocallback sabir_exit_reason_name
// #cgo noescape sabir_exit_reason_name
// #cgo nocallback sabir_exit_status
// #cgo noescape sabir_exit_status
// #cgo nocallback sabir_exit_message
// #cgo noescape sabir_exit_message
// #cgo nocallback sabir_exit_detail
// #cgo noescape sabir_exit_detail
// #cgo nocallback sabir_exit_pid
// #cgo noescape sabir_exit_pid
// #cgo nocallback sabir_exit_is_abnormal
// #cgo noescape sabir_exit_is_abnormal
// #cgo nocallback sabir_exit_cause
// #cgo noescape sabir_exit_cause
// #cgo nocallback sabir_exit_retain
// #cgo noescape sabir_exit_retain
// #cgo nocallback sabir_exit_release
// #cgo noescape sabir_exit_release
// #cgo nocallback sabir_router_options_init
// #cgo noescape sabir_router_options_init
// #cgo nocallback sabir_router_retain
// #cgo noescape sabir_router_retain
// #cgo nocallback sabir_router_add
// #cgo noescape sabir_router_add
// #cgo nocallback sabir_router_remove
// #cgo noescape sabir_router_remove
// #cgo nocallback sabir_router_resize
// #cgo noescape sabir_router_resize
// #cgo nocallback sabir_router_routees
// #cgo noescape sabir_router_routees
// #cgo nocallback sabir_router_pick
// #cgo noescape sabir_router_pick
// #cgo nocallback sabir_router_send
// #cgo noescape sabir_router_send
// #cgo nocallback sabir_router_send_bytes
// #cgo noescape sabir_router_send_bytes
// #cgo nocallback sabir_router_send_key
// #cgo noescape sabir_router_send_key
// #cgo nocallback sabir_router_send_all
// #cgo noescape sabir_router_send_all
// #cgo nocallback sabir_status_name
// #cgo noescape sabir_status_name
// #cgo nocallback sabir_status_text
// #cgo noescape sabir_status_text
// #cgo nocallback sabir_error_status
// #cgo noescape sabir_error_status
// #cgo nocallback sabir_error_message
// #cgo noescape sabir_error_message
// #cgo nocallback sabir_error_destroy
// #cgo noescape sabir_error_destroy
// #cgo nocallback sabir_supervisor_options_init
// #cgo noescape sabir_supervisor_options_init
// #cgo nocallback sabir_health_options_init
// #cgo noescape sabir_health_options_init
// #cgo nocallback sabir_child_spec_init
// #cgo noescape sabir_child_spec_init
// #cgo nocallback sabir_request_child
// #cgo noescape sabir_request_child
// #cgo nocallback sabir_request_children
// #cgo noescape sabir_request_children
// #cgo nocallback sabir_child_list_size
// #cgo noescape sabir_child_list_size
// #cgo nocallback sabir_child_list_at
// #cgo noescape sabir_child_list_at
// #cgo nocallback sabir_child_list_counts
// #cgo noescape sabir_child_list_counts
// #cgo nocallback sabir_system_options_init
// #cgo noescape sabir_system_options_init
// #cgo nocallback sabir_report_survivor_count
// #cgo noescape sabir_report_survivor_count
// #cgo nocallback sabir_report_survivor
// #cgo noescape sabir_report_survivor
// #cgo nocallback sabir_report_destroy
// #cgo noescape sabir_report_destroy
// #cgo nocallback sabir_abi_version
// #cgo noescape sabir_abi_version
// #cgo nocallback sabir_version
// #cgo noescape sabir_version
import "C"

import "unsafe"

func SpawnOptionsInit(options *SpawnOptions, structSize uint32) {
	ownOptions := alone(options)
	C.sabir_spawn_options_init((*C.sabir_spawn_options)(unsafe.Pointer(ownOptions)), C.uint32_t(structSize))
	copyBack(options, ownOptions)
}

func Spawn(system *System, behavior *Behavior, options *SpawnOptions, pid *Pid, err **Error) Status {
	ownOptions := alone(options)
	ownErr := alone(err)
	result := Status(C.sabir_spawn(system, behavior, (*C.sabir_spawn_options)(unsafe.Pointer(ownOptions)), (*C.sabir_pid)(unsafe.Pointer(pid)), ownErr))
	copyBack(err, ownErr)
	return result
}

func ActorStop(system *System, pid Pid) Status {
	return Status(C.sabir_actor_stop(system, C.sabir_pid(pid)))
}

func ActorDrain(system *System, pid Pid) Status {
	return Status(C.sabir_actor_drain(system, C.sabir_pid(pid)))
}

func ActorKill(system *System, pid Pid) Status {
	return Status(C.sabir_actor_kill(system, C.sabir_pid(pid)))
}

func ActorStatus(system *System, pid Pid) Status {
	return Status(C.sabir_actor_status(system, C.sabir_pid(pid)))
}

func MailboxOptionsInit(options *MailboxOptions, structSize uint32) {
	C.sabir_mailbox_options_init((*C.sabir_mailbox_options)(unsafe.Pointer(options)), C.uint32_t(structSize))
}

func ContextNotifyWritable(context *Context, to Pid, ref *Ref) Status {
	return Status(C.sabir_context_notify_writable(context, C.sabir_pid(to), (*C.sabir_ref)(unsafe.Pointer(ref))))
}

func PortNotifyWritable(port *Port, to Pid, ref *Ref) Status {
	return Status(C.sabir_port_notify_writable(port, C.sabir_pid(to), (*C.sabir_ref)(unsafe.Pointer(ref))))
}

func ContextStash(context *Context, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_stash(context, ownMessage))
	copyBack(message, ownMessage)
	return result
}

func ContextUnstash(context *Context, count uint32) Status {
	return Status(C.sabir_context_unstash(context, C.uint32_t(count)))
}

func Ask(system *System, to Pid, message **Message, timeoutNs uint64, reply **Message) Status {
	ownMessage := alone(message)
	ownReply := alone(reply)
	result := Status(C.sabir_ask(system, C.sabir_pid(to), ownMessage, C.uint64_t(timeoutNs), ownReply))
	copyBack(message, ownMessage)
	copyBack(reply, ownReply)
	return result
}

func AskBytes(system *System, to Pid, typeID Type, data unsafe.Pointer, size uintptr, timeoutNs uint64, reply **Message) Status {
	ownReply := alone(reply)
	result := Status(C.sabir_ask_bytes(system, C.sabir_pid(to), C.sabir_type(typeID), data, C.size_t(size), C.uint64_t(timeoutNs), ownReply))
	copyBack(reply, ownReply)
	return result
}

func AskBegin(system *System, to Pid, message **Message, timeoutNs uint64, done AskFn, argument uintptr, ref *Ref) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_ask_begin(system, C.sabir_pid(to), ownMessage, C.uint64_t(timeoutNs), done, C.uintptr_t(argument), (*C.sabir_ref)(unsafe.Pointer(ref))))
	copyBack(message, ownMessage)
	return result
}

func AskCancel(system *System, ref Ref) Status {
	return Status(C.sabir_ask_cancel(system, C.sabir_ref(ref)))
}

func Reply(system *System, ref Ref, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_reply(system, C.sabir_ref(ref), ownMessage))
	copyBack(message, ownMessage)
	return result
}

func ReplyBytes(system *System, ref Ref, typeID Type, data unsafe.Pointer, size uintptr) Status {
	return Status(C.sabir_reply_bytes(system, C.sabir_ref(ref), C.sabir_type(typeID), data, C.size_t(size)))
}

func ReplyError(system *System, ref Ref, status Status, text *Char, textSize uintptr) Status {
	return Status(C.sabir_reply_error(system, C.sabir_ref(ref), C.sabir_status(status), text, C.size_t(textSize)))
}

func CallbacksInit(callbacks *Callbacks, structSize uint32) {
	ownCallbacks := alone(callbacks)
	C.sabir_callbacks_init((*C.sabir_callbacks)(unsafe.Pointer(ownCallbacks)), C.uint32_t(structSize))
	copyBack(callbacks, ownCallbacks)
}

func BehaviorCreate(callbacks *Callbacks, behavior **Behavior) Status {
	ownCallbacks := alone(callbacks)
	ownBehavior := alone(behavior)
	result := Status(C.sabir_behavior_create((*C.sabir_callbacks)(unsafe.Pointer(ownCallbacks)), ownBehavior))
	copyBack(behavior, ownBehavior)
	return result
}

func BehaviorRetain(behavior *Behavior) Status {
	return Status(C.sabir_behavior_retain(behavior))
}

func BehaviorDestroy(behavior **Behavior) {
	ownBehavior := alone(behavior)
	C.sabir_behavior_destroy(ownBehavior)
	copyBack(behavior, ownBehavior)
}

func BehaviorName(behavior *Behavior) *Char {
	return C.sabir_behavior_name(behavior)
}

func ContextSelf(context *Context) Pid {
	return Pid(C.sabir_context_self(context))
}

func ContextSystem(context *Context) *System {
	return C.sabir_context_system(context)
}

func ContextState(context *Context) uintptr {
	return uintptr(C.sabir_context_state(context))
}

func ContextSend(context *Context, to Pid, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_send(context, C.sabir_pid(to), ownMessage))
	copyBack(message, ownMessage)
	return result
}

func ContextSendBytes(context *Context, to Pid, typeID Type, data unsafe.Pointer, size uintptr) Status {
	return Status(C.sabir_context_send_bytes(context, C.sabir_pid(to), C.sabir_type(typeID), data, C.size_t(size)))
}

func ContextSendBatch(context *Context, envelopes *Envelope, count uintptr, stride uintptr, sent *uintptr) Status {
	return Status(C.sabir_context_send_batch(context, (*C.sabir_envelope)(unsafe.Pointer(envelopes)), C.size_t(count), C.size_t(stride), (*C.size_t)(unsafe.Pointer(sent))))
}

func ContextSpawn(context *Context, behavior *Behavior, options *SpawnOptions, pid *Pid, err **Error) Status {
	ownOptions := alone(options)
	ownErr := alone(err)
	result := Status(C.sabir_context_spawn(context, behavior, (*C.sabir_spawn_options)(unsafe.Pointer(ownOptions)), (*C.sabir_pid)(unsafe.Pointer(pid)), ownErr))
	copyBack(err, ownErr)
	return result
}

func ContextBecome(context *Context, behavior *Behavior) Status {
	return Status(C.sabir_context_become(context, behavior))
}

func ContextUnbecome(context *Context) Status {
	return Status(C.sabir_context_unbecome(context))
}

func ContextStop(context *Context) Status {
	return Status(C.sabir_context_stop(context))
}

func contextFail(context *Context, code Status, message *Char, messageSize uintptr, detail *Char, detailSize uintptr) Status {
	return Status(C.sabir_context_fail(context, C.sabir_status(code), message, C.size_t(messageSize), detail, C.size_t(detailSize)))
}

func ContextReply(context *Context, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_reply(context, ownMessage))
	copyBack(message, ownMessage)
	return result
}

func ContextReplyBytes(context *Context, typeID Type, data unsafe.Pointer, size uintptr) Status {
	return Status(C.sabir_context_reply_bytes(context, C.sabir_type(typeID), data, C.size_t(size)))
}

func ContextReplyError(context *Context, status Status, text *Char, textSize uintptr) Status {
	return Status(C.sabir_context_reply_error(context, C.sabir_status(status), text, C.size_t(textSize)))
}

func ContextDefer(context *Context, ref *Ref) Status {
	return Status(C.sabir_context_defer(context, (*C.sabir_ref)(unsafe.Pointer(ref))))
}

func ContextAsk(context *Context, to Pid, message **Message, timeoutNs uint64, ref *Ref) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_ask(context, C.sabir_pid(to), ownMessage, C.uint64_t(timeoutNs), (*C.sabir_ref)(unsafe.Pointer(ref))))
	copyBack(message, ownMessage)
	return result
}

func TypeOf(name *Char, size uintptr) Type {
	return Type(C.sabir_type_of(name, C.size_t(size)))
}

func MessageCreate(typeID Type, size uintptr, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_message_create(C.sabir_type(typeID), C.size_t(size), ownMessage))
	copyBack(message, ownMessage)
	return result
}

func MessageCreateBytes(typeID Type, data unsafe.Pointer, size uintptr, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_message_create_bytes(C.sabir_type(typeID), data, C.size_t(size), ownMessage))
	copyBack(message, ownMessage)
	return result
}

func MessageWrap(typeID Type, data unsafe.Pointer, size uintptr, release ReleaseFn, argument uintptr, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_message_wrap(C.sabir_type(typeID), data, C.size_t(size), release, C.uintptr_t(argument), ownMessage))
	copyBack(message, ownMessage)
	return result
}

func MessageCreateNative(typeID Type, tag uintptr, size uintptr, align uintptr, drop NativeDropFn, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_message_create_native(C.sabir_type(typeID), C.uintptr_t(tag), C.size_t(size), C.size_t(align), drop, ownMessage))
	copyBack(message, ownMessage)
	return result
}

func MessageNative(message *Message) uintptr {
	return uintptr(C.sabir_message_native(message))
}

func MessageTakeNative(message *Message, tag uintptr) unsafe.Pointer {
	return C.sabir_message_take_native(message, C.uintptr_t(tag))
}

func MessageShare(message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_message_share(ownMessage))
	copyBack(message, ownMessage)
	return result
}

func MessageClone(message *Message, clone **Message) Status {
	ownClone := alone(clone)
	result := Status(C.sabir_message_clone(message, ownClone))
	copyBack(clone, ownClone)
	return result
}

func MessageSetPriority(message *Message, priority uint32) Status {
	return Status(C.sabir_message_set_priority(message, C.uint32_t(priority)))
}

func MessagePriority(message *Message) uint32 {
	return uint32(C.sabir_message_priority(message))
}

func MessageSetDeadline(message *Message, timeoutNs uint64) Status {
	return Status(C.sabir_message_set_deadline(message, C.uint64_t(timeoutNs)))
}

func MessageDestroy(message **Message) {
	ownMessage := alone(message)
	C.sabir_message_destroy(ownMessage)
	copyBack(message, ownMessage)
}

func MessageData(message *Message) unsafe.Pointer {
	return C.sabir_message_data(message)
}

func MessageDataMut(message *Message) unsafe.Pointer {
	return C.sabir_message_data_mut(message)
}

func MessageSize(message *Message) uintptr {
	return uintptr(C.sabir_message_size(message))
}

func MessageType(message *Message) Type {
	return Type(C.sabir_message_type(message))
}

func MessageKind(message *Message) int32 {
	return int32(C.sabir_message_kind(message))
}

func MessageSender(message *Message) Pid {
	return Pid(C.sabir_message_sender(message))
}

func MessageRef(message *Message) Ref {
	return Ref(C.sabir_message_ref(message))
}

func MessageCount(message *Message) uint64 {
	return uint64(C.sabir_message_count(message))
}

func MessageStatus(message *Message) Status {
	return Status(C.sabir_message_status(message))
}

func MessageExit(message *Message) *Exit {
	return C.sabir_message_exit(message)
}

func Send(system *System, to Pid, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_send(system, C.sabir_pid(to), ownMessage))
	copyBack(message, ownMessage)
	return result
}

func SendBytes(system *System, to Pid, typeID Type, data unsafe.Pointer, size uintptr) Status {
	return Status(C.sabir_send_bytes(system, C.sabir_pid(to), C.sabir_type(typeID), data, C.size_t(size)))
}

func SendBatch(system *System, envelopes *Envelope, count uintptr, stride uintptr, sent *uintptr) Status {
	return Status(C.sabir_send_batch(system, (*C.sabir_envelope)(unsafe.Pointer(envelopes)), C.size_t(count), C.size_t(stride), (*C.size_t)(unsafe.Pointer(sent))))
}

func CauseName(cause int32) *Char {
	return C.sabir_cause_name(C.int32_t(cause))
}

func DeadLetterCount(system *System, cause int32, count *uint64) Status {
	return Status(C.sabir_dead_letter_count(system, C.int32_t(cause), (*C.uint64_t)(unsafe.Pointer(count))))
}

func DeadLetterSubscribe(system *System, callback DeadLetterFn, argument uintptr, drop DropFn, ref *Ref) Status {
	return Status(C.sabir_dead_letter_subscribe(system, callback, C.uintptr_t(argument), drop, (*C.sabir_ref)(unsafe.Pointer(ref))))
}

func DeadLetterUnsubscribe(system *System, ref Ref) Status {
	return Status(C.sabir_dead_letter_unsubscribe(system, C.sabir_ref(ref)))
}

func DeliveredOptionsInit(options *DeliveredOptions, structSize uint32) {
	ownOptions := alone(options)
	C.sabir_delivered_options_init((*C.sabir_delivered_options)(unsafe.Pointer(ownOptions)), C.uint32_t(structSize))
	copyBack(options, ownOptions)
}

func BehaviorCreateDelivered(options *DeliveredOptions, behavior **Behavior) Status {
	ownOptions := alone(options)
	ownBehavior := alone(behavior)
	result := Status(C.sabir_behavior_create_delivered((*C.sabir_delivered_options)(unsafe.Pointer(ownOptions)), ownBehavior))
	copyBack(behavior, ownBehavior)
	return result
}

func ExecutorPoll(executor *Executor, deliveries *Delivery, count uintptr, stride uintptr, waitNs uint64, handed *uintptr) Status {
	return Status(C.sabir_executor_poll(executor, (*C.sabir_delivery)(unsafe.Pointer(deliveries)), C.size_t(count), C.size_t(stride), C.uint64_t(waitNs), (*C.size_t)(unsafe.Pointer(handed))))
}

func ExecutorComplete(executor *Executor, completions *Completion, count uintptr, stride uintptr, completed *uintptr) Status {
	return Status(C.sabir_executor_complete(executor, (*C.sabir_completion)(unsafe.Pointer(completions)), C.size_t(count), C.size_t(stride), (*C.size_t)(unsafe.Pointer(completed))))
}

func MessageWrapAt(typeID Type, data unsafe.Pointer, size uintptr, home *Executor, value uintptr, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_message_wrap_at(C.sabir_type(typeID), data, C.size_t(size), home, C.uintptr_t(value), ownMessage))
	copyBack(message, ownMessage)
	return result
}

func AskBeginAt(system *System, to Pid, message **Message, timeoutNs uint64, home *Executor, value uintptr, ref *Ref) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_ask_begin_at(system, C.sabir_pid(to), ownMessage, C.uint64_t(timeoutNs), home, C.uintptr_t(value), (*C.sabir_ref)(unsafe.Pointer(ref))))
	copyBack(message, ownMessage)
	return result
}

func RouterAskBeginAt(router *Router, message **Message, timeoutNs uint64, home *Executor, value uintptr, ref *Ref) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_router_ask_begin_at(router, ownMessage, C.uint64_t(timeoutNs), home, C.uintptr_t(value), (*C.sabir_ref)(unsafe.Pointer(ref))))
	copyBack(message, ownMessage)
	return result
}

func LogSetSinkAt(system *System, home *Executor, value uintptr) Status {
	return Status(C.sabir_log_set_sink_at(system, home, C.uintptr_t(value)))
}

func DeadLetterSubscribeAt(system *System, home *Executor, value uintptr, ref *Ref) Status {
	return Status(C.sabir_dead_letter_subscribe_at(system, home, C.uintptr_t(value), (*C.sabir_ref)(unsafe.Pointer(ref))))
}

func SystemShutdownBeginAt(system *System, timeoutNs uint64, home *Executor, value uintptr) Status {
	return Status(C.sabir_system_shutdown_begin_at(system, C.uint64_t(timeoutNs), home, C.uintptr_t(value)))
}

func ExecutorTurn(executor *Executor, commands unsafe.Pointer, commandsSize uintptr, commandsDone *uintptr, records unsafe.Pointer, recordsSize uintptr, recordsUsed *uintptr, waitNs uint64) Status {
	return Status(C.sabir_executor_turn(executor, commands, C.size_t(commandsSize), (*C.size_t)(unsafe.Pointer(commandsDone)), records, C.size_t(recordsSize), (*C.size_t)(unsafe.Pointer(recordsUsed)), C.uint64_t(waitNs)))
}

func ExecutorOptionsInit(options *ExecutorOptions, structSize uint32) {
	ownOptions := alone(options)
	C.sabir_executor_options_init((*C.sabir_executor_options)(unsafe.Pointer(ownOptions)), C.uint32_t(structSize))
	copyBack(options, ownOptions)
}

func ExecutorCreate(system *System, options *ExecutorOptions, executor **Executor, err **Error) Status {
	ownOptions := alone(options)
	ownExecutor := alone(executor)
	ownErr := alone(err)
	result := Status(C.sabir_executor_create(system, (*C.sabir_executor_options)(unsafe.Pointer(ownOptions)), ownExecutor, ownErr))
	copyBack(executor, ownExecutor)
	copyBack(err, ownErr)
	return result
}

func ExecutorNumaNodes() uint32 {
	return uint32(C.sabir_executor_numa_nodes())
}

func ExecutorCoreTypes() uint32 {
	return uint32(C.sabir_executor_core_types())
}

func ExecutorRetain(executor *Executor) Status {
	return Status(C.sabir_executor_retain(executor))
}

func ExecutorDestroy(executor **Executor) Status {
	ownExecutor := alone(executor)
	result := Status(C.sabir_executor_destroy(ownExecutor))
	copyBack(executor, ownExecutor)
	return result
}

func ExecutorRun(executor *Executor, waitNs uint64, runNs uint64) Status {
	return Status(C.sabir_executor_run(executor, C.uint64_t(waitNs), C.uint64_t(runNs)))
}

func ExecutorWake(executor *Executor) Status {
	return Status(C.sabir_executor_wake(executor))
}

func ExecutorDisown(executor *Executor) Status {
	return Status(C.sabir_executor_disown(executor))
}

func ExecutorDescriptor(executor *Executor, descriptor *int32) Status {
	return Status(C.sabir_executor_descriptor(executor, (*C.int32_t)(unsafe.Pointer(descriptor))))
}

func ExitReason(exit *Exit) int32 {
	return int32(C.sabir_exit_reason(exit))
}

func ExitReasonName(reason int32) *Char {
	return C.sabir_exit_reason_name(C.int32_t(reason))
}

func ExitStatus(exit *Exit) Status {
	return Status(C.sabir_exit_status(exit))
}

func ExitMessage(exit *Exit) *Char {
	return C.sabir_exit_message(exit)
}

func ExitDetail(exit *Exit) *Char {
	return C.sabir_exit_detail(exit)
}

func ExitPid(exit *Exit) Pid {
	return Pid(C.sabir_exit_pid(exit))
}

func ExitIsAbnormal(reason int32) bool {
	return bool(C.sabir_exit_is_abnormal(C.int32_t(reason)))
}

func ExitCause(exit *Exit) *Exit {
	return C.sabir_exit_cause(exit)
}

func ExitRetain(exit *Exit) *Exit {
	return C.sabir_exit_retain(exit)
}

func ExitRelease(exit **Exit) {
	ownExit := alone(exit)
	C.sabir_exit_release(ownExit)
	copyBack(exit, ownExit)
}

func GroupJoin(system *System, group *Char, pid Pid) Status {
	return Status(C.sabir_group_join(system, group, C.sabir_pid(pid)))
}

func GroupLeave(system *System, group *Char, pid Pid) Status {
	return Status(C.sabir_group_leave(system, group, C.sabir_pid(pid)))
}

func GroupMembers(system *System, group *Char, pids *Pid, capacity uintptr, count *uintptr) Status {
	return Status(C.sabir_group_members(system, group, (*C.sabir_pid)(unsafe.Pointer(pids)), C.size_t(capacity), (*C.size_t)(unsafe.Pointer(count))))
}

func GroupSend(system *System, group *Char, message **Message, received *uintptr) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_group_send(system, group, ownMessage, (*C.size_t)(unsafe.Pointer(received))))
	copyBack(message, ownMessage)
	return result
}

func GroupSendBytes(system *System, group *Char, typeID Type, data unsafe.Pointer, size uintptr, received *uintptr) Status {
	return Status(C.sabir_group_send_bytes(system, group, C.sabir_type(typeID), data, C.size_t(size), (*C.size_t)(unsafe.Pointer(received))))
}

func ContextGroupSend(context *Context, group *Char, message **Message, received *uintptr) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_group_send(context, group, ownMessage, (*C.size_t)(unsafe.Pointer(received))))
	copyBack(message, ownMessage)
	return result
}

func ContextGroupSendBytes(context *Context, group *Char, typeID Type, data unsafe.Pointer, size uintptr, received *uintptr) Status {
	return Status(C.sabir_context_group_send_bytes(context, group, C.sabir_type(typeID), data, C.size_t(size), (*C.size_t)(unsafe.Pointer(received))))
}

func Register(system *System, name *Char, pid Pid) Status {
	return Status(C.sabir_register(system, name, C.sabir_pid(pid)))
}

func Unregister(system *System, name *Char, pid Pid) Status {
	return Status(C.sabir_unregister(system, name, C.sabir_pid(pid)))
}

func Whereis(system *System, name *Char, pid *Pid) Status {
	return Status(C.sabir_whereis(system, name, (*C.sabir_pid)(unsafe.Pointer(pid))))
}

func SendNamed(system *System, name *Char, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_send_named(system, name, ownMessage))
	copyBack(message, ownMessage)
	return result
}

func SendNamedBytes(system *System, name *Char, typeID Type, data unsafe.Pointer, size uintptr) Status {
	return Status(C.sabir_send_named_bytes(system, name, C.sabir_type(typeID), data, C.size_t(size)))
}

func ContextSendNamed(context *Context, name *Char, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_send_named(context, name, ownMessage))
	copyBack(message, ownMessage)
	return result
}

func ContextSendNamedBytes(context *Context, name *Char, typeID Type, data unsafe.Pointer, size uintptr) Status {
	return Status(C.sabir_context_send_named_bytes(context, name, C.sabir_type(typeID), data, C.size_t(size)))
}

func ContextLink(context *Context, actor Pid) Status {
	return Status(C.sabir_context_link(context, C.sabir_pid(actor)))
}

func ContextUnlink(context *Context, actor Pid) Status {
	return Status(C.sabir_context_unlink(context, C.sabir_pid(actor)))
}

func ContextTrapExits(context *Context, trap bool) Status {
	return Status(C.sabir_context_trap_exits(context, C._Bool(trap)))
}

func LogSetSink(system *System, sink LogFn, argument uintptr, drop DropFn) Status {
	return Status(C.sabir_log_set_sink(system, sink, C.uintptr_t(argument), drop))
}

func LogSetLevel(system *System, level int32) Status {
	return Status(C.sabir_log_set_level(system, C.int32_t(level)))
}

func ContextMonitor(context *Context, actor Pid, flags uint32, ref *Ref) Status {
	return Status(C.sabir_context_monitor(context, C.sabir_pid(actor), C.uint32_t(flags), (*C.sabir_ref)(unsafe.Pointer(ref))))
}

func ContextDemonitor(context *Context, ref Ref) Status {
	return Status(C.sabir_context_demonitor(context, C.sabir_ref(ref)))
}

func PortMonitor(port *Port, actor Pid, flags uint32, ref *Ref) Status {
	return Status(C.sabir_port_monitor(port, C.sabir_pid(actor), C.uint32_t(flags), (*C.sabir_ref)(unsafe.Pointer(ref))))
}

func PortDemonitor(port *Port, ref Ref) Status {
	return Status(C.sabir_port_demonitor(port, C.sabir_ref(ref)))
}

func PortCreate(system *System, mailbox *MailboxOptions, port **Port, err **Error) Status {
	ownPort := alone(port)
	ownErr := alone(err)
	result := Status(C.sabir_port_create(system, (*C.sabir_mailbox_options)(unsafe.Pointer(mailbox)), ownPort, ownErr))
	copyBack(port, ownPort)
	copyBack(err, ownErr)
	return result
}

func PortRetain(port *Port) Status {
	return Status(C.sabir_port_retain(port))
}

func PortDestroy(port **Port) {
	ownPort := alone(port)
	C.sabir_port_destroy(ownPort)
	copyBack(port, ownPort)
}

func PortPid(port *Port) Pid {
	return Pid(C.sabir_port_pid(port))
}

func PortReceive(port *Port, timeoutNs uint64, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_port_receive(port, C.uint64_t(timeoutNs), ownMessage))
	copyBack(message, ownMessage)
	return result
}

func PortWake(port *Port) Status {
	return Status(C.sabir_port_wake(port))
}

func PortAsk(port *Port, to Pid, message **Message, timeoutNs uint64, ref *Ref) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_port_ask(port, C.sabir_pid(to), ownMessage, C.uint64_t(timeoutNs), (*C.sabir_ref)(unsafe.Pointer(ref))))
	copyBack(message, ownMessage)
	return result
}

func RouterOptionsInit(options *RouterOptions, structSize uint32) {
	ownOptions := alone(options)
	C.sabir_router_options_init((*C.sabir_router_options)(unsafe.Pointer(ownOptions)), C.uint32_t(structSize))
	copyBack(options, ownOptions)
}

func RouterCreate(system *System, options *RouterOptions, router **Router, err **Error) Status {
	ownOptions := alone(options)
	ownRouter := alone(router)
	ownErr := alone(err)
	result := Status(C.sabir_router_create(system, (*C.sabir_router_options)(unsafe.Pointer(ownOptions)), ownRouter, ownErr))
	copyBack(router, ownRouter)
	copyBack(err, ownErr)
	return result
}

func RouterRetain(router *Router) Status {
	return Status(C.sabir_router_retain(router))
}

func RouterDestroy(router **Router) {
	ownRouter := alone(router)
	C.sabir_router_destroy(ownRouter)
	copyBack(router, ownRouter)
}

func RouterAdd(router *Router, routee Pid) Status {
	return Status(C.sabir_router_add(router, C.sabir_pid(routee)))
}

func RouterRemove(router *Router, routee Pid) Status {
	return Status(C.sabir_router_remove(router, C.sabir_pid(routee)))
}

func RouterResize(router *Router, size uint32) Status {
	return Status(C.sabir_router_resize(router, C.uint32_t(size)))
}

func RouterRoutees(router *Router, pids *Pid, capacity uintptr, count *uintptr) Status {
	return Status(C.sabir_router_routees(router, (*C.sabir_pid)(unsafe.Pointer(pids)), C.size_t(capacity), (*C.size_t)(unsafe.Pointer(count))))
}

func RouterPick(router *Router, key uint64, pid *Pid) Status {
	return Status(C.sabir_router_pick(router, C.uint64_t(key), (*C.sabir_pid)(unsafe.Pointer(pid))))
}

func RouterSend(router *Router, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_router_send(router, ownMessage))
	copyBack(message, ownMessage)
	return result
}

func RouterSendBytes(router *Router, typeID Type, data unsafe.Pointer, size uintptr) Status {
	return Status(C.sabir_router_send_bytes(router, C.sabir_type(typeID), data, C.size_t(size)))
}

func RouterSendKey(router *Router, key uint64, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_router_send_key(router, C.uint64_t(key), ownMessage))
	copyBack(message, ownMessage)
	return result
}

func ContextRouterSend(context *Context, router *Router, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_router_send(context, router, ownMessage))
	copyBack(message, ownMessage)
	return result
}

func ContextRouterSendBytes(context *Context, router *Router, typeID Type, data unsafe.Pointer, size uintptr) Status {
	return Status(C.sabir_context_router_send_bytes(context, router, C.sabir_type(typeID), data, C.size_t(size)))
}

func ContextRouterSendKey(context *Context, router *Router, key uint64, message **Message) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_router_send_key(context, router, C.uint64_t(key), ownMessage))
	copyBack(message, ownMessage)
	return result
}

func RouterSendAll(router *Router, message **Message, received *uintptr) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_router_send_all(router, ownMessage, (*C.size_t)(unsafe.Pointer(received))))
	copyBack(message, ownMessage)
	return result
}

func ContextRouterSendAll(context *Context, router *Router, message **Message, received *uintptr) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_router_send_all(context, router, ownMessage, (*C.size_t)(unsafe.Pointer(received))))
	copyBack(message, ownMessage)
	return result
}

func RouterAsk(router *Router, message **Message, timeoutNs uint64, reply **Message) Status {
	ownMessage := alone(message)
	ownReply := alone(reply)
	result := Status(C.sabir_router_ask(router, ownMessage, C.uint64_t(timeoutNs), ownReply))
	copyBack(message, ownMessage)
	copyBack(reply, ownReply)
	return result
}

func RouterAskBegin(router *Router, message **Message, timeoutNs uint64, done AskFn, argument uintptr, ref *Ref) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_router_ask_begin(router, ownMessage, C.uint64_t(timeoutNs), done, C.uintptr_t(argument), (*C.sabir_ref)(unsafe.Pointer(ref))))
	copyBack(message, ownMessage)
	return result
}

func PortRouterAsk(port *Port, router *Router, message **Message, timeoutNs uint64, ref *Ref) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_port_router_ask(port, router, ownMessage, C.uint64_t(timeoutNs), (*C.sabir_ref)(unsafe.Pointer(ref))))
	copyBack(message, ownMessage)
	return result
}

func ContextRouterAsk(context *Context, router *Router, message **Message, timeoutNs uint64, ref *Ref) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_router_ask(context, router, ownMessage, C.uint64_t(timeoutNs), (*C.sabir_ref)(unsafe.Pointer(ref))))
	copyBack(message, ownMessage)
	return result
}

func StatusName(status Status) *Char {
	return C.sabir_status_name(C.sabir_status(status))
}

func StatusText(status Status) *Char {
	return C.sabir_status_text(C.sabir_status(status))
}

func ErrorStatus(err *Error) Status {
	return Status(C.sabir_error_status(err))
}

func ErrorMessage(err *Error) *Char {
	return C.sabir_error_message(err)
}

func ErrorDestroy(err **Error) {
	ownErr := alone(err)
	C.sabir_error_destroy(ownErr)
	copyBack(err, ownErr)
}

func SupervisorOptionsInit(options *SupervisorOptions, structSize uint32) {
	ownOptions := alone(options)
	C.sabir_supervisor_options_init((*C.sabir_supervisor_options)(unsafe.Pointer(ownOptions)), C.uint32_t(structSize))
	copyBack(options, ownOptions)
}

func HealthOptionsInit(options *HealthOptions, structSize uint32) {
	C.sabir_health_options_init((*C.sabir_health_options)(unsafe.Pointer(options)), C.uint32_t(structSize))
}

func ChildSpecInit(spec *ChildSpec, structSize uint32) {
	ownSpec := alone(spec)
	C.sabir_child_spec_init((*C.sabir_child_spec)(unsafe.Pointer(ownSpec)), C.uint32_t(structSize))
	copyBack(spec, ownSpec)
}

func SupervisorRoot(system *System) Pid {
	return Pid(C.sabir_supervisor_root(system))
}

func Supervise(system *System, supervisor Pid, id *Char, behavior *Behavior, spec *ChildSpec, pid *Pid, err **Error) Status {
	ownSpec := alone(spec)
	ownErr := alone(err)
	result := Status(C.sabir_supervise(system, C.sabir_pid(supervisor), id, behavior, (*C.sabir_child_spec)(unsafe.Pointer(ownSpec)), (*C.sabir_pid)(unsafe.Pointer(pid)), ownErr))
	copyBack(err, ownErr)
	return result
}

func RequestSupervise(system *System, id *Char, behavior *Behavior, spec *ChildSpec, request **Message, err **Error) Status {
	ownSpec := alone(spec)
	ownRequest := alone(request)
	ownErr := alone(err)
	result := Status(C.sabir_request_supervise(system, id, behavior, (*C.sabir_child_spec)(unsafe.Pointer(ownSpec)), ownRequest, ownErr))
	copyBack(request, ownRequest)
	copyBack(err, ownErr)
	return result
}

func RequestChild(action uint32, id *Char, pid Pid, request **Message) Status {
	ownRequest := alone(request)
	result := Status(C.sabir_request_child(C.uint32_t(action), id, C.sabir_pid(pid), ownRequest))
	copyBack(request, ownRequest)
	return result
}

func ChildDo(system *System, supervisor Pid, action uint32, id *Char, pid Pid, newPid *Pid) Status {
	return Status(C.sabir_child_do(system, C.sabir_pid(supervisor), C.uint32_t(action), id, C.sabir_pid(pid), (*C.sabir_pid)(unsafe.Pointer(newPid))))
}

func RequestChildren(request **Message) Status {
	ownRequest := alone(request)
	result := Status(C.sabir_request_children(ownRequest))
	copyBack(request, ownRequest)
	return result
}

func Children(system *System, supervisor Pid, list **Message) Status {
	ownList := alone(list)
	result := Status(C.sabir_children(system, C.sabir_pid(supervisor), ownList))
	copyBack(list, ownList)
	return result
}

func ChildListSize(list *Message) uintptr {
	return uintptr(C.sabir_child_list_size(list))
}

func ChildListAt(list *Message, index uintptr, info *ChildInfo) Status {
	ownInfo := alone(info)
	result := Status(C.sabir_child_list_at(list, C.size_t(index), (*C.sabir_child_info)(unsafe.Pointer(ownInfo))))
	copyBack(info, ownInfo)
	return result
}

func ChildListCounts(list *Message, counts *ChildCounts) Status {
	return Status(C.sabir_child_list_counts(list, (*C.sabir_child_counts)(unsafe.Pointer(counts))))
}

func SystemOptionsInit(options *SystemOptions, structSize uint32) {
	ownOptions := alone(options)
	C.sabir_system_options_init((*C.sabir_system_options)(unsafe.Pointer(ownOptions)), C.uint32_t(structSize))
	copyBack(options, ownOptions)
}

func SystemCreateVersioned(abiVersion uint32, options *SystemOptions, system **System, err **Error) Status {
	ownOptions := alone(options)
	ownSystem := alone(system)
	ownErr := alone(err)
	result := Status(C.sabir_system_create_versioned(C.uint32_t(abiVersion), (*C.sabir_system_options)(unsafe.Pointer(ownOptions)), ownSystem, ownErr))
	copyBack(system, ownSystem)
	copyBack(err, ownErr)
	return result
}

func SystemRetain(system *System) Status {
	return Status(C.sabir_system_retain(system))
}

func SystemRelease(system **System) {
	ownSystem := alone(system)
	C.sabir_system_release(ownSystem)
	copyBack(system, ownSystem)
}

func SystemDestroy(system **System) Status {
	ownSystem := alone(system)
	result := Status(C.sabir_system_destroy(ownSystem))
	copyBack(system, ownSystem)
	return result
}

func SystemShutdown(system *System, timeoutNs uint64, report **Report) Status {
	ownReport := alone(report)
	result := Status(C.sabir_system_shutdown(system, C.uint64_t(timeoutNs), ownReport))
	copyBack(report, ownReport)
	return result
}

func SystemShutdownBegin(system *System, timeoutNs uint64, done ShutdownFn, argument uintptr) Status {
	return Status(C.sabir_system_shutdown_begin(system, C.uint64_t(timeoutNs), done, C.uintptr_t(argument)))
}

func ReportSurvivorCount(report *Report) uintptr {
	return uintptr(C.sabir_report_survivor_count(report))
}

func ReportSurvivor(report *Report, index uintptr, survivor *Survivor) Status {
	ownSurvivor := alone(survivor)
	result := Status(C.sabir_report_survivor(report, C.size_t(index), (*C.sabir_survivor)(unsafe.Pointer(ownSurvivor))))
	copyBack(survivor, ownSurvivor)
	return result
}

func ReportDestroy(report **Report) {
	ownReport := alone(report)
	C.sabir_report_destroy(ownReport)
	copyBack(report, ownReport)
}

func SystemCounters(system *System, counters *Counters) Status {
	return Status(C.sabir_system_counters(system, (*C.sabir_counters)(unsafe.Pointer(counters))))
}

func AbiVersion() uint32 {
	return uint32(C.sabir_abi_version())
}

func Version() *Char {
	return C.sabir_version()
}

func TimerAfter(system *System, to Pid, message **Message, delayNs uint64, ref *Ref) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_timer_after(system, C.sabir_pid(to), ownMessage, C.uint64_t(delayNs), (*C.sabir_ref)(unsafe.Pointer(ref))))
	copyBack(message, ownMessage)
	return result
}

func TimerEvery(system *System, to Pid, typeID Type, intervalNs uint64, ref *Ref) Status {
	return Status(C.sabir_timer_every(system, C.sabir_pid(to), C.sabir_type(typeID), C.uint64_t(intervalNs), (*C.sabir_ref)(unsafe.Pointer(ref))))
}

func TimerCancel(system *System, ref Ref) Status {
	return Status(C.sabir_timer_cancel(system, C.sabir_ref(ref)))
}

func ContextTimerAfter(context *Context, to Pid, message **Message, delayNs uint64, ref *Ref) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_timer_after(context, C.sabir_pid(to), ownMessage, C.uint64_t(delayNs), (*C.sabir_ref)(unsafe.Pointer(ref))))
	copyBack(message, ownMessage)
	return result
}

func ContextTimerEvery(context *Context, to Pid, typeID Type, intervalNs uint64, ref *Ref) Status {
	return Status(C.sabir_context_timer_every(context, C.sabir_pid(to), C.sabir_type(typeID), C.uint64_t(intervalNs), (*C.sabir_ref)(unsafe.Pointer(ref))))
}

func ContextTimerCancel(context *Context, ref Ref) Status {
	return Status(C.sabir_context_timer_cancel(context, C.sabir_ref(ref)))
}

func Subscribe(system *System, pattern *Char, subscriber Pid, ref *Ref) Status {
	return Status(C.sabir_subscribe(system, pattern, C.sabir_pid(subscriber), (*C.sabir_ref)(unsafe.Pointer(ref))))
}

func ContextSubscribe(context *Context, pattern *Char, ref *Ref) Status {
	return Status(C.sabir_context_subscribe(context, pattern, (*C.sabir_ref)(unsafe.Pointer(ref))))
}

func Unsubscribe(system *System, ref Ref) Status {
	return Status(C.sabir_unsubscribe(system, C.sabir_ref(ref)))
}

func Publish(system *System, subject *Char, message **Message, flags uint32, delivered *uint64) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_publish(system, subject, ownMessage, C.uint32_t(flags), (*C.uint64_t)(unsafe.Pointer(delivered))))
	copyBack(message, ownMessage)
	return result
}

func ContextPublish(context *Context, subject *Char, message **Message, flags uint32, delivered *uint64) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_publish(context, subject, ownMessage, C.uint32_t(flags), (*C.uint64_t)(unsafe.Pointer(delivered))))
	copyBack(message, ownMessage)
	return result
}

func PublishBytes(system *System, subject *Char, typeID Type, data unsafe.Pointer, size uintptr, flags uint32, delivered *uint64) Status {
	return Status(C.sabir_publish_bytes(system, subject, C.sabir_type(typeID), data, C.size_t(size), C.uint32_t(flags), (*C.uint64_t)(unsafe.Pointer(delivered))))
}

func ContextPublishBytes(context *Context, subject *Char, typeID Type, data unsafe.Pointer, size uintptr, flags uint32, delivered *uint64) Status {
	return Status(C.sabir_context_publish_bytes(context, subject, C.sabir_type(typeID), data, C.size_t(size), C.uint32_t(flags), (*C.uint64_t)(unsafe.Pointer(delivered))))
}

func PublishFiltered(system *System, subject *Char, message **Message, flags uint32, filter PublishFilterFn, argument uintptr, delivered *uint64) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_publish_filtered(system, subject, ownMessage, C.uint32_t(flags), filter, C.uintptr_t(argument), (*C.uint64_t)(unsafe.Pointer(delivered))))
	copyBack(message, ownMessage)
	return result
}

func ContextPublishFiltered(context *Context, subject *Char, message **Message, flags uint32, filter PublishFilterFn, argument uintptr, delivered *uint64) Status {
	ownMessage := alone(message)
	result := Status(C.sabir_context_publish_filtered(context, subject, ownMessage, C.uint32_t(flags), filter, C.uintptr_t(argument), (*C.uint64_t)(unsafe.Pointer(delivered))))
	copyBack(message, ownMessage)
	return result
}

// What the library fills. It reads the size before that: these write it, and zeros.

func DeliveryInit(delivery *Delivery) {
	*delivery = Delivery{StructSize: uint32(unsafe.Sizeof(*delivery))}
}

func ChildInfoInit(childInfo *ChildInfo) {
	*childInfo = ChildInfo{StructSize: uint32(unsafe.Sizeof(*childInfo))}
}

func ChildCountsInit(childCounts *ChildCounts) {
	*childCounts = ChildCounts{StructSize: uint32(unsafe.Sizeof(*childCounts))}
}

func SurvivorInit(survivor *Survivor) {
	*survivor = Survivor{StructSize: uint32(unsafe.Sizeof(*survivor))}
}

func CountersInit(counters *Counters) {
	*counters = Counters{StructSize: uint32(unsafe.Sizeof(*counters))}
}
