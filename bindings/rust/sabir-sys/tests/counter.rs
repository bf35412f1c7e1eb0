// SPDX-License-Identifier: Apache-2.0
//! A counter actor in Rust: counted, asked, stopped, crashed.

mod support;

use std::sync::atomic::Ordering;

use sabir_sys::*;
use support::{ADD, FAIL, Fixture, GET, Life, ok, text_of};

#[test]
fn a_counter_adds_answers_and_stops() {
    let fixture = Fixture::new();
    let life = Life::new();
    let pid = fixture.spawn(&life);
    for amount in 1..=100_u64 {
        fixture.send(pid, ADD, &amount.to_le_bytes());
    }
    let (status, reply) = fixture.ask(pid, GET, &[]);
    ok(status);
    assert_eq!(unsafe { sabir_message_kind(reply.0) }, SABIR_KIND_REPLY);
    assert_eq!(reply.data(), 5050_u64.to_le_bytes());

    ok(unsafe { sabir_actor_stop(fixture.system, pid) });
    assert_eq!(life.next_stop_reason(), SABIR_EXIT_STOPPED);

    let (counters, log, dead_letters) = fixture.shut_down();
    assert_eq!((counters.spawned, counters.exited, counters.crashed), (1, 1, 0));
    assert_eq!((counters.sent, counters.handled, counters.dead_letters), (101, 101, 0));
    assert_eq!(life.drops.load(Ordering::Acquire), 1);
    assert!(log.is_empty(), "{log:?}");
    assert!(dead_letters.is_empty(), "{dead_letters:?}");
}

#[test]
fn a_type_it_does_not_handle_is_a_dead_letter() {
    let fixture = Fixture::new();
    let life = Life::new();
    let pid = fixture.spawn(&life);
    let (status, _reply) = fixture.ask(pid, 77, &[]);
    assert_eq!(status, SABIR_E_UNHANDLED);
    let (status, _reply) = fixture.ask(pid, GET, &[]);
    ok(status);

    let (counters, _log, dead_letters) = fixture.shut_down();
    assert_eq!(life.next_stop_reason(), SABIR_EXIT_SHUTDOWN);
    assert_eq!((counters.crashed, counters.sent, counters.handled, counters.dead_letters), (0, 2, 1, 1));
    assert_eq!(dead_letters, [(pid, SABIR_CAUSE_UNHANDLED, 77)]);
}

#[test]
fn a_panic_is_a_crash_with_its_backtrace() {
    let fixture = Fixture::new();
    let life = Life::new();
    let pid = fixture.spawn(&life);
    fixture.send(pid, ADD, &1_u64.to_le_bytes());
    let (status, reply) = fixture.ask(pid, FAIL, "no such account: Ωmega".as_bytes());
    assert_eq!(status, SABIR_E_CRASHED);
    assert_eq!(unsafe { sabir_message_kind(reply.0) }, SABIR_KIND_FAILURE);
    assert_eq!(unsafe { sabir_message_status(reply.0) }, SABIR_E_CRASHED);
    let exit = unsafe { sabir_message_exit(reply.0) };
    assert_eq!(unsafe { sabir_exit_reason(exit) }, SABIR_EXIT_CRASHED);
    assert_eq!(unsafe { sabir_exit_status(exit) }, SABIR_E_EXCEPTION);
    assert_eq!(unsafe { sabir_exit_pid(exit) }, pid);
    assert_eq!(unsafe { text_of(sabir_exit_message(exit)) }, "no such account: Ωmega");
    let detail = unsafe { text_of(sabir_exit_detail(exit)) };
    assert!(detail.contains("support/actor.rs:") && detail.contains("fail_loudly"), "{detail}");

    let (counters, log, dead_letters) = fixture.shut_down();
    assert_eq!(life.next_stop_reason(), SABIR_EXIT_CRASHED);
    assert_eq!(life.drops.load(Ordering::Acquire), 1);
    assert_eq!((counters.spawned, counters.exited, counters.crashed), (1, 1, 1));
    assert_eq!((counters.sent, counters.handled, counters.dead_letters), (2, 1, 1));
    assert_eq!(dead_letters, [(pid, SABIR_CAUSE_CRASHED, FAIL)]);
    let crash = log.iter().find(|record| record.pid == pid).expect("a log record of the crash");
    assert!(crash.level >= SABIR_LOG_WARNING);
    assert_eq!(crash.actor, "counter");
    assert!(crash.text.contains("no such account: Ωmega"), "{}", crash.text);
}

#[test]
fn header_library_and_crate_have_one_version() {
    assert_eq!(unsafe { sabir_abi_version() }, SABIR_ABI_VERSION);
    let header = format!("{SABIR_VERSION_MAJOR}.{SABIR_VERSION_MINOR}.{SABIR_VERSION_PATCH}");
    assert_eq!(unsafe { text_of(sabir_version()) }, header);
    assert_eq!(env!("CARGO_PKG_VERSION"), header);
}
