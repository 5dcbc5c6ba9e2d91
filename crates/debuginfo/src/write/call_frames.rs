//! `.debug_frame`: the unwind information of optimised code, right also behind calls. Debuggers prefer it to `.eh_frame`, which stays as it is.

use std::collections::BTreeMap;
use std::ops::Range;

use gimli::write::{CallFrameInstruction, CommonInformationEntry, FrameDescriptionEntry, FrameTable};
use gimli::{
    BaseAddresses, CfaRule, CieOrFde, EhFrame, Encoding, Format, Register, RegisterRule, UnwindContext,
    UnwindSection as _,
};

use super::sections::image;
use crate::Error;
use crate::frames::{Rule, STACK_POINTER};

/// Code after a call, of which only the last instruction moves the stack pointer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AfterCall {
    /// Its addresses: from the return address to the end of that instruction.
    pub code: Range<u64>,
    /// Bytes that are added.
    pub moved: i64,
    /// Up to where the code runs on from there: nothing jumps away, and nothing into it from elsewhere. The start if something jumps into `code`.
    pub straight: u64,
    /// What is stored on the stack up to there.
    pub stores: Vec<StackStore>,
}

/// An instruction that may store on the stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StackStore {
    /// Where it ends.
    pub end: u64,
    /// Where it stores, from the stack pointer on, and at most how many bytes; `None` if that is not known.
    pub place: Option<(i64, u8)>,
}

/// Version 4 is the newest that `.debug_frame` has.
const ENCODING: Encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
/// Where the return address is described.
const RETURN_ADDRESS: Register = Register(16);
/// What distances are multiples of.
const DATA_ALIGNMENT: i8 = -8;

/// What is known at some addresses: how the frame is found, and where in it registers are saved.
#[derive(Clone, PartialEq, Debug)]
struct Row {
    addresses: Range<u64>,
    rule: Rule,
    saved: BTreeMap<u16, i64>,
}

/// Makes the section of a relocated `.eh_frame` at an address. A function with rules of other kinds is left out: it keeps what it has.
pub(super) fn table(eh_frame: &[u8], address: u64, after_calls: &[AfterCall]) -> Result<FrameTable, Error> {
    let section = EhFrame::new(eh_frame, gimli::LittleEndian);
    let bases = BaseAddresses::default().set_eh_frame(address);
    let format = |reason| Error::Format { section: ".eh_frame", offset: 0, reason };
    let mut table = FrameTable::default();
    let cie = table.add_cie(CommonInformationEntry::new(ENCODING, 1, DATA_ALIGNMENT, RETURN_ADDRESS));
    let mut context = UnwindContext::new();
    let mut entries = section.entries(&bases);
    while let Some(entry) = entries.next().map_err(format)? {
        let CieOrFde::Fde(partial) = entry else { continue };
        let fde = partial.parse(EhFrame::cie_from_offset).map_err(format)?;
        let mut rows = fde.rows(&section, &bases, &mut context).map_err(format)?;
        let mut found = Some(Vec::new());
        while let Some(row) = rows.next_row().map_err(format)? {
            found = found.zip(read(row)).map(|(mut found, row)| {
                found.push(row);
                found
            });
        }
        let Some(rows) = found else { continue };
        let range = fde.initial_address()..fde.initial_address().saturating_add(fde.len());
        let rows = correct(rows, after_calls, &range);
        let Ok(len) = u32::try_from(fde.len()) else { continue };
        let mut out = FrameDescriptionEntry::new(image(range.start), len);
        describe(&rows, range.start, &mut out);
        table.add_fde(cie, out);
    }
    Ok(table)
}

fn read(row: &gimli::UnwindTableRow<usize>) -> Option<Row> {
    let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() else { return None };
    let saved = row.registers().map(|(register, rule)| match rule {
        RegisterRule::Offset(offset) if offset % i64::from(DATA_ALIGNMENT) == 0 => {
            Some((register.0, *offset))
        }
        _ => None,
    });
    Some(Row {
        addresses: row.start_address()..row.end_address(),
        rule: (register, offset),
        saved: saved.collect::<Option<_>>()?,
    })
}

/// Says of the code after each call what it leads to: behind it the rows are right.
fn correct(rows: Vec<Row>, after_calls: &[AfterCall], range: &Range<u64>) -> Vec<Row> {
    let first = after_calls.partition_point(|after| after.code.start < range.start);
    let inside = after_calls[first..].iter().take_while(|after| after.code.end < range.end);
    let mut rows = rows;
    for AfterCall { code, moved, .. } in inside {
        let at = |rows: &[Row], address: u64| rows.iter().position(|row| row.addresses.contains(&address));
        let (Some(now), Some(then)) = (at(&rows, code.start), at(&rows, code.end)) else { continue };
        // LLVM has said late what the callee took, or says nothing until the stack pointer moves.
        let (late, leads_to) = match rows[now].addresses.end {
            end if end < code.end => (code.start..end, rows[now + 1].rule),
            _ => (code.clone(), (rows[then].rule.0, rows[then].rule.1 + moved)),
        };
        let rule = rows[now].rule;
        if leads_to.0 != STACK_POINTER || rule.0 != STACK_POINTER || rule == leads_to {
            continue;
        }
        let row = rows.remove(now);
        let part = |addresses: Range<u64>, rule| Row { addresses, rule, saved: row.saved.clone() };
        let parts = [
            part(row.addresses.start..late.start, row.rule),
            part(late.clone(), leads_to),
            part(late.end..row.addresses.end, row.rule),
        ];
        rows.splice(now..now, parts.into_iter().filter(|part| !part.addresses.is_empty()));
    }
    rows
}

fn describe(rows: &[Row], start: u64, out: &mut FrameDescriptionEntry) {
    let mut last: Option<&Row> = None;
    for row in rows {
        let offset = (row.addresses.start - start) as u32;
        let (register, distance) = row.rule;
        if last.is_none_or(|last| last.rule != row.rule) {
            out.add_instruction(offset, CallFrameInstruction::Cfa(register, distance as i32));
        }
        let nothing = BTreeMap::new();
        let before = last.map_or(&nothing, |last| &last.saved);
        for (register, at) in &row.saved {
            if before.get(register) != Some(at) {
                out.add_instruction(offset, CallFrameInstruction::Offset(Register(*register), *at as i32));
            }
        }
        for register in before.keys().filter(|register| !row.saved.contains_key(register)) {
            out.add_instruction(offset, CallFrameInstruction::Restore(Register(*register)));
        }
        last = Some(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(addresses: Range<u64>, distance: i64) -> Row {
        Row { addresses, rule: (STACK_POINTER, distance), saved: BTreeMap::from([(16, -8)]) }
    }

    fn after(code: Range<u64>, moved: i64) -> AfterCall {
        let straight = code.end;
        AfterCall { code, moved, straight, stores: Vec::new() }
    }

    #[test]
    fn the_instruction_after_a_call_gets_a_row_of_its_own() {
        let rows = vec![row(0..4, 8), row(4..40, 32), row(40..48, 8)];
        // The callee takes 8 bytes; at 36 the caller takes the rest of its frame with them.
        let calls = [after(10..14, -8), after(36..40, 16)];
        let expected = [(0, 8), (4, 32), (10, 24), (14, 32), (36, 24), (40, 8)];
        let found: Vec<_> = correct(rows.clone(), &calls, &(0..48))
            .iter()
            .map(|row| (row.addresses.start, row.rule.1))
            .collect();
        assert_eq!(found, expected);
        // Nothing was taken: the frame goes, and the rows say so.
        assert_eq!(correct(rows.clone(), &[after(36..40, 24)], &(0..48)), rows);
    }

    #[test]
    fn what_a_callee_took_is_said_from_the_call_on() {
        // The call ends at 10; LLVM says at 13 that 24 bytes are gone, and at 17 that 8 more are.
        let rows = vec![row(0..13, 112), row(13..17, 88), row(17..40, 80)];
        let corrected = correct(rows, &[after(10..17, 8)], &(0..40));
        let found: Vec<_> = corrected.iter().map(|row| (row.addresses.start, row.rule.1)).collect();
        assert_eq!(found, [(0, 112), (10, 88), (13, 88), (17, 80)]);
    }
}
