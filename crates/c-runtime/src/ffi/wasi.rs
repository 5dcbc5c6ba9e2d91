//! The configuration of WASI, as C builds it.

use std::ffi::{CStr, c_char};

use crate::wasi::{Provider, Text, Wasi};

/// What `wootz_wasi_t *` points to: the configuration, with the way to the implementation.
pub(super) struct WasiHandle {
    pub(super) wasi: Wasi,
    pub(super) provider: Provider,
}

/// # Safety
/// `text` is a C string.
unsafe fn text(text: *const c_char) -> Text {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_str().map(str::to_owned)
}

/// `wootz_wasi_new`.
#[unsafe(no_mangle)]
extern "C" fn wootz_wasi_new() -> *mut WasiHandle {
    Box::into_raw(Box::new(WasiHandle { wasi: Wasi::default(), provider: Provider::PREVIEW_1 }))
}

/// `wootz_wasi_arg`.
///
/// # Safety
/// `wasi` was made by `wootz_wasi_new` and not freed, `argument` is a C string.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_wasi_arg(wasi: *mut WasiHandle, argument: *const c_char) {
    // SAFETY: the caller's promise.
    unsafe { &mut *wasi }.wasi.args.push(unsafe { text(argument) });
}

/// `wootz_wasi_env`.
///
/// # Safety
/// As `wootz_wasi_arg`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_wasi_env(wasi: *mut WasiHandle, name: *const c_char, value: *const c_char) {
    // SAFETY: the caller's promise.
    unsafe { &mut *wasi }.wasi.env.push(unsafe { (text(name), text(value)) });
}

/// `wootz_wasi_dir`.
///
/// # Safety
/// As `wootz_wasi_arg`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_wasi_dir(wasi: *mut WasiHandle, host: *const c_char, guest: *const c_char) {
    // SAFETY: the caller's promise.
    unsafe { &mut *wasi }.wasi.dirs.push(unsafe { (text(host), text(guest)) });
}

/// `wootz_wasi_inherit_stdio`.
///
/// # Safety
/// As `wootz_wasi_arg`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_wasi_inherit_stdio(wasi: *mut WasiHandle) {
    // SAFETY: the caller's promise.
    unsafe { &mut *wasi }.wasi.inherit_stdio = true;
}

/// `wootz_wasi_free`.
///
/// # Safety
/// `wasi` is null, or was made by `wootz_wasi_new` and not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn wootz_wasi_free(wasi: *mut WasiHandle) {
    if !wasi.is_null() {
        // SAFETY: they are handed out as boxes.
        drop(unsafe { Box::from_raw(wasi) });
    }
}
