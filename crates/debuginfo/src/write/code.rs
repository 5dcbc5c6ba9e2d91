//! The native code of each function of the guest's and of each inlined copy, with where in the function it came from.

use std::collections::VecDeque;
use std::ops::Range;

use wootz_wasm_ir::WasmOffset;

use super::push_range;
use crate::guest::Guest;
use crate::native::Native;

/// The native code of each scope.
pub(super) struct Code {
    /// Rows of a scope and of what was inlined into it, with the offset in the scope's own function; 0 where it is not known.
    pub(super) rows: Vec<Vec<(Range<u64>, WasmOffset)>>,
    pub(super) children: Vec<Vec<usize>>,
    /// Of each scope, the rows of its own that are the second copy of a loop.
    pub(super) copies: Vec<Vec<(Range<u64>, WasmOffset)>>,
}

impl Code {
    pub(super) fn new(native: &Native) -> Self {
        let (mut rows, mut copies) =
            (vec![Vec::new(); native.scopes.len()], vec![Vec::new(); native.scopes.len()]);
        for row in &native.rows {
            if row.is_copy {
                copies[row.scope].push((row.addresses.clone(), row.offset));
            }
            let mut offset = row.offset;
            for scope in native.around(row.scope) {
                rows[scope].push((row.addresses.clone(), offset));
                offset = native.scopes[scope].call_line;
            }
        }
        Self { rows, children: native.children(), copies }
    }

    /// The unit of the outermost function with sources that was inlined into a scope.
    pub(super) fn unit_inside(&self, native: &Native, guest: &Guest<'_>, scope: usize) -> Option<usize> {
        let mut open: VecDeque<usize> = self.children[scope].iter().copied().collect();
        while let Some(inner) = open.pop_front() {
            let entry = native.scopes[inner].func.and_then(|func| guest.functions.get(&func));
            if let Some(entry) = entry {
                return Some(entry.unit);
            }
            open.extend(&self.children[inner]);
        }
        None
    }

    pub(super) fn ranges(&self, scope: usize) -> Vec<Range<u64>> {
        let mut ranges = Vec::new();
        self.rows[scope].iter().for_each(|(range, _)| push_range(&mut ranges, range.clone()));
        ranges
    }

    /// The code of a scope that came from some offsets.
    pub(super) fn within(&self, scope: usize, offsets: &[Range<WasmOffset>]) -> Vec<Range<u64>> {
        let mut ranges = Vec::new();
        for (range, offset) in bridged(&self.rows[scope]) {
            if offsets.iter().any(|offsets| offsets.contains(&offset)) {
                push_bridged(&mut ranges, range);
            }
        }
        ranges
    }
}

/// The rows whose offset is known, each with the address where the code begins that directly before it is of no known offset.
pub(super) fn bridged(
    rows: &[(Range<u64>, WasmOffset)],
) -> impl Iterator<Item = ((u64, Range<u64>), WasmOffset)> + '_ {
    let mut unknown: Option<Range<u64>> = None;
    rows.iter().filter_map(move |(range, offset)| {
        let before = unknown.take().filter(|before| before.end == range.start);
        let start = before.map_or(range.start, |before| before.start);
        if *offset == 0 {
            unknown = Some(start..range.end);
            return None;
        }
        Some(((start, range.clone()), *offset))
    })
}

/// Adds a row to some ranges in ascending order, joined to the last if nothing but code of no known offset is between them: LLVM made that for both.
pub(super) fn push_bridged(ranges: &mut Vec<Range<u64>>, (start, range): (u64, Range<u64>)) {
    match ranges.last_mut() {
        Some(last) if last.end == start => last.end = range.end,
        _ => ranges.push(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_no_known_offset_goes_with_what_is_on_both_sides() {
        let rows = [
            (0..4, 10),
            (4..6, 0),
            (6..8, 0),
            (8..12, 11),
            (12..14, 0),
            (14..20, 30),
            (22..24, 0),
            (24..30, 31),
        ];
        let mut ranges = Vec::new();
        for (range, offset) in bridged(&rows) {
            if offset != 30 {
                push_bridged(&mut ranges, range);
            }
        }
        assert_eq!(ranges, [0..12, 24..30]);
        let mut all = Vec::new();
        bridged(&rows).for_each(|(range, _)| push_bridged(&mut all, range));
        assert_eq!(all, [0..20, 24..30]);
    }
}
