//! Why a call did not return results, as C programs see it.

use std::any::Any;
use std::ffi::CString;
use std::fmt;

use wootz_runtime::{CallError, TrapCode};
use wootz_wasi::Exit;

/// `wootz_trap_t`.
#[derive(Clone, Debug)]
pub struct Trap {
    pub(crate) code: u32,
    pub(crate) message: CString,
    pub(crate) exit_status: i32,
}

impl Trap {
    /// `WOOTZ_TRAP_EXIT`.
    const EXIT: u32 = 256;
    /// `WOOTZ_TRAP_ERROR`.
    const ERROR: u32 = 257;

    fn with_code(code: u32, message: String) -> Self {
        // A C string ends at its first zero.
        let message: Vec<u8> = message.into_bytes().into_iter().filter(|byte| *byte != 0).collect();
        Self { code, message: CString::new(message).unwrap_or_default(), exit_status: 0 }
    }

    /// One that an imported function sets.
    pub(crate) fn of_host(message: String) -> Self {
        Self::with_code(TrapCode::Pending as u32, message)
    }

    /// One that is not the guest's.
    pub(crate) fn error(message: impl fmt::Display) -> Self {
        Self::with_code(Self::ERROR, message.to_string())
    }

    /// A failed call.
    pub(crate) fn from_call(error: &CallError) -> Self {
        if let Some(Exit(status)) = error.host_error::<Exit>() {
            return Self { exit_status: *status, ..Self::with_code(Self::EXIT, error.to_string()) };
        }
        let code = match error {
            CallError::Trap(trap) => trap.code as u32,
            CallError::Host { .. } => match error.host_error::<Self>() {
                Some(inner) => inner.code,
                None => TrapCode::Pending as u32,
            },
            CallError::Arguments(_) => Self::ERROR,
        };
        let exit_status = error.host_error::<Self>().map_or(0, |inner| inner.exit_status);
        Self { exit_status, ..Self::with_code(code, error.to_string()) }
    }

    /// A panic: a mistake of this library, or of a host function in Rust.
    pub(crate) fn from_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Self::error(format!("a function of the host panicked: {}", text.unwrap_or_default()))
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message.to_string_lossy())
    }
}

impl std::error::Error for Trap {}

#[cfg(test)]
mod tests {
    use super::*;

    /// `WOOTZ_TRAP_NAME = N` for each code, as the header has them.
    #[test]
    fn the_header_has_every_code() {
        let header = include_str!("../include/wootz_rt.h");
        let snake = |name: String| {
            let letters = name.chars().enumerate();
            let word = |(at, c): (usize, char)| {
                if c.is_uppercase() && at > 0 { format!("_{c}") } else { c.to_string() }
            };
            letters.map(word).collect::<String>().to_uppercase()
        };
        let own = [("EXIT".to_owned(), Trap::EXIT), ("ERROR".to_owned(), Trap::ERROR)];
        let codes = TrapCode::ALL.iter().map(|code| (snake(format!("{code:?}")), *code as u32));
        let expected: Vec<_> = codes.chain(own).collect();
        let listed: Vec<_> = header
            .lines()
            .filter_map(|line| line.trim().strip_prefix("WOOTZ_TRAP_")?.split_once(" = "))
            .map(|(name, code)| (name.to_owned(), code.trim_end_matches(',').parse().expect("a number")))
            .collect();
        assert_eq!(listed, expected);
    }

    #[test]
    fn messages_are_c_strings() {
        assert_eq!(Trap::error("a\0b").message.as_bytes(), b"ab");
    }
}
