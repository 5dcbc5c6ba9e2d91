//! The text of a module as the source that a debugger shows.

use std::path::PathBuf;

use crate::WasmOffset;

/// A text, and the line that each instruction of the module has in it. The default is none: a module that brings sources of its own needs no text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceText {
    /// Where the text is, for the debugger to read.
    pub path: PathBuf,
    /// Offset in the module and line, from 1, of instructions, by offset.
    pub lines: Vec<(WasmOffset, u32)>,
}

/// The debugger that debug information is for. Either reads all of it; they differ in how they follow pointers in the guest's memory.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Debugger {
    /// gdb.
    #[default]
    Gdb,
    /// lldb.
    Lldb,
}
