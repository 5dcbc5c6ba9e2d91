//! Traps as the host sees them: the code, and where in the module each active function was.

use std::fmt;

use wootz_vm_abi::sources::SourceLine;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_types::{FuncIndex, WasmOffset};

/// A trap: WebAssembly code stopped, everything it did before is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trap {
    /// Why.
    pub code: TrapCode,
    /// The functions that were active, innermost first; at most [`MAX_FRAMES`] of them for each entry from the host.
    pub frames: Vec<TrapFrame>,
    /// How many outer frames were left out.
    pub omitted: usize,
}

/// Frames that a trap names for each entry from the host; the others are counted.
pub const MAX_FRAMES: usize = 100;

/// An active WebAssembly function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrapFrame {
    /// The module's own name, if it has one.
    pub module: Option<String>,
    /// The function.
    pub func: FuncIndex,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Byte offset in the module of the instruction it was at; 0 where that is not known.
    pub offset: WasmOffset,
    /// The line of the instruction in the module's sources, and those of the calls around it that the module's compiler inlined, innermost first;
    /// empty unless the module has DWARF.
    pub sources: Vec<SourceLine>,
}

impl fmt::Display for TrapFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(module) = &self.module {
            write!(f, "{module}!")?;
        }
        match &self.name {
            Some(name) => write!(f, "{name} (wasm[{}])", self.func.0)?,
            None => write!(f, "wasm[{}]", self.func.0)?,
        }
        if self.offset != 0 {
            write!(f, " at offset {:#x}", self.offset)?;
        }
        for SourceLine { function, file, line } in &self.sources {
            write!(f, "\n       ")?;
            if !function.is_empty() {
                write!(f, "{function} ")?;
            }
            write!(f, "at {file}:{line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)?;
        write_frames(f, &self.frames, self.omitted)
    }
}

impl std::error::Error for Trap {}

/// Writes a numbered backtrace, each line after a line break.
pub(crate) fn write_frames(f: &mut fmt::Formatter<'_>, frames: &[TrapFrame], omitted: usize) -> fmt::Result {
    for (number, frame) in frames.iter().enumerate() {
        write!(f, "\n{number:>3}: {frame}")?;
    }
    if omitted > 0 {
        write!(f, "\n     … and {omitted} more")?;
    }
    Ok(())
}
