//! Why objects cannot be linked, and where in which.

use std::fmt;

use wootz_wasm_ir::{DataIndex, FuncIndex};

/// A place in an input object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Index of the object among the inputs.
    pub object: usize,
    /// The section.
    pub section: String,
    /// Byte offset in it.
    pub offset: u64,
}

/// What is wrong with a relocation.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum RelocationProblem {
    /// Its type, by number, is not one that an image can carry out.
    Unsupported(u32),
    /// It needs an absolute address in code or constants, which are loaded at any address.
    Absolute,
    /// The value does not fit in the field.
    Overflow(i128),
    /// The value is not a multiple of what the field counts in.
    Misaligned(i128),
    /// Its field is not within the section.
    OutOfRange,
    /// Its symbol is in a section that is not part of the image, or has no place at all.
    Target,
    /// It loads an address from a global offset table, in an instruction that cannot do without one.
    GlobalOffsetTable,
}

/// An error of the linker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkError {
    /// An input is not a relocatable ELF file for the machine, or is malformed.
    Object {
        /// Index of the object among the inputs.
        object: usize,
        /// What is wrong.
        reason: String,
    },
    /// A section cannot be part of an image.
    Section {
        /// Index of the object among the inputs.
        object: usize,
        /// The section.
        section: String,
        /// Why.
        reason: &'static str,
    },
    /// A symbol that is used is neither defined nor a known library call.
    UndefinedSymbol {
        /// The symbol.
        symbol: String,
        /// Where it is used.
        place: Place,
    },
    /// A global symbol has two definitions.
    DuplicateSymbol {
        /// The symbol.
        symbol: String,
        /// Indices of the two objects.
        objects: [usize; 2],
    },
    /// A relocation cannot be carried out.
    Relocation {
        /// The symbol, or the section it is in if it has no name.
        symbol: String,
        /// Where the relocation is.
        place: Place,
        /// What is wrong.
        problem: RelocationProblem,
    },
    /// No object defines a function of the module.
    MissingFunction(FuncIndex),
    /// The symbol of a function or trampoline is not in a section of code.
    NotCode(String),
    /// The bytes of a data segment are not within the module.
    DataSegment(DataIndex),
    /// A part of the image exceeds what the format can address.
    TooLarge(&'static str),
    /// The debug or unwind information cannot be read.
    DebugInfo(wootz_debuginfo::Error),
    /// The code at this address has debug information of two objects.
    Overlap(u64),
    /// The unwind information is not what it was when room was made for its search table.
    Unwind(&'static str),
    /// The file cannot be written.
    Write(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:#x} of object {}", self.section, self.offset, self.object)
    }
}

impl fmt::Display for RelocationProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(ty) => write!(f, "relocation type {ty} is not supported"),
            Self::Absolute => f.write_str("an absolute address is not position independent"),
            Self::Overflow(value) => write!(f, "the value {value:#x} does not fit"),
            Self::Misaligned(value) => write!(f, "the value {value:#x} is not aligned as the field needs it"),
            Self::OutOfRange => f.write_str("the field is outside the section"),
            Self::Target => f.write_str("the symbol has no place in the image"),
            Self::GlobalOffsetTable => f.write_str("the instruction needs a global offset table"),
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { object, reason } => write!(f, "object {object} cannot be linked: {reason}"),
            Self::Section { object, section, reason } => {
                write!(f, "section {section} of object {object} cannot be linked: {reason}")
            }
            Self::UndefinedSymbol { symbol, place } => write!(f, "undefined symbol {symbol} at {place}"),
            Self::DuplicateSymbol { symbol, objects: [first, second] } => {
                write!(f, "symbol {symbol} is defined in object {first} and in object {second}")
            }
            Self::Relocation { symbol, place, problem } => {
                write!(f, "cannot relocate {place} against {symbol}: {problem}")
            }
            Self::MissingFunction(func) => write!(f, "no object defines {func}"),
            Self::NotCode(symbol) => write!(f, "symbol {symbol} is not code"),
            Self::DataSegment(data) => write!(f, "the bytes of {data} are not within the module"),
            Self::TooLarge(what) => write!(f, "the image is too large: {what}"),
            Self::DebugInfo(error) => error.fmt(f),
            Self::Overlap(address) => write!(f, "two objects say where the code at {address:#x} is from"),
            Self::Unwind(reason) => write!(f, "the unwind information cannot be linked: {reason}"),
            Self::Write(reason) => write!(f, "cannot write the image: {reason}"),
        }
    }
}

impl std::error::Error for LinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::DebugInfo(error) => Some(error),
            _ => None,
        }
    }
}

impl From<wootz_debuginfo::Error> for LinkError {
    fn from(error: wootz_debuginfo::Error) -> Self {
        Self::DebugInfo(error)
    }
}
