//! Which source line each piece of a module's code is from, for whoever shows sources.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use wootz_wasm_ir::{Module, WasmOffset};

use super::Guest;

/// The source lines of a module that brings DWARF.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceLines {
    /// The files, as the guest's compiler knew them.
    pub files: Vec<PathBuf>,
    /// Pieces of code, by offset.
    pub lines: Vec<SourceLine>,
}

/// A piece of code of one source line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLine {
    /// Where it is in the module.
    pub offsets: Range<WasmOffset>,
    /// Which of the files it is from.
    pub file: usize,
    /// Line, from 1.
    pub line: u32,
}

impl SourceLines {
    /// Reads them; `None` if the module has no DWARF. What is malformed in it is left out.
    pub fn of(module: &Module) -> Option<Self> {
        let guest = Guest::read(module)?;
        let (mut known, mut found) = (BTreeMap::new(), Self::default());
        for line in guest.lines().iter().filter(|line| line.line != 0) {
            let file = *known.entry((line.unit, line.file)).or_insert_with(|| {
                let (folder, name) = guest.file(line.unit, line.file)?;
                found.files.push(folder.join(name));
                Some(found.files.len() - 1)
            });
            if let Some(file) = file {
                found.lines.push(SourceLine { offsets: line.offsets.clone(), file, line: line.line });
            }
        }
        Some(found)
    }
}
