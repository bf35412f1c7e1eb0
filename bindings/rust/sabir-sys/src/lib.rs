// SPDX-License-Identifier: Apache-2.0
//! sabir's C ABI, under the names of its headers. Their comments are the manual: `include/sabir/sabir.h` says where to start.
//!
//! A callback is an `unsafe extern "C" fn`. It runs on a thread of the library, and no panic may leave it: catch it with
//! [`std::panic::catch_unwind`], give its text to [`sabir_context_fail`] and return the code. (A panic that does reach the boundary ends
//! the process.)

#![no_std]

#[rustfmt::skip] // as generate.sh writes it
#[allow(non_camel_case_types)]
mod bindings;

pub use bindings::*;
