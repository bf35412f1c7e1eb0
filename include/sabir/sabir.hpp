// sabir in C++20: a header-only face over the C ABI (sabir.h), and nothing but it.
//
//   struct Add { std::uint64_t amount; };
//   struct Get { using reply = std::uint64_t; };
//
//   class Counter : public sabir::actor<Add, Get> {
//     std::uint64_t total_ = 0;
//    public:
//     void receive(sabir::context &, Add message) { total_ += message.amount; }
//     std::uint64_t receive(sabir::context &, Get) { return total_; }
//   };
//
//   sabir::system system;
//   auto counter = system.supervise<Counter>({.restart = sabir::permanent});
//   counter.send(Add{3});
//   counter.ask(Get{}, 1s).value();
//
// Start here
//   detail/system.hpp      system, port, dead letters, the log
//   detail/actor.hpp       actor<Messages...>; lambdas as actors
//   detail/context.hpp     what an actor may do from inside its callbacks
//   detail/supervisor.hpp  supervisor, child_spec, children
//   detail/ref.hpp         typed references: send, ask, co_await
//   detail/router.hpp      one address for many actors
//   detail/codec.hpp       which types may be sent, and how: message_traits, type_id
//   detail/message.hpp     messages as they are
//   detail/monitor.hpp     down, restarted, exited, writable
//   detail/failure.hpp     error, result<T>, exit_reason
//   detail/batch.hpp       many messages in one call
//   detail/options.hpp, detail/executor.hpp, detail/spawn.hpp, detail/timer.hpp, detail/topic.hpp   the rest
//
// Include this header only. Handles are RAII objects; their destructors never throw. Functions that can fail throw sabir::error, but for
// try_... (which give a sabir_status) and asks that wait (a result<T>). Durations are std::chrono; a timeout of zero or less is the
// shortest. Strings are UTF-8. Exceptions and RTTI are needed: -fno-exceptions and -fno-rtti are not supported.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_HPP
#define SABIR_HPP

#if __cplusplus < 202002L
#error "sabir.hpp is C++20: give the compiler -std=c++20 or, in CMake, target_compile_features(... cxx_std_20)"
#endif

#include <sabir/detail/actor.hpp>
#include <sabir/detail/batch.hpp>
#include <sabir/detail/codec.hpp>
#include <sabir/detail/context.hpp>
#include <sabir/detail/executor.hpp>
#include <sabir/detail/failure.hpp>
#include <sabir/detail/message.hpp>
#include <sabir/detail/monitor.hpp>
#include <sabir/detail/options.hpp>
#include <sabir/detail/ref.hpp>
#include <sabir/detail/router.hpp>
#include <sabir/detail/spawn.hpp>
#include <sabir/detail/supervisor.hpp>
#include <sabir/detail/system.hpp>
#include <sabir/detail/timer.hpp>
#include <sabir/detail/topic.hpp>

#endif
