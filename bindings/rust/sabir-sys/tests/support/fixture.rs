// SPDX-License-Identifier: Apache-2.0
//! A system with Rust's log sink and dead-letter subscription, and what the tests do to it in one line each.

use std::ffi::{CStr, c_char};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sabir_sys::*;

use super::actor::{Life, callbacks, drop_life};

const ASK_TIMEOUT_NS: u64 = 10_000_000_000;

/// Panics with the status's name, on the test's own thread only.
#[track_caller]
pub fn ok(status: sabir_status) {
    assert_eq!(status, SABIR_OK, "{}", unsafe { text_of(sabir_status_name(status)) });
}

/// # Safety
/// `text` is a string of the library that lives for as long as the result is used.
pub unsafe fn text_of<'a>(text: *const c_char) -> &'a str {
    unsafe { CStr::from_ptr(text) }.to_str().expect("UTF-8")
}

/// The data of a message. It may be NULL where there is none, which a slice must not be.
///
/// # Safety
/// `message` lives for as long as the result is used.
pub unsafe fn bytes_of<'a>(message: *const sabir_message) -> &'a [u8] {
    match unsafe { sabir_message_size(message) } {
        0 => &[],
        size => unsafe { std::slice::from_raw_parts(sabir_message_data(message).cast(), size) },
    }
}

/// An owned message, or none.
#[derive(Debug)]
pub struct Message(pub *mut sabir_message);

impl Message {
    pub fn data(&self) -> &[u8] {
        unsafe { bytes_of(self.0) }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        unsafe { sabir_message_destroy(&mut self.0) };
        assert!(self.0.is_null());
    }
}

#[derive(Debug)]
pub struct LogRecord {
    pub level: i32,
    pub pid: sabir_pid,
    pub actor: String,
    pub text: String,
}

/// Target, cause and type of a message.
pub type DeadLetter = (sabir_pid, i32, sabir_type);

#[derive(Debug, Default)]
struct Seen {
    log: Mutex<Vec<LogRecord>>,
    dead_letters: Mutex<Vec<DeadLetter>>,
    drops: AtomicUsize,
}

#[derive(Debug)]
pub struct Fixture {
    pub system: *mut sabir_system,
    seen: Arc<Seen>,
}

impl Fixture {
    pub fn new() -> Self {
        let mut system = ptr::null_mut();
        let mut error = ptr::null_mut();
        let status = unsafe { sabir_system_create_versioned(SABIR_ABI_VERSION, ptr::null(), &mut system, &mut error) };
        assert_eq!(status, SABIR_OK, "{}", unsafe { text_of(sabir_error_message(error)) });
        let seen = Arc::new(Seen::default());
        let mut subscription: sabir_ref = 0;
        unsafe {
            ok(sabir_log_set_sink(system, Some(log), Arc::into_raw(seen.clone()) as usize, Some(drop_seen)));
            let argument = Arc::into_raw(seen.clone()) as usize;
            ok(sabir_dead_letter_subscribe(system, Some(dead_letter), argument, Some(drop_seen), &mut subscription));
        }
        Self { system, seen }
    }

    /// Spawns a counter that reports to `life`.
    pub fn spawn(&self, life: &Arc<Life>) -> sabir_pid {
        let mut pid: sabir_pid = 0;
        let mut behavior = behavior();
        ok(unsafe { sabir_spawn(self.system, behavior, &spawn_options(life), &mut pid, ptr::null_mut()) });
        unsafe { sabir_behavior_destroy(&mut behavior) };
        assert!(behavior.is_null());
        pid
    }

    /// The same as a permanent child of the root, with the id "counter".
    pub fn supervise(&self, life: &Arc<Life>) -> sabir_pid {
        let options = spawn_options(life);
        let mut spec = std::mem::MaybeUninit::uninit();
        let mut spec: sabir_child_spec = unsafe {
            sabir_child_spec_init(spec.as_mut_ptr(), size_of::<sabir_child_spec>() as u32);
            spec.assume_init()
        };
        spec.spawn = &options;
        let mut pid: sabir_pid = 0;
        let mut behavior = behavior();
        ok(unsafe { sabir_supervise(self.system, 0, c"counter".as_ptr(), behavior, &spec, &mut pid, ptr::null_mut()) });
        unsafe { sabir_behavior_destroy(&mut behavior) };
        pid
    }

    pub fn send(&self, pid: sabir_pid, kind: sabir_type, data: &[u8]) {
        ok(unsafe { sabir_send_bytes(self.system, pid, kind, data.as_ptr().cast(), data.len()) });
    }

    pub fn ask(&self, pid: sabir_pid, kind: sabir_type, data: &[u8]) -> (sabir_status, Message) {
        let mut reply = Message(ptr::null_mut());
        let status = unsafe { sabir_ask_bytes(self.system, pid, kind, data.as_ptr().cast(), data.len(), ASK_TIMEOUT_NS, &mut reply.0) };
        (status, reply)
    }

    /// Ends the system; what it counted, logged and did not deliver.
    pub fn shut_down(mut self) -> (sabir_counters, Vec<LogRecord>, Vec<DeadLetter>) {
        let mut report = ptr::null_mut();
        let mut counters: sabir_counters = unsafe { std::mem::zeroed() };
        counters.struct_size = size_of::<sabir_counters>() as u32;
        unsafe {
            ok(sabir_system_shutdown(self.system, 0, &mut report));
            assert_eq!(sabir_report_survivor_count(report), 0);
            sabir_report_destroy(&mut report);
            ok(sabir_system_counters(self.system, &mut counters));
            ok(sabir_system_destroy(&mut self.system));
        }
        assert!(self.system.is_null());
        assert_eq!(self.seen.drops.load(Ordering::Acquire), 2, "the log sink's and the subscription's argument");
        (counters, std::mem::take(&mut self.seen.log.lock().unwrap()), std::mem::take(&mut self.seen.dead_letters.lock().unwrap()))
    }
}

fn behavior() -> *mut sabir_behavior {
    let mut behavior = ptr::null_mut();
    ok(unsafe { sabir_behavior_create(&callbacks(), &mut behavior) });
    behavior
}

fn spawn_options(life: &Arc<Life>) -> sabir_spawn_options {
    let mut options = std::mem::MaybeUninit::uninit();
    let mut options: sabir_spawn_options = unsafe {
        sabir_spawn_options_init(options.as_mut_ptr(), size_of::<sabir_spawn_options>() as u32);
        options.assume_init()
    };
    options.argument = Arc::into_raw(life.clone()) as usize;
    options.drop = Some(drop_life);
    options.name = c"counter".as_ptr();
    options
}

impl Drop for Fixture {
    /// For a test that failed half-way; after shut_down there is nothing left to end.
    fn drop(&mut self) {
        unsafe { sabir_system_destroy(&mut self.system) };
    }
}

unsafe extern "C" fn log(argument: usize, record: *const sabir_log_record) {
    let seen = unsafe { &*(argument as *const Seen) };
    let record = unsafe { &*record };
    let (actor, text) = unsafe { (CStr::from_ptr(record.actor), CStr::from_ptr(record.text)) };
    let copy = LogRecord {
        level: record.level,
        pid: record.pid,
        actor: actor.to_string_lossy().into_owned(),
        text: text.to_string_lossy().into_owned(),
    };
    if let Ok(mut log) = seen.log.lock() {
        log.push(copy);
    }
}

unsafe extern "C" fn dead_letter(argument: usize, target: sabir_pid, cause: i32, message: *const sabir_message) {
    let seen = unsafe { &*(argument as *const Seen) };
    if let Ok(mut dead_letters) = seen.dead_letters.lock() {
        dead_letters.push((target, cause, unsafe { sabir_message_type(message) }));
    }
}

unsafe extern "C" fn drop_seen(argument: usize) {
    let seen = unsafe { Arc::from_raw(argument as *const Seen) };
    seen.drops.fetch_add(1, Ordering::Release);
}
