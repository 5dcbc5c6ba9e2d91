//! Why a module is refused, and where.

use std::fmt;

/// What kind of refusal it is. Invalid is not unsupported, and neither is a limit.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The text format has a syntax error. [`Error::message`] holds the line, the excerpt and a caret.
    Text,
    /// The binary cannot be decoded (specification: Binary Format).
    Malformed,
    /// The module decodes but does not validate (specification: Validation).
    Invalid,
    /// The module is valid WebAssembly that this version does not implement.
    Unsupported,
    /// The module exceeds an implementation limit.
    Limit,
}

/// A refused module: the kind, the byte offset in the module, and a message for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// What kind of refusal it is.
    pub kind: ErrorKind,
    /// Byte offset in the binary, or in the text for [`ErrorKind::Text`].
    pub offset: u64,
    /// What is wrong, without the position.
    pub message: String,
}

impl Error {
    /// An error of any kind at `offset`.
    pub fn new(kind: ErrorKind, offset: u64, message: impl Into<String>) -> Self {
        Self { kind, offset, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::Text => return f.write_str(&self.message),
            ErrorKind::Malformed => "malformed module",
            ErrorKind::Invalid => "invalid module",
            ErrorKind::Unsupported => "unsupported module",
            ErrorKind::Limit => "module exceeds a limit",
        };
        write!(f, "{what}: {} (at offset {:#x})", self.message, self.offset)
    }
}

impl std::error::Error for Error {}
