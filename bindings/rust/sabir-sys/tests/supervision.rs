// SPDX-License-Identifier: Apache-2.0
//! A supervised counter in Rust: it crashes and is back under its pid, gets a timer's message, and is watched.

mod support;

use std::ptr;
use std::sync::atomic::Ordering;

use sabir_sys::*;
use support::{ADD, FAIL, Fixture, GET, Life, Message, TICK, ok};

const PATIENCE_NS: u64 = 10_000_000_000;
const MILLISECOND_NS: u64 = 1_000_000;

fn total(fixture: &Fixture, pid: sabir_pid) -> u64 {
    let (status, reply) = fixture.ask(pid, GET, &[]);
    ok(status);
    u64::from_le_bytes(reply.data().try_into().expect("eight bytes"))
}

fn receive(port: *mut sabir_port) -> Message {
    let mut message = Message(ptr::null_mut());
    ok(unsafe { sabir_port_receive(port, PATIENCE_NS, &mut message.0) });
    message
}

#[test]
fn a_supervised_actor_is_restarted_timed_and_watched() {
    let fixture = Fixture::new();
    let life = Life::new();
    let pid = fixture.supervise(&life);
    let mut port = ptr::null_mut();
    let mut monitor: sabir_ref = 0;
    unsafe {
        ok(sabir_port_create(fixture.system, ptr::null(), &mut port, ptr::null_mut()));
        ok(sabir_port_monitor(port, pid, SABIR_MONITOR_RESTARTS, &mut monitor));
    }

    fixture.send(pid, ADD, &3_u64.to_le_bytes());
    assert_eq!(total(&fixture, pid), 3);
    let (status, _reply) = fixture.ask(pid, FAIL, b"a crash");
    assert_eq!(status, SABIR_E_CRASHED);
    assert_eq!(life.next_stop_reason(), SABIR_EXIT_CRASHED);
    assert_eq!(total(&fixture, pid), 0);
    let restarted = receive(port);
    assert_eq!(unsafe { sabir_message_kind(restarted.0) }, SABIR_KIND_RESTARTED);
    assert_eq!(unsafe { sabir_message_count(restarted.0) }, 1);

    let mut message = ptr::null_mut();
    unsafe {
        ok(sabir_message_create(TICK, 0, &mut message));
        ok(sabir_timer_after(fixture.system, pid, &mut message, MILLISECOND_NS, ptr::null_mut()));
    }
    assert_eq!(life.next_tick_kind(), SABIR_KIND_TIMER);

    ok(unsafe { sabir_child_do(fixture.system, 0, SABIR_CHILD_STOP, c"counter".as_ptr(), 0, ptr::null_mut()) });
    assert_eq!(life.next_stop_reason(), SABIR_EXIT_SHUTDOWN);
    let down = receive(port);
    unsafe {
        assert_eq!(sabir_message_kind(down.0), SABIR_KIND_DOWN);
        assert_eq!(sabir_message_ref(down.0), monitor);
        assert_eq!(sabir_message_sender(down.0), pid);
        assert_eq!(sabir_exit_reason(sabir_message_exit(down.0)), SABIR_EXIT_SHUTDOWN);
        sabir_port_destroy(&mut port);
    }

    let (counters, _log, _dead_letters) = fixture.shut_down();
    assert_eq!((counters.restarted, counters.started), (1, counters.stopped));
    assert_eq!(life.drops.load(Ordering::Acquire), 1);
}
