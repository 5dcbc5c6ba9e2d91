//! Why a call of a WASI function does not return to the guest.

use std::fmt;

/// The guest ended itself through `proc_exit`. Not a failure: the value is the exit code of the program.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Exit(pub i32);

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the program exited with code {}", self.0)
    }
}

impl std::error::Error for Exit {}

/// A call that ends the guest. What the interface has an `errno` for is returned to the guest instead.
#[derive(Debug)]
pub enum Error {
    /// `proc_exit` was called.
    Exit(Exit),
    /// The calling instance does not export a memory under the name that the interface asks for.
    NoMemory {
        /// The function called.
        function: &'static str,
    },
    /// The store's data is not of the type that the imports were made for.
    HostData {
        /// The function called.
        function: &'static str,
        /// The type expected.
        expected: &'static str,
    },
    /// The interface says that the function traps: a pointer outside the memory or not aligned, for example.
    Failed {
        /// The function called.
        function: &'static str,
        /// What is wrong.
        message: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(exit) => exit.fmt(f),
            Self::NoMemory { function } => {
                write!(f, "{function}: the calling module exports no memory named \"{}\"", crate::MEMORY)
            }
            Self::HostData { function, expected } => {
                write!(f, "{function}: the store's data is not of type {expected}")
            }
            Self::Failed { function, message } => write!(f, "{function}: {message}"),
        }
    }
}

impl std::error::Error for Error {}
