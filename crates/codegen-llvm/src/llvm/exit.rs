//! The end of the process: LLVM's library destroys its constants then, which nobody may use any more.

use std::ffi::c_int;
use std::io::Write as _;

unsafe extern "C" {
    fn atexit(function: extern "C" fn()) -> c_int;
    fn _exit(status: c_int) -> !;
}

/// Ends the process at once, also while functions are being compiled on other threads: at any other end what is being compiled is waited
/// for, which may take seconds. Nothing that was to be called at the end is called; Rust's standard output is flushed.
pub fn leave(status: i32) -> ! {
    // Whoever reads it is gone.
    let _ = std::io::stdout().flush();
    // SAFETY: the system ends all threads where they are.
    unsafe { _exit(status) }
}

/// Has a function called when the process ends, before what was registered earlier.
pub(crate) fn at_exit(function: extern "C" fn()) {
    // SAFETY: the C library keeps the address of a function that stays. Without room it refuses, and nothing is called.
    unsafe { atexit(function) };
}
