//! The fence around LLVM's C API: everything inkwell has no safe form for, behind safe functions.
//!
//! Invariants this folder rests on:
//! - LLVM is initialised once per process, before any context exists ([`init`] runs in [`LlvmContext::new`]).
//! - A context, and everything made in it, stays on the thread that made it: inkwell's types are not `Send`.
//! - A diagnostic handler's state outlives its context: [`LlvmContext`] drops the context first.
//! - ORC's session and its symbol tables live as long as the process, and ORC locks them.
//! - Pointer arithmetic is emitted over `i8`, with 64-bit offsets: no wrong type can be named.

#![allow(unsafe_code, reason = "the fence of this crate: see the invariants above")]

mod context;
mod debug_value;
mod disassembler;
mod exit;
mod init;
mod loop_properties;
mod orc;
mod pointer;

pub(crate) use context::LlvmContext;
pub(crate) use debug_value::append_debug_value;
pub(crate) use disassembler::Disassembler;
pub(crate) use exit::at_exit;
pub use exit::leave;
pub(crate) use init::init;
pub use init::set_options;
pub(crate) use loop_properties::dispatch_loop;
pub(crate) use orc::{Found, Library, Responsibility};
pub(crate) use pointer::byte_offset;
