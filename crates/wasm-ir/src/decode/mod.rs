//! Bytes or text to a validated [`Module`].

use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::module::Module;

impl Module {
    /// Decodes and validates a module, binary or text. Text is recognised by the absence of the binary's magic number.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Result<Self, Error> {
        let _ = bytes.into();
        Err(Error::new(ErrorKind::Unsupported, 0, "not written yet"))
    }

    /// Decodes and validates a binary module.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn from_binary(bytes: impl Into<Arc<[u8]>>) -> Result<Self, Error> {
        let _ = bytes.into();
        Err(Error::new(ErrorKind::Unsupported, 0, "not written yet"))
    }
}
