//! What the command `wootz` does without a compiler: reading its arguments, running what is compiled, keeping it, and telling
//! what went wrong. Both binaries are made of it; nothing here links LLVM.
#![allow(
    clippy::missing_errors_doc,
    reason = "an `Outcome` fails with the report of what is wrong, which says it"
)]

pub mod apart;
pub mod args;
mod backtrace;
pub mod cache;
pub mod debug;
pub mod executable;
pub mod exit;
pub mod files;
pub mod input;
pub mod names;
mod parse;
pub mod report;
pub mod run;
pub mod source;
pub mod values;

use std::io;
use std::path::PathBuf;

/// The binary with the compiler: beside this one.
///
/// # Errors
/// If the system does not say where this one is.
pub fn compiler() -> io::Result<PathBuf> {
    beside("wootz-compiler")
}

/// The binary without it: beside this one.
///
/// # Errors
/// If the system does not say where this one is.
pub fn front() -> io::Result<PathBuf> {
    beside("wootz")
}

/// The program that executables are made of: beside this one.
///
/// # Errors
/// If the system does not say where this one is.
pub fn stub() -> io::Result<PathBuf> {
    beside("wootz-stub")
}

fn beside(name: &str) -> io::Result<PathBuf> {
    std::env::current_exe().map(|this| this.with_file_name(name))
}
