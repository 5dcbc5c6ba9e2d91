//! The line table of a unit: which native code is of which source line, and where a debugger stops.

use std::collections::HashSet;

use gimli::write::Dwarf;
use wootz_wasm_ir::WasmOffset;

use super::super::{push_range, sequence, set_unit_ranges};
use super::SourceUnit;
use crate::guest::Line;

impl<'a> SourceUnit<'a, '_> {
    /// The source line of native code: that of the innermost function that has sources.
    fn line(&self, row: &crate::native::Row) -> Option<&'a Line> {
        let mut offset = row.offset;
        for scope in self.native.around(row.scope) {
            let func = self.native.scopes[scope].func;
            if func.is_some_and(|func| self.guest.functions.contains_key(&func)) {
                return self.guest.lines().at(offset).filter(|line| line.line != 0);
            }
            offset = self.native.scopes[scope].call_line;
        }
        None
    }

    /// The lines of some functions. Code of no known line belongs to none.
    pub(super) fn lines(&mut self, scopes: &[usize], dwarf: &mut Dwarf) {
        let mut covered = Vec::new();
        let native = self.native;
        let starts = self.starts();
        for scope in scopes {
            let ranges = self.code.ranges(*scope);
            for range in &ranges {
                push_range(&mut covered, range.clone());
                let first = native.rows.partition_point(|row| row.addresses.start < range.start);
                let rows = native.rows[first..].iter().take_while(|row| row.addresses.end <= range.end);
                self.unit.line_program.begin_sequence(sequence(range.start));
                let mut last: Option<(usize, Option<Said>)> = None;
                for row in rows {
                    let line = self.line(row);
                    // The beginning of a function is one line, whatever LLVM made itself in it: debuggers stop at the second.
                    if line.is_none() && row.scope == *scope && self.is_beginning(*scope, last) {
                        continue;
                    }
                    let now = (row.scope, line.map(said));
                    if last == Some(now) {
                        continue;
                    }
                    last = Some(now);
                    let file = line.and_then(|line| self.file(line.unit, line.file, Some(dwarf)));
                    let is_statement = line.is_some_and(|line| self.is_statement(line, row.scope, &starts));
                    let out = self.unit.line_program.row();
                    out.address_offset = row.addresses.start - range.start;
                    if let Some(file) = file {
                        out.file = file;
                    }
                    out.line = line.filter(|_| file.is_some()).map_or(0, |line| u64::from(line.line));
                    out.column = line.map_or(0, |line| u64::from(line.column));
                    out.is_statement = is_statement;
                    self.unit.line_program.generate_row();
                }
                self.unit.line_program.end_sequence(range.end - range.start);
            }
        }
        covered.sort_by_key(|range| range.start);
        set_unit_ranges(&mut self.unit, &covered);
    }

    /// Where the pieces of lines begin that have native code, each with the scope of the code.
    fn starts(&self) -> HashSet<(usize, WasmOffset)> {
        let rows = self.native.rows.iter();
        rows.filter_map(|row| Some((row.scope, self.line(row)?.offsets.start))).collect()
    }

    /// Whether a debugger is to stop where a piece of a line begins: also if only what leads to it says so, and that became no code.
    fn is_statement(&self, line: &Line, scope: usize, starts: &HashSet<(usize, WasmOffset)>) -> bool {
        let mut leading = self
            .guest
            .lines()
            .leading(line)
            .take_while(|line| !starts.contains(&(scope, line.offsets.start)));
        line.is_statement || leading.any(|line| line.is_statement)
    }

    /// Whether what has been said of a function so far is its first line.
    fn is_beginning(&self, scope: usize, last: Option<(usize, Option<Said>)>) -> bool {
        let first = self.code.rows[scope].first().and_then(|(_, offset)| self.guest.lines().at(*offset));
        last.is_some() && last == Some((scope, first.map(said)))
    }
}

/// What a row of a line table says: unit and number of the file, line and column.
type Said = (usize, u64, u32, u32);

fn said(line: &Line) -> Said {
    (line.unit, line.file, line.line, line.column)
}
