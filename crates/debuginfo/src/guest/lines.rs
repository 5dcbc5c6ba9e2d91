//! The source lines of a module's code.

use std::ops::Range;

use wootz_wasm_ir::WasmOffset;

use crate::Unit;

/// Code of one source line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    pub(crate) offsets: Range<WasmOffset>,
    /// Which unit the file's number is of.
    pub(crate) unit: usize,
    pub(crate) file: u64,
    /// From 1, or 0 for code of no line.
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) is_statement: bool,
}

/// The lines, by offset.
#[derive(Debug, Default)]
pub(crate) struct Lines(Vec<Line>);

impl Lines {
    /// Of no code.
    pub(super) const NONE: &'static Self = &Self(Vec::new());

    /// Reads the table of a unit of some number; a malformed one up to where it is.
    pub(super) fn read(unit: &Unit<'_>, index: usize, code: WasmOffset) -> Self {
        let mut lines = Vec::new();
        let Some(program) = unit.line_program.clone() else { return Self(lines) };
        let mut rows = program.rows();
        let mut open: Option<Line> = None;
        while let Ok(Some((_, row))) = rows.next_row() {
            // Address 0 is that of removed code: the section starts with the number of functions.
            let offset = u32::try_from(row.address()).ok().filter(|address| *address != 0);
            let Some(offset) = offset.and_then(|address| address.checked_add(code)) else {
                open = None;
                continue;
            };
            if let Some(mut line) = open.take() {
                line.offsets.end = offset;
                if line.offsets.start < offset {
                    lines.push(line);
                }
            }
            if row.end_sequence() {
                continue;
            }
            let column = match row.column() {
                gimli::ColumnType::LeftEdge => 0,
                gimli::ColumnType::Column(column) => u32::try_from(column.get()).unwrap_or(0),
            };
            open = Some(Line {
                offsets: offset..offset,
                unit: index,
                file: row.file_index(),
                line: row.line().and_then(|line| u32::try_from(line.get()).ok()).unwrap_or(0),
                column,
                is_statement: row.is_stmt(),
            });
        }
        lines.sort_by_key(|line| line.offsets.start);
        Self(lines)
    }

    /// The lines of several units.
    pub(super) fn join<'l>(units: impl Iterator<Item = &'l Self>) -> Self {
        let mut lines: Vec<Line> = units.flat_map(|unit| &unit.0).cloned().collect();
        lines.sort_by_key(|line| line.offsets.start);
        Self(lines)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }

    /// The line of an offset.
    pub(crate) fn at(&self, offset: WasmOffset) -> Option<&Line> {
        let last = self.0.partition_point(|line| line.offsets.start <= offset).checked_sub(1)?;
        self.0.get(last).filter(|line| line.offsets.contains(&offset))
    }

    /// The pieces of code of the same line that lead to a piece, backwards.
    pub(crate) fn leading(&self, line: &Line) -> impl Iterator<Item = &Line> {
        let before = self.0.partition_point(|other| other.offsets.start < line.offsets.start);
        let (place, mut next) = ((line.unit, line.file, line.line), line.offsets.start);
        self.0[..before].iter().rev().take_while(move |other| {
            let touches = other.offsets.end == next;
            next = other.offsets.start;
            touches && (other.unit, other.file, other.line) == place
        })
    }

    /// Where the next line begins after an offset.
    pub(crate) fn after(&self, offset: WasmOffset) -> Option<WasmOffset> {
        let next = self.0.partition_point(|line| line.offsets.start <= offset);
        self.0.get(next).map(|line| line.offsets.start)
    }
}
