//! Traps: making, reading and freeing them, and leaving one where a caller wants it.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::trap::Trap;

/// Runs the inside of a C function and leaves its trap at `out`; null is where the user wants the process to abort.
///
/// # Safety
/// `out` is null or valid to write.
pub(super) unsafe fn guarded<T>(out: *mut *mut Trap, run: impl FnOnce() -> Result<T, Trap>) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(Trap::from_panic(&*panic)));
    let (value, trap) = match result {
        Ok(value) => (Some(value), std::ptr::null_mut()),
        Err(trap) if out.is_null() => {
            eprintln!("{trap}");
            std::process::abort();
        }
        Err(trap) => (None, Box::into_raw(Box::new(trap))),
    };
    if !out.is_null() {
        // SAFETY: the caller's promise.
        unsafe { out.write(trap) };
    }
    value
}

/// `wootz_trap_new`.
///
/// # Safety
/// `message` is null or a C string.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_trap_new(message: *const c_char) -> *mut Trap {
    let message = if message.is_null() {
        c""
    } else {
        // SAFETY: as the caller promises.
        unsafe { CStr::from_ptr(message) }
    };
    Box::into_raw(Box::new(Trap::of_host(message.to_string_lossy().into_owned())))
}

/// `wootz_trap_code`.
///
/// # Safety
/// `trap` is one that was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_trap_code(trap: *const Trap) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { (*trap).code }
}

/// `wootz_trap_message`.
///
/// # Safety
/// `trap` is one that was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_trap_message(trap: *const Trap) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { &*trap }.message.as_ptr()
}

/// `wootz_trap_exit_status`.
///
/// # Safety
/// `trap` is one that was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_trap_exit_status(trap: *const Trap) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { (*trap).exit_status }
}

/// `wootz_trap_free`.
///
/// # Safety
/// `trap` is null or one that was not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_trap_free(trap: *mut Trap) {
    if !trap.is_null() {
        // SAFETY: traps are handed out as boxes.
        drop(unsafe { Box::from_raw(trap) });
    }
}
