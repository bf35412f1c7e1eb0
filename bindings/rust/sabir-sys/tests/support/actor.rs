// SPDX-License-Identifier: Apache-2.0
//! The counter and its callbacks. No panic leaves one of them.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use sabir_sys::*;

use super::fixture::bytes_of;

pub const ADD: sabir_type = 1;
pub const GET: sabir_type = 2;
pub const FAIL: sabir_type = 3;
pub const TICK: sabir_type = 4;

const PATIENCE: Duration = Duration::from_secs(10);

/// What a counter is spawned with; it also notes how the counter's life went.
#[derive(Debug)]
pub struct Life {
    stop_reasons: (Mutex<Sender<i32>>, Mutex<Receiver<i32>>),
    /// The kinds of messages of type TICK.
    ticks: (Mutex<Sender<i32>>, Mutex<Receiver<i32>>),
    pub drops: AtomicUsize,
}

impl Life {
    pub fn new() -> Arc<Self> {
        let pair = || {
            let (sender, receiver) = channel();
            (Mutex::new(sender), Mutex::new(receiver))
        };
        Arc::new(Self { stop_reasons: pair(), ticks: pair(), drops: AtomicUsize::new(0) })
    }

    /// Waits for the next run of the stop callback.
    pub fn next_stop_reason(&self) -> i32 {
        self.stop_reasons.1.lock().unwrap().recv_timeout(PATIENCE).expect("the stop callback runs")
    }

    /// Waits for the next message of type TICK.
    pub fn next_tick_kind(&self) -> i32 {
        self.ticks.1.lock().unwrap().recv_timeout(PATIENCE).expect("the timer fires")
    }
}

#[derive(Debug)]
struct Counter {
    life: Arc<Life>,
    total: u64,
}

impl Counter {
    fn receive(&mut self, context: *mut sabir_context, message: *mut sabir_message) -> sabir_status {
        let (kind, data) = unsafe { (sabir_message_type(message), bytes_of(message)) };
        match kind {
            ADD => {
                self.total += u64::from_le_bytes(data.try_into().expect("eight bytes"));
                SABIR_OK
            }
            GET => {
                let total = self.total.to_le_bytes();
                unsafe { sabir_context_reply_bytes(context, GET, total.as_ptr().cast(), total.len()) }
            }
            FAIL => fail_loudly(std::str::from_utf8(data).expect("UTF-8")),
            TICK => {
                self.life.ticks.0.lock().unwrap().send(unsafe { sabir_message_kind(message) }).unwrap();
                SABIR_OK
            }
            _ => SABIR_E_UNHANDLED,
        }
    }
}

#[inline(never)]
fn fail_loudly(text: &str) -> sabir_status {
    panic!("{text}")
}

/// The callbacks, for a behavior; `argument` is an `Arc<Life>` made raw.
pub fn callbacks() -> sabir_callbacks {
    let mut callbacks = std::mem::MaybeUninit::uninit();
    let mut callbacks: sabir_callbacks = unsafe {
        sabir_callbacks_init(callbacks.as_mut_ptr(), size_of::<sabir_callbacks>() as u32);
        callbacks.assume_init()
    };
    callbacks.name = c"counter".as_ptr();
    callbacks.start = Some(start);
    callbacks.receive = Some(receive);
    callbacks.stop = Some(stop);
    callbacks
}

unsafe extern "C" fn start(context: *mut sabir_context, argument: usize, state: *mut usize) -> sabir_status {
    guarded(context, || {
        let life = argument as *const Life;
        let life = unsafe {
            Arc::increment_strong_count(life); // the argument keeps its own until drop
            Arc::from_raw(life)
        };
        unsafe { *state = Box::into_raw(Box::new(Counter { life, total: 0 })) as usize };
        SABIR_OK
    })
}

unsafe extern "C" fn receive(context: *mut sabir_context, state: usize, message: *mut *mut sabir_message) -> sabir_status {
    guarded(context, || unsafe {
        let counter = &mut *(state as *mut Counter);
        counter.receive(context, *message)
    })
}

unsafe extern "C" fn stop(context: *mut sabir_context, state: usize, exit: *const sabir_exit) {
    guarded(context, || {
        let counter = unsafe { Box::from_raw(state as *mut Counter) };
        counter.life.stop_reasons.0.lock().unwrap().send(unsafe { sabir_exit_reason(exit) }).unwrap();
        SABIR_OK
    });
}

/// Ends the argument of a spawn.
pub unsafe extern "C" fn drop_life(argument: usize) {
    let life = unsafe { Arc::from_raw(argument as *const Life) };
    life.drops.fetch_add(1, Ordering::Release);
}

thread_local! {
    /// Some while a callback runs on this thread; the hook writes into it where a panic was: only there is the stack still whole.
    static PANIC_SITE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Turns a panic into the exit reason of the actor, with its backtrace as the detail.
fn guarded(context: *mut sabir_context, body: impl FnOnce() -> sabir_status) -> sabir_status {
    capture_backtraces();
    PANIC_SITE.set(Some(String::new()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(body));
    let detail = PANIC_SITE.take().unwrap_or_default();
    match outcome {
        Ok(status) => status,
        Err(payload) => {
            let message = panic_text(payload.as_ref());
            // The crash stands even where its text does not get through.
            let _ = unsafe {
                sabir_context_fail(context, SABIR_E_EXCEPTION, message.as_ptr().cast(), message.len(), detail.as_ptr().cast(), detail.len())
            };
            SABIR_E_EXCEPTION
        }
    }
}

/// The panics of callbacks go into their exit reasons; all others to the hook that was there before.
fn capture_backtraces() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |information| {
            if PANIC_SITE.with_borrow(Option::is_none) {
                return before(information);
            }
            let place = information.location().map(ToString::to_string).unwrap_or_default();
            PANIC_SITE.set(Some(format!("panicked at {place}\n{}", Backtrace::force_capture())));
        }));
    });
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic whose payload is no text")
}
