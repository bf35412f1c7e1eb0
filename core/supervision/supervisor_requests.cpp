// A supervisor is asked: requests, and the answers that wait for its children.
//
// SPDX-License-Identifier: Apache-2.0
#include "supervision/supervisor.hpp"

#include <new>
#include <utility>

#include "base/text.hpp"

namespace sabir::supervision {

using actor::Context;

sabir_status Supervisor::receive(sabir_context *context, std::uintptr_t state, sabir_message **message) {
  Message &request = **message;
  if (!request.has(message_flag::request)) return SABIR_E_UNHANDLED;
  auto &self = *reinterpret_cast<Supervisor *>(state);
  const std::uint64_t ref = std::exchange(request.ref, 0);  // answered by us, now or later
  try {
    self.handle(*context, request_of(request), ref);
    self.advance(*context);
    self.look_again(*context);
  } catch (const std::bad_alloc &) {
    self.refuse(ref, SABIR_E_NOMEM, {});
  }
  return SABIR_OK;
}

void Supervisor::handle(Context &context, SupervisorRequest &request, std::uint64_t ref) {
  switch (request.kind) {
    case RequestKind::list: {
      Message *list = make_list(*context.thread, first_, count_);
      if (!list) throw std::bad_alloc();
      if (!services_.asks.reply(*context.thread, ref, self_, list).ok()) free_message(*context.thread, list);
      return;
    }
    case RequestKind::supervise:
      if (request.tag != services_.engine.tag) {
        refuse(ref, SABIR_E_FOREIGN, "the request was made for another system");
      } else if (ending_ != Ending::no) {
        refuse(ref, SABIR_E_CLOSED, "the supervisor is ending");
      } else {
        supervise(context, request, ref);
      }
      return;
    case RequestKind::child:
      if (ending_ != Ending::no) {
        refuse(ref, SABIR_E_CLOSED, "the supervisor is ending");
      } else {
        act(context, request, ref);
      }
      return;
  }
}

void Supervisor::supervise(Context &context, SupervisorRequest &request, std::uint64_t ref) {
  ChildSpec spec;
  if (options_.strategy == Strategy::simple_one_for_one) {
    if (!request.from_template) {
      refuse(ref, SABIR_E_INVALID, "id or behavior is given, but the supervisor is simple_one_for_one: its template has them");
      return;
    }
    spec = *options_.child;
    spec.argument = request.spec.argument;
    if (!request.spec.name.empty()) spec.name = request.spec.name;
  } else {
    if (request.from_template) {
      refuse(ref, SABIR_E_INVALID, "id and behavior are NULL, but the supervisor is not simple_one_for_one");
      return;
    }
    if (by_id_.contains(request.spec.id)) {
      refuse(ref, SABIR_E_DUPLICATE, "the supervisor has a child '" + request.spec.id + "' already");
      return;
    }
    spec = request.spec;
  }
  Child &child = add(std::move(spec));
  if (ref) child.waiters.push_back({ref, true});
  start_in_turn(context, child);
}

Child *Supervisor::find(const SupervisorRequest &request) noexcept {
  if (!request.id.empty()) {
    const auto found = by_id_.find(request.id);
    return found == by_id_.end() ? nullptr : found->second;
  }
  if (options_.strategy == Strategy::simple_one_for_one) {
    const auto found = by_pid_.find(request.pid);
    return found == by_pid_.end() ? nullptr : found->second;
  }
  for (Child *child = first_; child; child = child->next) {
    if (child->pid == request.pid) return child;
  }
  return nullptr;
}

void Supervisor::act(Context &context, const SupervisorRequest &request, std::uint64_t ref) {
  Child *child = find(request);
  const std::string who = request.id.empty() ? joined({"pid ", Hexadecimal(request.pid)}) : "'" + request.id + "'";
  if (!child || child->forgotten || (request.id.empty() && request.pid == 0)) {
    refuse(ref, SABIR_E_NO_CHILD, "the supervisor has no child " + who);
    return;
  }
  if (ref) child->waiters.reserve(child->waiters.size() + 1);
  const auto busy = [&](const char *what) { refuse(ref, SABIR_E_BUSY, "child " + who + what); };
  switch (request.action) {
    case SABIR_CHILD_START:
      if (child->state != ChildState::stopped) return busy(" is not stopped");
      if (ref) child->waiters.push_back({ref, true});
      child->on_request = true;
      start_in_turn(context, *child);
      return;
    case SABIR_CHILD_STOP:
      child->start_when_left = false;
      take_out_of_plan(*child);
      switch (child->state) {
        case ChildState::stopped:
          clear_deadline(*child, Deadline::backoff);
          child->not_before_ns = 0;
          refuse_waiters(*child, SABIR_E_CLOSED, "the child was stopped meanwhile");   // before its turn
          if (child->initial) forget(*child);
          reply_pid(ref, 0);
          return;
        case ChildState::ending: break;
        case ChildState::suspended: end_suspended(*child); break;
        default: {
          const bool left_behind = child->left_behind;
          refuse_waiters(*child, SABIR_E_CLOSED, "the child was stopped meanwhile");
          order(*child, ChildState::ending);
          if (left_behind && child->state == ChildState::ending) leave_behind(*child);
        }
      }
      // Whoever is not waited for any more keeps nobody waiting.
      if (child->state == ChildState::ending && !child->left_behind) {
        if (ref) child->waiters.push_back({ref, false});
        if (child->initial) child->forgotten = true;
      } else {
        reply_pid(ref, 0);
      }
      return;
    case SABIR_CHILD_RESTART:
      if (child->state == ChildState::ending) return busy(" is ending");
      if (ref) child->waiters.push_back({ref, true});
      switch (child->state) {
        case ChildState::starting: return;  // it is under way
        case ChildState::halting: child->start_when_left = true; return;
        case ChildState::running:
          order(*child, ChildState::halting);
          child->start_when_left = true;
          return;
        case ChildState::stopped: child->on_request = true; [[fallthrough]];
        default:
          // No backoff any more.
          child->not_before_ns = 0;
          clear_deadline(*child, Deadline::backoff);
          start_in_turn(context, *child);
          return;
      }
    case SABIR_CHILD_DELETE:
      if (child->state != ChildState::stopped || !child->waiters.empty()) return busy(" is not stopped");
      forget(*child);
      reply_pid(ref, 0);
      return;
    default: refuse(ref, SABIR_E_INVALID, "action " + std::to_string(request.action) + " is none");
  }
}

void Supervisor::reply_pid(std::uint64_t ref, std::uint64_t pid) {
  if (ref == 0) return;
  Thread &thread = Thread::current();
  Message *message = allocate_message(thread, 0, sizeof pid);
  if (!message) {
    refuse(ref, SABIR_E_NOMEM, {});
    return;
  }
  *static_cast<std::uint64_t *>(message->data) = pid;
  if (!services_.asks.reply(thread, ref, self_, message).ok()) free_message(thread, message);
}

void Supervisor::refuse(std::uint64_t ref, sabir_status status, std::string_view text, const sabir_exit *exit) {
  if (ref != 0) services_.engine.host.fail_ask(ref, status, text, exit);
}

void Supervisor::answer_waiters(Child &child, bool for_start, std::uint64_t pid) {
  std::vector<Child::Waiter> waiters;
  waiters.swap(child.waiters);
  for (const Child::Waiter &waiter : waiters) {
    if (waiter.for_start == for_start) {
      reply_pid(waiter.ref, pid);
    } else {
      refuse(waiter.ref, SABIR_E_CLOSED, for_start ? "the child was started meanwhile" : "the child was stopped meanwhile");
    }
  }
}

void Supervisor::refuse_waiters(Child &child, sabir_status status, std::string_view text, const sabir_exit *exit) {
  std::vector<Child::Waiter> waiters;
  waiters.swap(child.waiters);
  for (const Child::Waiter &waiter : waiters) refuse(waiter.ref, status, text, exit);
}

}  // namespace sabir::supervision
