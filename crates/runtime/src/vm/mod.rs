//! The machinery under the API: images, instances, memories, entering compiled code, traps.
//!
//! What the `unsafe` here rests on:
//! * compiled code is trusted: it was made by our compiler for the layout of `vm-abi` and does what that says;
//! * a store owns everything that compiled code can reach, and frees nothing of it before the store is dropped, but an instance to
//!   which nothing leads any more (`replace.rs`)
//!   (base addresses of tables and unguarded memories move, and are updated where compiled code reads them);
//! * whoever runs compiled code of a store has exclusive access to the store; no Rust reference into a store is
//!   held across a call of compiled code, only the raw pointer from which host functions make theirs anew;
//! * a reference that comes from the host is checked against the store before compiled code sees it.
#![allow(unsafe_code, reason = "machine code and Rust share memory here; see the invariants above")]

pub(crate) mod activation;
pub(crate) mod arena;
pub(crate) mod builtins;
pub(crate) mod counters;
pub(crate) mod data_image;
pub(crate) mod debugger;
pub(crate) mod faults;
mod file_pages;
pub(crate) mod funcs;
pub(crate) mod globals;
pub(crate) mod host;
pub(crate) mod host_memory;
pub(crate) mod image;
mod image_file;
pub(crate) mod instance;
pub(crate) mod instances;
pub(crate) mod instantiate;
pub(crate) mod interrupt;
pub(crate) mod lazy;
pub(crate) mod libcalls;
pub(crate) mod limits;
mod linked;
pub(crate) mod memory;
pub(crate) mod pool;
pub(crate) mod regions;
mod replace;
pub(crate) mod samples;
pub(crate) mod shared;
pub(crate) mod space;
pub(crate) mod store;
pub(crate) mod table;
pub(crate) mod trap;
pub(crate) mod types;
pub(crate) mod unwind;
pub(crate) mod wait;

#[cfg(test)]
mod execute_only_tests;
