//! Why a module could not be compiled.

use std::fmt;

use inkwell::builder::BuilderError;
use inkwell::values::InstructionValueError;
use wootz_vm_abi::branches::BranchProfileError;
use wootz_vm_abi::machine::Machine;
use wootz_wasm_ir::{Error as ModuleError, FuncIndex};

use crate::link::LinkError;

/// Why a module could not be compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CompileError {
    /// A function body has no translation: the module's fault, with its position.
    Translate(ModuleError),
    /// No CPU of that name is supported.
    UnknownCpu {
        /// The name asked for.
        name: String,
        /// The machine it should be of.
        machine: Machine,
        /// Known names that are like it, best first.
        close: Vec<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// No feature of that name can be asked for.
    UnknownFeature {
        /// What was asked for, with its sign.
        change: String,
        /// The machine it should be of.
        machine: Machine,
        /// Known names that are like it, best first.
        close: Vec<String>,
    },
    /// The native CPU of a machine that is not this one.
    NotNative(Machine),
    /// No code can be made for this machine.
    UnsupportedTarget(String),
    /// The profile of branches cannot be used for the module.
    Profile(BranchProfileError),
    /// The module has no such function with a body.
    NoSuchFunction(FuncIndex),
    /// The IR of a function breaks an invariant: a bug in this workspace.
    InvalidIr {
        /// The function.
        func: FuncIndex,
        /// The broken invariant.
        message: String,
    },
    /// The LLVM IR breaks an invariant: a bug in this crate.
    InvalidLlvm(String),
    /// LLVM refused an operation or reported an error.
    Llvm(String),
    /// The module uses something that has no form in C.
    NoCForm(String),
    /// The object could not be linked.
    Link(LinkError),
    /// There is no room for the code, or the system refuses it.
    NoRoom(String),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Translate(error) => error.fmt(f),
            Self::UnknownCpu { name, machine, close, known } => {
                write!(f, "unknown CPU {name:?} of {machine}")?;
                let list =
                    if close.is_empty() { ("known", known.as_slice()) } else { ("close", close.as_slice()) };
                write_names(f, list)
            }
            Self::UnknownFeature { change, close, .. } if close.contains(change) => {
                write!(
                    f,
                    "a feature is switched on by \"+{change}\" and off by \"-{change}\", not by {change:?}"
                )
            }
            Self::UnknownFeature { change, machine, close } => {
                write!(f, "unknown feature {change:?} of {machine}")?;
                write_names(f, ("close", close))
            }
            Self::NotNative(machine) => {
                write!(
                    f,
                    "this machine is no {machine}, so its CPU cannot be the one to compile for: name another"
                )
            }
            Self::UnsupportedTarget(reason) => write!(f, "no code can be made for this machine: {reason}"),
            Self::Profile(error) => error.fmt(f),
            Self::NoSuchFunction(func) => write!(f, "{func} is not a function defined in the module"),
            Self::InvalidIr { func, message } => write!(f, "internal error: invalid IR of {func}: {message}"),
            Self::InvalidLlvm(message) => write!(f, "internal error: invalid LLVM IR: {message}"),
            Self::NoCForm(what) => write!(f, "{what} has no form in C"),
            Self::Link(error) => write!(f, "linking: {error}"),
            Self::Llvm(message) => write!(f, "LLVM: {message}"),
            Self::NoRoom(reason) => write!(f, "no room for the code: {reason}"),
        }
    }
}

/// A list of names, if there are any, behind a semicolon.
fn write_names(f: &mut fmt::Formatter<'_>, (which, names): (&str, &[String])) -> fmt::Result {
    for (index, name) in names.iter().enumerate() {
        let before = if index == 0 { format!("; {which} are ") } else { ", ".into() };
        write!(f, "{before}{name:?}")?;
    }
    Ok(())
}

impl std::error::Error for CompileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Translate(error) => Some(error),
            Self::Link(error) => Some(error),
            Self::Profile(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ModuleError> for CompileError {
    fn from(error: ModuleError) -> Self {
        Self::Translate(error)
    }
}

impl From<LinkError> for CompileError {
    fn from(error: LinkError) -> Self {
        Self::Link(error)
    }
}

impl From<BuilderError> for CompileError {
    fn from(error: BuilderError) -> Self {
        Self::InvalidLlvm(error.to_string())
    }
}

impl From<InstructionValueError> for CompileError {
    fn from(error: InstructionValueError) -> Self {
        Self::InvalidLlvm(error.to_string())
    }
}
