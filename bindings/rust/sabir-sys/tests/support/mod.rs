// SPDX-License-Identifier: Apache-2.0
//! A counter actor against the raw layer, and a system with Rust's log sink and dead-letter subscription.

mod actor;
mod fixture;

pub use actor::{ADD, FAIL, GET, Life};
pub use fixture::{Fixture, ok, text_of};
