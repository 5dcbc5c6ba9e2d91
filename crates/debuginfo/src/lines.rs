//! Reads `.debug_line`: which range of addresses has which line.

use std::ops::Range;

use wootz_wasm_ir::WasmOffset;

use crate::{Error, Unit};

/// A range of addresses with one line.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct LineRange {
    pub(crate) addresses: Range<u64>,
    pub(crate) line: WasmOffset,
    /// Whether it is a copy of other code: the column says so.
    pub(crate) is_copy: bool,
}

/// Appends the ranges of a unit's line program.
pub(crate) fn read_unit(unit: &Unit<'_>, ranges: &mut Vec<LineRange>) -> Result<(), Error> {
    let Some(program) = unit.line_program.clone() else { return Ok(()) };
    let start = program.header().offset().0 as u64;
    let mut rows = program.rows();
    let mut open: Option<LineRange> = None;
    while let Some((_, row)) =
        rows.next_row().map_err(|reason| Error::Format { section: ".debug_line", offset: start, reason })?
    {
        let address = row.address();
        if let Some(mut range) = open.take()
            && range.addresses.start < address
        {
            range.addresses.end = address;
            ranges.push(range);
        }
        if !row.end_sequence() {
            let line = row.line().map_or(0, u64::from);
            let line = WasmOffset::try_from(line).map_err(|_| Error::Line { address, line })?;
            let is_copy = row.column() != gimli::ColumnType::LeftEdge;
            open = Some(LineRange { addresses: address..address, line, is_copy });
        }
    }
    Ok(())
}

/// Sorts ranges by address and cuts off what overlaps the next: sequences come in any order, and only a corrupt
/// table has an address twice.
pub(crate) fn normalise(ranges: &mut Vec<LineRange>) {
    ranges.sort_by_key(|range| range.addresses.start);
    for i in 1..ranges.len() {
        let next = ranges[i].addresses.start;
        let previous = &mut ranges[i - 1].addresses;
        previous.end = previous.end.min(next);
    }
    ranges.retain(|range| range.addresses.start < range.addresses.end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_and_unsorted_ranges_become_a_partition() {
        let range = |addresses, line| LineRange { addresses, line, is_copy: false };
        let mut ranges = vec![range(16..32, 3), range(0..20, 1), range(16..18, 2)];
        normalise(&mut ranges);
        assert_eq!(ranges, [range(0..16, 1), range(16..18, 2)]);
    }
}
