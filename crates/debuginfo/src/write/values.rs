//! Where locals are in optimised code, made of where each of their values is: an instruction goes with the value that the local has at the
//! instruction's offset in the module, whatever the order of the native code.

use std::collections::HashMap;
use std::ops::Range;

use wootz_wasm_ir::{Assignments, FuncIndex, LocalIndex, Module, WasmOffset};

use super::code::{Code, bridged, push_bridged};
use super::slots::Slots;
use crate::native::{Locations, Native};

/// From which offset on which value is the current one, as [`Assignments::values`] has it.
type Current = Vec<(WasmOffset, Option<WasmOffset>)>;

/// Joins the values of each local, and adds to them and to the contexts what stays on the stack.
pub(super) fn join(native: &mut Native, code: &Code, module: &Module, slots: &Slots<'_>) {
    let mut assignments: HashMap<FuncIndex, Assignments> = HashMap::new();
    // A function is in as many scopes as it was inlined into.
    let mut known: HashMap<(FuncIndex, LocalIndex), Current> = HashMap::new();
    for (index, (scope, variables)) in native.scopes.iter().zip(&mut native.variables).enumerate() {
        let rows = &code.rows[index];
        slots.run_on(&mut variables.context, None, rows);
        let Some(func) = scope.func else { continue };
        for (local, values) in std::mem::take(&mut variables.values) {
            let current = known.entry((func, local)).or_insert_with(|| {
                assignments.entry(func).or_insert_with(|| module.assignments(func)).values(local)
            });
            let code = code_by_value(rows, current);
            let mut joined: Locations = Vec::new();
            for (since, mut locations) in values {
                slots.run_on(&mut locations, Some(since), rows);
                joined.extend(code.get(&since).into_iter().flat_map(|ranges| within(&locations, ranges)));
            }
            joined.sort_by_key(|(range, _)| range.start);
            variables.locals.insert(local, joined);
        }
    }
}

/// The code at which each value is the current one.
fn code_by_value(
    rows: &[(Range<u64>, WasmOffset)],
    current: &Current,
) -> HashMap<WasmOffset, Vec<Range<u64>>> {
    let mut code: HashMap<_, Vec<_>> = HashMap::new();
    for (range, offset) in bridged(rows) {
        let last = current.partition_point(|(from, _)| *from <= offset).checked_sub(1);
        if let Some(since) = last.and_then(|last| current[last].1) {
            push_bridged(code.entry(since).or_default(), range);
        }
    }
    code
}

/// The parts of locations in some ranges, both by address.
fn within(locations: &Locations, ranges: &[Range<u64>]) -> Locations {
    let mut found = Vec::new();
    for (location, place) in locations {
        let first = ranges.partition_point(|range| range.end <= location.start);
        for range in ranges[first..].iter().take_while(|range| range.start < location.end) {
            let both = range.start.max(location.start)..range.end.min(location.end);
            found.push((both, place.clone()));
        }
    }
    found
}
