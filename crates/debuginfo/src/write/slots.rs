//! Values on the stack behind calls.
//!
//! LLVM describes what is on the stack by the stack pointer, and takes the instruction that moves it back behind a call for the end of that, up to the end of the
//! block. The value is still there, as long as the code runs on and nothing is stored over it. What LLVM cannot be asked is whether it has also lost
//! the value there, for the next copy of a loop that it unrolled; so the code must go on in the module as well, and not come past the offset where the value is assigned.

use std::ops::Range;

use wootz_wasm_ir::WasmOffset;

use super::{AfterCall, StackStore};
use crate::frames::{Frames, STACK_POINTER};
use crate::native::Locations;

/// At most so many bytes has a local.
const LOCAL_BYTES: i64 = 16;

/// What is known of the stack.
pub(super) struct Slots<'a> {
    pub(super) frames: &'a Frames,
    /// By address.
    pub(super) after_calls: &'a [AfterCall],
}

impl Slots<'_> {
    /// Adds to the places of a value what follows calls. `rows` are code of the function that the value is in, with offsets in that; `since` is
    /// where the value is assigned, if it may be more than once.
    pub(super) fn run_on(
        &self,
        locations: &mut Locations,
        since: Option<WasmOffset>,
        rows: &[(Range<u64>, WasmOffset)],
    ) {
        locations.sort_by_key(|(range, _)| range.start);
        for index in 0..locations.len() {
            let next = locations.get(index + 1).map_or(u64::MAX, |(next, _)| next.start);
            let (range, place) = &mut locations[index];
            if let Some(slot) = place.slot() {
                let first = self.after_calls.partition_point(|after| after.code.end < range.end);
                range.end = self
                    .end(&self.after_calls[first..], slot, range.end, since, rows)
                    .min(next)
                    .max(range.end);
            }
        }
    }

    /// Where a value that is in a slot up to some address is no more, if the next of the instructions after calls ends there.
    fn end(
        &self,
        after_calls: &[AfterCall],
        slot: i64,
        start: u64,
        since: Option<WasmOffset>,
        rows: &[(Range<u64>, WasmOffset)],
    ) -> u64 {
        let mut end = start;
        let mut last = None;
        for after in after_calls {
            let is_next = if last.is_none() { after.code.end } else { after.code.start } == end;
            if !is_next || after.straight < after.code.end {
                break;
            }
            let call = offset_at(rows, after.code.start - 1);
            if since.is_some() && (call.is_none() || last.is_some_and(|last| call <= last)) {
                break;
            }
            // Where the stack pointer is not back yet, what is stored could be anywhere.
            let mut stores = after.stores.iter().filter(|store| store.end > end);
            let stored = stores.find(|store| store.end <= after.code.end || self.hits(store, slot));
            let until = stored.map_or(after.straight, |store| store.end.min(after.straight));
            end = match (since, call) {
                (Some(since), Some(call)) => goes_on(rows, end..until, call, since),
                _ => until,
            };
            if end < after.straight {
                break;
            }
            last = Some(call);
        }
        end
    }

    /// Whether something may be stored over a value in a slot.
    fn hits(&self, store: &StackStore, slot: i64) -> bool {
        let rule = self.frames.rule(store.end - 1).filter(|(register, _)| *register == STACK_POINTER);
        rule.zip(store.place).is_none_or(|((_, distance), (offset, bytes))| {
            let to = offset - distance;
            to < slot + LOCAL_BYTES && slot < to + i64::from(bytes)
        })
    }
}

/// The offset of the code at an address.
fn offset_at(rows: &[(Range<u64>, WasmOffset)], address: u64) -> Option<WasmOffset> {
    let row = rows.partition_point(|(range, _)| range.end <= address);
    rows.get(row)
        .filter(|(range, offset)| range.contains(&address) && *offset != 0)
        .map(|(_, offset)| *offset)
}

/// Up to where some code goes on from an offset without coming past another one.
fn goes_on(rows: &[(Range<u64>, WasmOffset)], code: Range<u64>, from: WasmOffset, since: WasmOffset) -> u64 {
    let first = rows.partition_point(|(range, _)| range.end <= code.start);
    let mut end = code.start;
    for (range, offset) in &rows[first..] {
        let comes_past = *offset != 0 && (*offset < from || (from < since && since <= *offset));
        if range.start > end || end >= code.end || comes_past {
            break;
        }
        end = range.end;
    }
    end.min(code.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{Place, Step};
    use gimli::constants as dw;

    /// A function at 0, with a frame of 32 bytes, and a place at 16 from the stack pointer on, up to 14.
    fn extended(
        after_calls: &[AfterCall],
        since: Option<WasmOffset>,
        offsets: &[(Range<u64>, WasmOffset)],
    ) -> u64 {
        let frames = Frames::from(vec![(0..100, (STACK_POINTER, 32))]);
        let steps =
            vec![Step::Plain(dw::DW_OP_call_frame_cfa), Step::Signed(-16), Step::Plain(dw::DW_OP_plus)];
        let mut locations = vec![(0..14, Place::Memory(steps))];
        Slots { frames: &frames, after_calls }.run_on(&mut locations, since, offsets);
        locations[0].0.end
    }

    fn after(start: u64, straight: u64, stores: &[i64]) -> AfterCall {
        let stores = stores.iter().map(|offset| StackStore { end: straight - 10, place: Some((*offset, 8)) });
        AfterCall { code: start..start + 4, moved: -8, straight, stores: stores.collect() }
    }

    #[test]
    fn a_value_stays_until_something_is_stored_over_it() {
        assert_eq!(extended(&[after(10, 40, &[])], None, &[]), 40);
        assert_eq!(extended(&[after(10, 40, &[32, -8])], None, &[]), 40);
        assert_eq!(extended(&[after(10, 40, &[24])], None, &[]), 30);
        assert_eq!(extended(&[after(10, 40, &[]), after(40, 60, &[])], None, &[]), 60);
        assert_eq!(extended(&[after(20, 40, &[])], None, &[]), 14);
    }

    #[test]
    fn a_value_that_may_be_assigned_again_stays_while_the_code_goes_on() {
        let rows = |behind| [(0..16, 100), (16..20, 0), (20..100, behind)];
        let calls = [after(10, 40, &[]), after(40, 60, &[])];
        assert_eq!(extended(&calls[..1], Some(90), &rows(110)), 40);
        assert_eq!(extended(&calls[..1], Some(90), &rows(95)), 20);
        assert_eq!(extended(&calls[..1], Some(105), &rows(110)), 20);
        assert_eq!(extended(&calls[..1], Some(105), &rows(104)), 40);
        assert_eq!(extended(&calls, Some(90), &rows(110)), 60);
        // The same call once more.
        let rows = [(0..50, 100), (50..100, 110)];
        assert_eq!(extended(&calls, Some(90), &rows), 40);
    }
}
