//! What can go wrong while loading, instantiating and calling, for embedders: one type per occasion.

use std::fmt;

use wootz_vm_abi::image::DecodeError;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_types::{EntityType, FuncType, GlobalType, MemoryType, TableType, ValType};

use crate::limits::LimitError;
use crate::trap::{Trap, TrapFrame, write_frames};

/// The error of a host function: whatever the host likes. A [`CallError`] inside is passed on as itself, with the
/// frames of the calling WebAssembly functions appended.
pub type HostError = Box<dyn std::error::Error + Send + Sync>;

/// Why an image cannot be loaded.
#[derive(Debug)]
pub enum ImageError {
    /// The bytes are not an ELF file that holds a Wootz image, or its module information does not decode.
    Decode(DecodeError),
    /// The bytes are not those that the image was made with: it was cut or changed.
    Damaged,
    /// The file of the image was shortened while it was in use. Also as the error of a host function, of a call that could not go on.
    Shortened,
    /// The ELF structure or the module information contradicts itself.
    Corrupt(String),
    /// The image was compiled for another machine or system: its name or triple.
    Target(String),
    /// The image needs a CPU feature, by LLVM's name, that this machine lacks or this runtime does not know.
    CpuFeature(String),
    /// The image uses something that this runtime does not have yet.
    Unsupported(String),
    /// The system refused memory for the code.
    System(std::io::Error),
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Damaged => f.write_str("the image is damaged: its digest is not that of its contents"),
            Self::Shortened => f.write_str("the image's file was shortened while it was in use"),
            Self::Corrupt(reason) => write!(f, "the image is corrupt: {reason}"),
            Self::Target(target) => {
                write!(f, "the image is compiled for {target}, this machine is {}", std::env::consts::ARCH)
            }
            Self::CpuFeature(feature) => write!(
                f,
                "the image needs the CPU feature \"{feature}\", which this machine lacks: compile it here or for a \
                 baseline CPU"
            ),
            Self::Unsupported(what) => {
                write!(f, "the image needs {what}, which this runtime does not support")
            }
            Self::System(error) => write!(f, "no memory could be mapped for the image's code: {error}"),
        }
    }
}

impl std::error::Error for ImageError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Decode(error) => Some(error),
            Self::System(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a call did not return results.
#[derive(Debug)]
pub enum CallError {
    /// WebAssembly code trapped.
    Trap(Trap),
    /// A host function failed.
    Host {
        /// What it returned.
        error: HostError,
        /// The WebAssembly functions that were active, innermost first.
        frames: Vec<TrapFrame>,
        /// How many outer frames were left out.
        omitted: usize,
    },
    /// The arguments do not fit the function's type; nothing was called.
    Arguments(ArgumentsError),
}

impl CallError {
    /// The trap, if it is one.
    pub fn as_trap(&self) -> Option<&Trap> {
        match self {
            Self::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    /// The trap's code, if it is a trap.
    pub fn trap_code(&self) -> Option<TrapCode> {
        self.as_trap().map(|trap| trap.code)
    }

    /// The host's error, if it is of type `E`.
    pub fn host_error<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Host { error, .. } => error.downcast_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap(trap) => trap.fmt(f),
            Self::Host { error, frames, omitted } => {
                error.fmt(f)?;
                write_frames(f, frames, *omitted)
            }
            Self::Arguments(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Trap(_) => None,
            Self::Host { error, .. } => error.source(),
            Self::Arguments(error) => Some(error),
        }
    }
}

/// Arguments that do not fit a function's type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArgumentsError {
    /// There are too few or too many.
    Count {
        /// The function's type.
        ty: FuncType,
        /// How many were given.
        given: usize,
    },
    /// One has another type.
    Type {
        /// Position of the argument, from 0.
        index: usize,
        /// The parameter's type.
        expected: ValType,
        /// The argument's type.
        given: ValType,
    },
    /// There are too few raw slots for the arguments or the results.
    Slots {
        /// How many the call needs.
        needed: usize,
        /// How many were given.
        given: usize,
    },
    /// A raw reference is not one that the store handed out.
    Reference {
        /// Position of the argument, from 0.
        index: usize,
    },
}

impl fmt::Display for ArgumentsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { ty, given } => {
                let plural = if ty.params.len() == 1 { "" } else { "s" };
                write!(
                    f,
                    "the function takes {} argument{plural} but {given} were given: its type is {ty}",
                    ty.params.len()
                )
            }
            Self::Type { index, expected, given } => {
                write!(f, "argument {} has type {given}, the function takes {expected} there", index + 1)
            }
            Self::Slots { needed, given } => {
                write!(f, "the call needs {needed} slots for arguments and results, {given} were given")
            }
            Self::Reference { index } => {
                write!(f, "argument {} is not a reference that this store made", index + 1)
            }
        }
    }
}

impl std::error::Error for ArgumentsError {}

/// Why a module was not instantiated.
#[derive(Debug)]
pub enum InstantiateError {
    /// An import is missing or does not fit.
    Import(Box<ImportError>),
    /// More imports were given than the module has.
    SurplusImports {
        /// How many it has.
        expected: usize,
        /// How many were given.
        given: usize,
    },
    /// A memory could not be made.
    Memory(MemoryError),
    /// A table could not be made: it would have this many elements.
    Table {
        /// Elements the module asks for.
        elements: u64,
    },
    /// The store has fuel, and the image is not compiled to consume it.
    ConsumesNoFuel,
    /// The store may not hold what the module defines.
    Limit(LimitError),
    /// A segment was out of bounds or the start function failed. What was written before stays written.
    Call(CallError),
}

impl fmt::Display for InstantiateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import(error) => error.fmt(f),
            Self::SurplusImports { expected, given } => {
                write!(f, "the module has {expected} imports, {given} were given")
            }
            Self::Memory(error) => error.fmt(f),
            Self::ConsumesNoFuel => {
                f.write_str("the image is not compiled to consume fuel, which the store limits")
            }
            Self::Limit(error) => error.fmt(f),
            Self::Table { elements } => write!(f, "a table of {elements} elements cannot be allocated"),
            Self::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InstantiateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Import(error) => Some(&**error),
            Self::Memory(error) => Some(error),
            Self::Limit(error) => Some(error),
            Self::SurplusImports { .. } | Self::Table { .. } | Self::ConsumesNoFuel => None,
            Self::Call(error) => Some(error),
        }
    }
}

/// An import that is missing or does not fit.
#[derive(Clone, PartialEq, Debug)]
pub struct ImportError {
    /// Module name of the import.
    pub module: String,
    /// Field name of the import.
    pub name: String,
    /// What the module asks for.
    pub expected: EntityType,
    /// What was given, or `None` if nothing was.
    pub given: Option<EntityType>,
    /// A reason beyond the types, where they alone do not tell.
    pub note: Option<String>,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, name, expected, given, note } = self;
        match given {
            None => write!(f, "unknown import: \"{module}\" \"{name}\" must be {}", DisplayType(expected))?,
            Some(given) => write!(
                f,
                "incompatible import type for \"{module}\" \"{name}\": the module needs {}, given was {}",
                DisplayType(expected),
                DisplayType(given)
            )?,
        }
        match note {
            Some(note) => write!(f, ": {note}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ImportError {}

/// An external type as people read it.
struct DisplayType<'a>(&'a EntityType);

impl fmt::Display for DisplayType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            EntityType::Function(ty) => write!(f, "a function {ty}"),
            EntityType::Table(TableType { element, table64, minimum, maximum }) => {
                let width = if *table64 { "64-bit " } else { "" };
                write!(f, "a {width}table of {element} with ")?;
                limits(f, "element", *minimum, *maximum)
            }
            EntityType::Memory(ty @ MemoryType { memory64, shared, minimum, maximum, .. }) => {
                let shared = if *shared { "shared " } else { "" };
                let width = if *memory64 { "64-bit " } else { "" };
                write!(f, "a {shared}{width}memory with ")?;
                limits(f, "page", *minimum, *maximum)?;
                if ty.page_size_log2 != 16 { write!(f, " of {} bytes", ty.page_size()) } else { Ok(()) }
            }
            EntityType::Global(GlobalType { content, mutable }) => {
                write!(f, "{} global of type {content}", if *mutable { "a mutable" } else { "an immutable" })
            }
            EntityType::Tag(ty) => write!(f, "a tag {ty}"),
        }
    }
}

fn limits(f: &mut fmt::Formatter<'_>, unit: &str, minimum: u64, maximum: Option<u64>) -> fmt::Result {
    write!(f, "at least {minimum}")?;
    if let Some(maximum) = maximum {
        write!(f, " and at most {maximum}")?;
    }
    let plural = if maximum.unwrap_or(minimum) == 1 { "" } else { "s" };
    write!(f, " {unit}{plural}")
}

/// Why a memory could not be made.
#[derive(Debug)]
pub enum MemoryError {
    /// The minimum is more than the address type, or this machine, can address.
    TooLarge {
        /// Bytes asked for at the start.
        bytes: u128,
    },
    /// The system refused.
    System {
        /// Bytes of address space asked for.
        bytes: u64,
        /// Whether most of them were for guard regions.
        guarded: bool,
        /// What it said.
        error: std::io::Error,
    },
    /// The system refused address space for a pool.
    Pool {
        /// Bytes of memories that it was to have room for, guards not counted.
        bytes: u128,
        /// What it said.
        error: std::io::Error,
    },
    /// Every slot of the pool is in use.
    PoolExhausted {
        /// Slots it has for such memories.
        slots: usize,
    },
    /// The pool's guards are smaller than those that the memory's code was compiled for.
    PoolGuard {
        /// Bytes of guard that the code relies on.
        needed: u64,
        /// Bytes that the pool has behind each slot.
        given: u64,
    },
    /// The embedder gave a memory that is not as it must be.
    Unfit {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The system refused memory for an instance's context.
    Context {
        /// Bytes asked for.
        bytes: usize,
        /// What it said.
        error: std::io::Error,
    },
    /// Pages have neither 1 nor 65 536 bytes.
    PageSize {
        /// The size asked for, as a power of two.
        log2: u8,
    },
    /// A shared memory is not what this can make, or the type of one has no maximum.
    Shared,
    /// The store may not have it.
    Limit(LimitError),
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes } => write!(f, "a memory of {bytes} bytes cannot be addressed"),
            Self::System { bytes, guarded: true, error } => write!(
                f,
                "cannot reserve {bytes} bytes of address space for a guarded memory: {error}; raise the limit on \
                 virtual memory (ulimit -v) or on mappings (vm.max_map_count), use smaller guards, or use explicit checks"
            ),
            Self::System { bytes, guarded: false, error } => write!(
                f,
                "cannot allocate a memory of {bytes} bytes: {error}; raise the limit on virtual memory (ulimit -v), or \
                 let the module start with less"
            ),
            Self::Pool { bytes, error } => write!(
                f,
                "cannot reserve a pool for memories of {bytes} bytes in all: {error}; use fewer or smaller slots, or \
                 raise the limit on virtual memory (ulimit -v)"
            ),
            Self::PoolExhausted { slots } => write!(
                f,
                "all {slots} slots of the memory pool are in use; drop stores, or make a larger pool"
            ),
            Self::PoolGuard { needed, given } => write!(
                f,
                "the code of a memory relies on guard regions of {needed} bytes, and the memory pool has {given}: make the \
                 pool with larger guards, or compile for smaller ones"
            ),
            Self::Unfit { reason } => write!(f, "the embedder's memory cannot be used: {reason}"),
            Self::Context { bytes, error } => {
                write!(f, "cannot allocate {bytes} bytes for an instance: {error}")
            }
            Self::PageSize { log2 } => {
                write!(f, "a memory with pages of 2^{log2} bytes: pages have 1 or 65536 bytes")
            }
            Self::Shared => f.write_str("a shared memory is made as such, with a maximum"),
            Self::Limit(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MemoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System { error, .. } | Self::Context { error, .. } | Self::Pool { error, .. } => {
                Some(error)
            }
            Self::Limit(error) => Some(error),
            _ => None,
        }
    }
}

/// An access by the host outside a memory or a table.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct AccessError {
    /// First byte or element of the access.
    pub start: u64,
    /// How many bytes or elements it touches.
    pub count: u64,
    /// Bytes or elements there are.
    pub length: u64,
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, count, length } = self;
        write!(f, "an access to {count} at {start} is out of bounds: the length is {length}")
    }
}

impl std::error::Error for AccessError {}

/// A value that cannot be put where the host wants it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ValueError {
    /// The value has another type.
    Type {
        /// Type of the place.
        expected: ValType,
        /// Type of the value.
        given: ValType,
    },
    /// The global is immutable.
    Immutable,
    /// The index is past the end.
    Access(AccessError),
    /// The table cannot be that large.
    TooLarge {
        /// Elements it would have.
        elements: u64,
    },
    /// The store may not have the table.
    Limit(LimitError),
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type { expected, given } => write!(f, "a value of type {given} does not fit {expected}"),
            Self::Immutable => f.write_str("the global is immutable"),
            Self::Access(error) => error.fmt(f),
            Self::TooLarge { elements } => write!(f, "a table of {elements} elements cannot be allocated"),
            Self::Limit(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ValueError {}
