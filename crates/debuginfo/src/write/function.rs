//! What locations need of a function of the guest's: what its frame is relative to, and the types of its locals.

use std::collections::BTreeSet;
use std::ops::Range;

use gimli::constants as dw;
use wootz_wasm_ir::{Assignments, FuncIndex, LocalIndex, ValType, WasmOffset};

use super::Input;
use super::compose::Stated;
use super::source::root_offset;
use crate::guest::{Entry, Guest};

/// A function of the guest's.
pub(super) struct Function<'a> {
    pub(super) frame_base: Option<gimli::Expression<crate::Bytes<'a>>>,
    params: Vec<ValType>,
    /// One past the last local of each run after the parameters.
    runs: Vec<(u32, ValType)>,
    assignments: Assignments,
    /// Whether places end where their locals are assigned for something else.
    is_exact: bool,
}

/// What the plugin for clang adds to the producer of a unit whose places end where they do (`tools/clang/places.cpp`).
const EXACT_PRODUCER: &str = "wootz-places";

impl<'a> Function<'a> {
    pub(super) fn new(guest: &Guest<'a>, input: &Input<'_>, func: FuncIndex, entry: Entry) -> Self {
        let frame_base =
            guest.die(entry).and_then(|die| die.attr_value(dw::DW_AT_frame_base)?.exprloc_value());
        let params = input.module.declarations().signature(func).params.to_vec();
        let mut end = params.len() as u32;
        let runs = input.module.local_runs(func).into_iter().map(|(count, ty)| {
            end += count;
            (end, ty)
        });
        let runs = runs.collect();
        let root = Entry { unit: entry.unit, offset: root_offset(guest.unit(entry.unit)) };
        let producer = guest.die(root).and_then(|die| guest.text(entry.unit, &die, dw::DW_AT_producer));
        let is_exact = producer.is_some_and(|producer| producer.ends_with(EXACT_PRODUCER));
        Self { frame_base, params, runs, assignments: input.module.assignments(func), is_exact }
    }

    /// The offsets at which a location is good that is stated for all of the function: from the first values of its locals on. `None` if it has no locals.
    pub(super) fn good_everywhere(&self, stated: &Stated) -> Option<Vec<Range<WasmOffset>>> {
        let locals = stated.locals();
        let first =
            locals.iter().map(|local| self.assignments.first(LocalIndex(*local)).unwrap_or(WasmOffset::MAX));
        first.max().map(|start| self.good(stated, start..WasmOffset::MAX, &BTreeSet::new()))
    }

    /// The offsets at which a location is good that is stated for some: as long as its locals keep their values, or are assigned where the same is
    /// stated again from behind the assignment on, which `starts` has. LLVM may say that a variable is in a local after that is used for another one.
    pub(super) fn good(
        &self,
        stated: &Stated,
        offsets: Range<WasmOffset>,
        starts: &BTreeSet<WasmOffset>,
    ) -> Vec<Range<WasmOffset>> {
        if self.is_exact {
            return vec![offsets];
        }
        let locals = stated.locals();
        let again = |end: WasmOffset| starts.contains(&end);
        let kept =
            locals.iter().map(|local| self.assignments.kept(LocalIndex(*local), offsets.clone(), again));
        kept.fold(vec![offsets.clone()], |good, kept| intersect(&good, &kept))
    }

    /// Bytes of a local that is an integer; 0 for any other.
    pub(super) fn size(&self, local: u32) -> u8 {
        let run = || self.runs.iter().find(|(end, _)| local < *end).map(|(_, ty)| *ty);
        match self.params.get(local as usize).copied().or_else(run) {
            Some(ValType::I32) => 4,
            Some(ValType::I64) => 8,
            _ => 0,
        }
    }
}

/// What is in both of two lists of ranges.
fn intersect(some: &[Range<WasmOffset>], others: &[Range<WasmOffset>]) -> Vec<Range<WasmOffset>> {
    let both = |one: &Range<WasmOffset>, other: &Range<WasmOffset>| {
        one.start.max(other.start)..one.end.min(other.end)
    };
    let all = some.iter().flat_map(|one| others.iter().map(move |other| both(one, other)));
    all.filter(|range| range.start < range.end).collect()
}
