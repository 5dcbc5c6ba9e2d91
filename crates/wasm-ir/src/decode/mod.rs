//! Bytes or text to a validated [`Module`].
//!
//! One pass over the sections fills the [`Declarations`](crate::Declarations), a second over the code validates every
//! body, on all processors if there are many; the bodies stay bytes. A refused module is looked at again to find the right word for it (`refusal.rs`).

mod bodies;
mod branch_hints;
mod constant;
mod expression;
mod features;
mod gc;
mod names;
mod refusal;
mod sections;
mod types;

use std::path::PathBuf;
use std::sync::Arc;

use wast::Wat;
use wast::core::EncodeOptions;
use wast::parser::{self, ParseBuffer};

use crate::module::Module;
use crate::{Error, ErrorKind, Features, hint};

pub use expression::result_types;
pub(crate) use features::SUPPORTED;
pub(crate) use types::{heap_type, val_type};

/// First bytes of every binary, module or component.
const MAGIC: &[u8; 4] = b"\0asm";
/// Version and layer of a component, which follow the magic number.
const COMPONENT: [u8; 4] = [0x0d, 0, 1, 0];

/// How a module is read.
///
/// The remaining limits are those that WebAssembly implementations agreed on
/// (<https://webassembly.github.io/spec/js-api/#limits>): among them 1 000 000 types, functions, imports, exports and
/// globals, 100 000 tables, element and data segments, 7 654 321 bytes per body, 50 000 locals, 1 000 parameters and
/// results, and names of 100 000 bytes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Largest module in bytes, binary or text. Never more than `u32::MAX`, since offsets are 32 bits wide.
    pub max_module_size: u64,
    /// What the module may use: everything implemented, unless less is wanted.
    pub features: Features,
    /// Name of the file, for the messages of the text format.
    pub path: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_module_size: 1 << 30, features: Features::ALL, path: None }
    }
}

impl Options {
    fn check_size(&self, size: usize) -> Result<(), Error> {
        let limit = self.max_module_size.min(u64::from(u32::MAX));
        if size as u64 <= limit {
            return Ok(());
        }
        let message = format!("the module has {size} bytes, the limit is {limit}");
        Err(Error::new(ErrorKind::Limit, limit, message))
    }
}

impl Module {
    /// Decodes and validates a module, binary or text. Text is recognised by the absence of the binary's magic number.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Result<Self, Error> {
        Self::with_options(bytes, &Options::default())
    }

    /// As [`Module::new`], with options.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn with_options(bytes: impl Into<Arc<[u8]>>, options: &Options) -> Result<Self, Error> {
        let bytes = bytes.into();
        options.check_size(bytes.len())?;
        let bytes = if bytes.starts_with(MAGIC) { bytes } else { encode_text(&bytes, options)?.into() };
        Self::from_binary_with_options(bytes, options)
    }

    /// Decodes and validates a binary module.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn from_binary(bytes: impl Into<Arc<[u8]>>) -> Result<Self, Error> {
        Self::from_binary_with_options(bytes.into(), &Options::default())
    }

    fn from_binary_with_options(bytes: Arc<[u8]>, options: &Options) -> Result<Self, Error> {
        options.check_size(bytes.len())?;
        if bytes.starts_with(MAGIC) && bytes[MAGIC.len()..].starts_with(&COMPONENT) {
            let message = "this is a component, not a core module";
            return Err(Error::new(ErrorKind::Unsupported, MAGIC.len() as u64, message));
        }
        let parts = sections::decode(&bytes, options.features)?;
        Ok(Self {
            bytes,
            described_operands: Arc::default(),
            prefetch: hint::prefetch(&parts.declarations),
            declarations: Arc::new(parts.declarations),
            bodies: parts.bodies.into(),
            sections: parts.sections.into(),
            custom_sections: parts.custom_sections.into(),
            tail_calls: parts.tail_calls,
            branch_hints: Arc::new(parts.branch_hints),
            uses: Arc::default(),
            fixed_tables: Arc::default(),
            private_functions: Arc::default(),
        })
    }
}

/// Encodes the text format as a binary.
fn encode_text(bytes: &[u8], options: &Options) -> Result<Vec<u8>, Error> {
    let text = readable_text(bytes)?;
    let refuse = |mut error: wast::Error| {
        if let Some(path) = &options.path {
            error.set_path(path);
        }
        error.set_text(text);
        Error::new(ErrorKind::Text, error.span().offset() as u64, error.to_string())
    };
    let buffer = ParseBuffer::new(text).map_err(refuse)?;
    let mut wat = parser::parse::<Wat<'_>>(&buffer).map_err(refuse)?;
    EncodeOptions::default().encode_wat(&mut wat).map_err(refuse)
}

/// The bytes as text, unless they look like a damaged binary or no WebAssembly at all.
fn readable_text(bytes: &[u8]) -> Result<&str, Error> {
    let malformed = |offset, message| Err(Error::new(ErrorKind::Malformed, offset, message));
    if bytes.is_empty() {
        return malformed(0, "the input is empty");
    }
    if bytes[0] == 0 {
        return malformed(0, "magic header not detected: a binary module starts with 00 61 73 6d");
    }
    std::str::from_utf8(bytes).or_else(|error| {
        let message = "neither a binary module (no magic header) nor text (not UTF-8)";
        malformed(error.valid_up_to() as u64, message)
    })
}
