//! Addresses of the library calls that LLVM may make, for an image's slots.
//!
//! Rust's operations are the C library's functions, or instructions where the CPU has them; 128-bit division by zero, which
//! no WebAssembly instruction leads to, gives 0.

use std::ffi::c_void;

use wootz_vm_abi::libcall::Libcall;

extern "C" fn fmod(x: f64, y: f64) -> f64 {
    x % y
}
extern "C" fn fmodf(x: f32, y: f32) -> f32 {
    x % y
}
extern "C" fn fma(x: f64, y: f64, z: f64) -> f64 {
    x.mul_add(y, z)
}
extern "C" fn fmaf(x: f32, y: f32, z: f32) -> f32 {
    x.mul_add(y, z)
}
extern "C" fn divti3(a: i128, b: i128) -> i128 {
    if b == 0 { 0 } else { a.wrapping_div(b) }
}
extern "C" fn modti3(a: i128, b: i128) -> i128 {
    if b == 0 { 0 } else { a.wrapping_rem(b) }
}
extern "C" fn udivti3(a: u128, b: u128) -> u128 {
    a.checked_div(b).unwrap_or(0)
}
extern "C" fn umodti3(a: u128, b: u128) -> u128 {
    a.checked_rem(b).unwrap_or(0)
}

macro_rules! rounding {
    ($($wide:ident $narrow:ident = $method:ident;)*) => {$(
        extern "C" fn $wide(x: f64) -> f64 {
            x.$method()
        }
        extern "C" fn $narrow(x: f32) -> f32 {
            x.$method()
        }
    )*};
}

rounding! {
    ceil ceilf = ceil;
    floor floorf = floor;
    trunc truncf = trunc;
    // The rounding mode is always to nearest, ties to even.
    round_even round_evenf = round_ties_even;
}

/// The address that compiled code calls for `call`.
pub(crate) fn address(call: Libcall) -> *const c_void {
    match call {
        Libcall::Memcpy => libc::memcpy as *const c_void,
        Libcall::Memmove => libc::memmove as *const c_void,
        Libcall::Memset => libc::memset as *const c_void,
        Libcall::Memcmp | Libcall::Bcmp => libc::memcmp as *const c_void,
        Libcall::Fmod => fmod as *const c_void,
        Libcall::Fmodf => fmodf as *const c_void,
        Libcall::Fma => fma as *const c_void,
        Libcall::Fmaf => fmaf as *const c_void,
        Libcall::Ceil => ceil as *const c_void,
        Libcall::Ceilf => ceilf as *const c_void,
        Libcall::Floor => floor as *const c_void,
        Libcall::Floorf => floorf as *const c_void,
        Libcall::Trunc => trunc as *const c_void,
        Libcall::Truncf => truncf as *const c_void,
        Libcall::Rint | Libcall::Nearbyint | Libcall::Roundeven => round_even as *const c_void,
        Libcall::Rintf | Libcall::Nearbyintf | Libcall::Roundevenf => round_evenf as *const c_void,
        Libcall::Divti3 => divti3 as *const c_void,
        Libcall::Modti3 => modti3 as *const c_void,
        Libcall::Udivti3 => udivti3 as *const c_void,
        Libcall::Umodti3 => umodti3 as *const c_void,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_an_address() {
        for &call in Libcall::ALL {
            assert!(!address(call).is_null(), "{}", call.name());
        }
    }

    #[test]
    fn roundings_keep_the_sign_of_zero() {
        assert_eq!(ceil(-0.5).to_bits(), (-0.0f64).to_bits());
        assert_eq!(round_even(-0.5).to_bits(), (-0.0f64).to_bits());
        assert_eq!(round_evenf(2.5), 2.0);
        assert_eq!(truncf(-1.5), -1.0);
        assert_eq!(fmod(-7.0, 2.0), -1.0);
        assert_eq!(divti3(i128::MIN, -1), i128::MIN);
    }
}
