//! The end of the process: LLVM's library destroys its constants then, which nobody may use any more.

use std::ffi::c_int;

unsafe extern "C" {
    fn atexit(function: extern "C" fn()) -> c_int;
}

/// Has a function called when the process ends, before what was registered earlier.
pub(crate) fn at_exit(function: extern "C" fn()) {
    // SAFETY: the C library keeps the address of a function that stays. Without room it refuses, and nothing is called.
    unsafe { atexit(function) };
}
