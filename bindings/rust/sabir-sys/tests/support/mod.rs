// SPDX-License-Identifier: Apache-2.0
//! A counter actor against the raw layer, and a system with Rust's log sink and dead-letter subscription.
// Each test program uses a part of it.
#![allow(dead_code, unused_imports)]

mod actor;
mod fixture;

pub use actor::{ADD, FAIL, GET, Life, TICK};
pub use fixture::{Fixture, Message, ok, text_of};
