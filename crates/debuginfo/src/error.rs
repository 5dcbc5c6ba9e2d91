//! Why debug information cannot be read, and where in which section.

use std::fmt;

/// An error while reading an ELF file, its DWARF, or its unwind information.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Error {
    /// The bytes are not a little-endian ELF64 file, or its headers are broken.
    Elf(String),
    /// The object file has several sections of code, so an address in it does not name one place. Link it first.
    SeveralCodeSections,
    /// A relocation of a debug section cannot be applied.
    Relocation {
        /// The section.
        section: String,
        /// Byte offset in it.
        offset: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// A section does not follow its format.
    Format {
        /// The section.
        section: &'static str,
        /// Byte offset in it of the unit, entry or program being read.
        offset: u64,
        /// What is wrong.
        reason: gimli::Error,
    },
    /// The entry refers to something that is not a function.
    Reference {
        /// Byte offset of the entry in `.debug_info`.
        offset: u64,
    },
    /// A line is not a WebAssembly offset, because it does not fit in 32 bits.
    Line {
        /// The address whose line it is.
        address: u64,
        /// The line.
        line: u64,
    },
    /// What was read cannot be written again.
    Write(String),
    /// The information is larger than this reader's limits, as only a corrupt file is.
    TooLarge,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elf(reason) => write!(f, "not a readable ELF file: {reason}"),
            Self::SeveralCodeSections => {
                f.write_str("the object file has several sections of code: link it first")
            }
            Self::Relocation { section, offset, reason } => {
                write!(f, "cannot apply the relocation at {section}+{offset:#x}: {reason}")
            }
            Self::Format { section, offset, reason } => {
                write!(f, "malformed debug information at {section}+{offset:#x}: {reason}")
            }
            Self::Reference { offset } => {
                write!(f, "the entry at .debug_info+{offset:#x} refers to something that is not a function")
            }
            Self::Line { address, line } => {
                write!(f, "line {line} of address {address:#x} is not an offset in a WebAssembly module")
            }
            Self::Write(reason) => write!(f, "cannot write debug information: {reason}"),
            Self::TooLarge => f.write_str("the debug information is implausibly large"),
        }
    }
}

impl std::error::Error for Error {}
