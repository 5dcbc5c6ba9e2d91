//! Everything that can go wrong, as one type: what was refused, what stopped, and whose fault it was.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::{fmt, io};

use wootz_runtime::{CallError, InstantiateError};
use wootz_wasm_types::{FuncType, ValType};

pub use wootz_runtime::{
    AccessError, ArgumentsError, HostError, ImageError, ImportError, Limit, LimitError, MemoryError,
    SourceLine, Trap, TrapFrame, ValueError,
};

/// Any failure of this crate.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The module is refused: malformed, invalid, not supported, or over a limit.
    Module(wootz_wasm_types::Error),
    /// The module cannot be compiled: the compiler's error.
    Compile(HostError),
    /// The engine only loads images.
    NoCompiler,
    /// The compiled module cannot be loaded.
    Image(ImageError),
    /// Imports are missing or do not fit.
    Link(LinkError),
    /// WebAssembly code trapped.
    Trap(Trap),
    /// A host function returned an error.
    Host(HostFailure),
    /// Arguments do not fit a function.
    Arguments(ArgumentsError),
    /// A function has another type than the one asked for, or a host function's result has.
    Type(Box<TypeError>),
    /// There is no export of this name and kind.
    UnknownExport {
        /// The name.
        name: String,
        /// What was looked for: "function", …
        kind: &'static str,
    },
    /// The store has fuel, and the module is not compiled to consume it.
    ConsumesNoFuel,
    /// The store may not hold so much.
    Limit(LimitError),
    /// A memory cannot be made.
    Memory(MemoryError),
    /// The host reads or writes outside a memory.
    Access(AccessError),
    /// A value does not fit a table or a global, or a table cannot be that large.
    Value(ValueError),
    /// The text of a module cannot be written for debuggers.
    DebugText {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The system refuses a thread for the main function of a program that may have several.
    Thread {
        /// Bytes of stack that were asked for.
        stack: usize,
    },
}

impl Error {
    /// The trap, if it is one.
    pub fn trap(&self) -> Option<&Trap> {
        if let Self::Trap(trap) = self { Some(trap) } else { None }
    }

    /// The WebAssembly functions that were active when code trapped or a host function failed, innermost first.
    pub fn frames(&self) -> &[TrapFrame] {
        match self {
            Self::Trap(trap) => &trap.frames,
            Self::Host(failure) => &failure.frames,
            _ => &[],
        }
    }

    /// The error that a host function returned, if it is an `E`.
    ///
    /// ```
    /// # fn main() -> Result<(), wootz::Error> {
    /// use wootz::{Engine, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let fail = Func::wrap(&mut store, || Err::<(), _>(std::fmt::Error));
    /// let error = fail.call(&mut store, &[]).unwrap_err();
    /// assert!(error.downcast_ref::<std::fmt::Error>().is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        if let Self::Host(failure) = self { failure.error.downcast_ref() } else { None }
    }

    /// The error that a host function returned, by value, if it is an `E`.
    ///
    /// # Errors
    /// The error itself, if it is anything else.
    pub fn downcast<E: StdError + 'static>(self) -> Result<E, Self> {
        let Self::Host(HostFailure { error, frames, omitted }) = self else { return Err(self) };
        match error.downcast() {
            Ok(error) => Ok(*error),
            Err(error) => Err(Self::Host(HostFailure { error, frames, omitted })),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module(error) => error.fmt(f),
            Self::Compile(error) => error.fmt(f),
            Self::Image(error) => error.fmt(f),
            Self::Link(error) => error.fmt(f),
            Self::Trap(trap) => trap.fmt(f),
            Self::Host(failure) => failure.fmt(f),
            Self::Arguments(error) => error.fmt(f),
            Self::Type(error) => error.fmt(f),
            Self::UnknownExport { name, kind } => {
                write!(f, "unknown export: no {kind} is exported as \"{name}\"")
            }
            Self::DebugText { path, error } => {
                write!(f, "cannot write the module's text to {}: {error}", path.display())
            }
            Self::NoCompiler => f.write_str("there is no compiler in this program: it loads images only"),
            Self::ConsumesNoFuel => InstantiateError::ConsumesNoFuel.fmt(f),
            Self::Limit(error) => error.fmt(f),
            Self::Memory(error) => error.fmt(f),
            Self::Access(error) => error.fmt(f),
            Self::Value(error) => error.fmt(f),
            Self::Thread { stack } => write!(f, "cannot start a thread with a stack of {stack} bytes"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Module(error) => error.source(),
            Self::Compile(error) => error.source(),
            Self::Image(error) => error.source(),
            Self::Link(_)
            | Self::NoCompiler
            | Self::ConsumesNoFuel
            | Self::UnknownExport { .. }
            | Self::Type(_)
            | Self::Thread { .. } => None,
            Self::Trap(trap) => trap.source(),
            Self::Host(failure) => failure.error.source(),
            Self::Arguments(error) => error.source(),
            Self::Limit(error) => error.source(),
            Self::Memory(error) => error.source(),
            Self::Access(error) => error.source(),
            Self::Value(error) => error.source(),
            Self::DebugText { error, .. } => Some(error),
        }
    }
}

/// What a host function returned as its error, and from where it was called.
#[derive(Debug)]
pub struct HostFailure {
    /// What it returned.
    pub error: HostError,
    /// The WebAssembly functions that were active, innermost first.
    pub frames: Vec<TrapFrame>,
    /// How many outer frames were left out.
    pub omitted: usize,
}

/// The host's error, then a line for each frame.
impl fmt::Display for HostFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        for (number, frame) in self.frames.iter().enumerate() {
            write!(f, "\n{number:>3}: {frame}")?;
        }
        if self.omitted > 0 { write!(f, "\n     … and {} more", self.omitted) } else { Ok(()) }
    }
}

/// Why imports and definitions do not come together.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum LinkError {
    /// Imports that nothing defines: all of them, in the module's order.
    Unknown(Vec<ImportError>),
    /// An import whose definition has another type.
    Incompatible(Box<ImportError>),
    /// A second definition under names that are taken.
    Duplicate {
        /// Module name.
        module: String,
        /// Field name.
        name: String,
    },
    /// More imports were given than the module has.
    Count {
        /// How many it has.
        expected: usize,
        /// How many were given.
        given: usize,
    },
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(imports) => {
                for (index, import) in imports.iter().enumerate() {
                    write!(f, "{}{import}", if index == 0 { "" } else { "\n" })?;
                }
                Ok(())
            }
            Self::Incompatible(import) => import.fmt(f),
            Self::Duplicate { module, name } => write!(f, "\"{module}\" \"{name}\" is defined already"),
            Self::Count { expected, given } => {
                write!(f, "the module has {expected} imports, {given} were given")
            }
        }
    }
}

impl StdError for LinkError {}

/// A function of another type than the one asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TypeError {
    /// A function's type is not the static one.
    Function {
        /// Name of the export, if it was looked up by name.
        name: Option<String>,
        /// The type asked for.
        wanted: FuncType,
        /// The function's type.
        found: FuncType,
    },
    /// A host function returned a value of another type than its own type says.
    HostResult {
        /// The result type.
        wanted: ValType,
        /// The value's type.
        found: ValType,
    },
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function { name, wanted, found } => {
                f.write_str("type mismatch: the function")?;
                if let Some(name) = name {
                    write!(f, " \"{name}\"")?;
                }
                write!(f, " has type {found}, not {wanted}")
            }
            Self::HostResult { wanted, found } => {
                write!(f, "type mismatch: a host function returned {found} where its type has {wanted}")
            }
        }
    }
}

impl StdError for TypeError {}

macro_rules! from {
    ($($ty:ty: $variant:ident $(, $wrap:path)?;)*) => {$(
        impl From<$ty> for Error {
            fn from(error: $ty) -> Self {
                Self::$variant($($wrap)?(error))
            }
        }
    )*};
}

from! {
    wootz_wasm_types::Error: Module;
    ImageError: Image;
    LinkError: Link;
    Trap: Trap;
    ArgumentsError: Arguments;
    TypeError: Type, Box::new;
    LimitError: Limit;
    AccessError: Access;
}

impl From<MemoryError> for Error {
    fn from(error: MemoryError) -> Self {
        match error {
            MemoryError::Limit(error) => Self::Limit(error),
            error => Self::Memory(error),
        }
    }
}

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Self {
        match error {
            ValueError::Limit(error) => Self::Limit(error),
            error => Self::Value(error),
        }
    }
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Trap(trap) => Self::Trap(trap),
            CallError::Host { error, .. } if error.is::<wootz_runtime::lazy::CompileFailure>() => {
                Self::Compile(error)
            }
            CallError::Host { error, frames, omitted } => Self::Host(HostFailure { error, frames, omitted }),
            CallError::Arguments(error) => Self::Arguments(error),
        }
    }
}

impl From<InstantiateError> for Error {
    fn from(error: InstantiateError) -> Self {
        match error {
            InstantiateError::Import(error) if error.given.is_none() => {
                LinkError::Unknown(vec![*error]).into()
            }
            InstantiateError::Import(error) => LinkError::Incompatible(error).into(),
            InstantiateError::SurplusImports { expected, given } => {
                LinkError::Count { expected, given }.into()
            }
            InstantiateError::Memory(error) => error.into(),
            InstantiateError::ConsumesNoFuel => Self::ConsumesNoFuel,
            InstantiateError::Limit(error) => error.into(),
            InstantiateError::Table { elements } => ValueError::TooLarge { elements }.into(),
            InstantiateError::Call(error) => error.into(),
        }
    }
}

/// A host function's error as the runtime wants it: a trap or failure of a nested call stays what it was.
pub(crate) fn to_runtime_host_error(error: HostError) -> HostError {
    match error.downcast::<Error>().map(|error| *error) {
        Ok(Error::Trap(trap)) => CallError::Trap(trap).into(),
        Ok(Error::Host(HostFailure { error, frames, omitted })) => {
            CallError::Host { error, frames, omitted }.into()
        }
        Ok(error) => error.into(),
        Err(error) => error,
    }
}
