//! From a byte offset in the binary to something people can read: the line of the text it was written as, or else the
//! line of its disassembly.
//!
//! For text the position comes from the line table that the text's own encoder can write as DWARF: the module is
//! encoded a second time, with it, when something went wrong. The added sections come last, so offsets stay.

mod disassembly;
pub mod guest;
mod lines;

use std::cell::OnceCell;

use crate::input::Input;
use lines::LineTable;

/// Lines around a position, one of them marked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excerpt {
    /// Label (line number or offset) and text of each line.
    pub lines: Vec<(String, String)>,
    /// Which line the mark is under.
    pub marked: usize,
    /// Columns before the mark.
    pub column: usize,
    /// Columns of the mark.
    pub length: usize,
}

impl Excerpt {
    /// Columns that the longest label takes.
    pub fn label_width(&self) -> usize {
        self.lines.iter().map(|(label, _)| label.len()).max().unwrap_or(1)
    }
}

/// Offset in the binary and line of each instruction of a module that is written as text; `None` for a binary.
pub(crate) fn text_lines(input: &Input) -> Option<Vec<(wootz_wasm_ir::WasmOffset, u32)>> {
    LineTable::of(input).map(|table| table.lines())
}

/// A module's source.
#[derive(Debug)]
pub struct Source<'a> {
    input: &'a Input,
    lines: OnceCell<Option<LineTable>>,
}

impl<'a> Source<'a> {
    /// The source of a module.
    pub fn new(input: &'a Input) -> Self {
        Self { input, lines: OnceCell::new() }
    }

    /// Line and column of an offset, from 1, if the module is text.
    fn position(&self, offset: u64) -> Option<(usize, usize)> {
        self.lines.get_or_init(|| LineTable::of(self.input)).as_ref()?.lookup(offset)
    }

    /// The position as people write it: `file.wat:3:7`, or `file.wasm, offset 0x4f`.
    pub fn place(&self, offset: u64) -> String {
        match self.position(offset) {
            Some((line, column)) => format!("{}:{line}:{column}", self.input.name),
            None if self.input.is_text() => self.input.name.clone(),
            None => format!("{}, offset {offset:#x}", self.input.name),
        }
    }

    /// `file.wat:3:7` if the module is text and the position is known.
    pub fn text_place(&self, offset: u64) -> Option<String> {
        self.position(offset).map(|(line, column)| format!("{}:{line}:{column}", self.input.name))
    }

    /// `file.wat:3:7` for a byte offset in the text itself.
    pub fn place_in_text(&self, offset: u64) -> String {
        match lines::position(&self.input.bytes, offset) {
            Some((line, column)) => format!("{}:{line}:{column}", self.input.name),
            None => self.input.name.clone(),
        }
    }

    /// The lines around a byte offset in the text itself.
    pub fn excerpt_of_text(&self, offset: u64) -> Option<Excerpt> {
        let (line, column) = lines::position(&self.input.bytes, offset)?;
        lines::excerpt(std::str::from_utf8(&self.input.bytes).ok()?, line, column)
    }

    /// The lines around an offset.
    pub fn excerpt(&self, offset: u64) -> Option<Excerpt> {
        if self.input.is_image() {
            return None;
        }
        if !self.input.is_text() {
            return disassembly::excerpt(&self.input.bytes, offset);
        }
        let (line, column) = self.position(offset)?;
        lines::excerpt(std::str::from_utf8(&self.input.bytes).ok()?, line, column)
    }
}
