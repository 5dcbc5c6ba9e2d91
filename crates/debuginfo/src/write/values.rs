//! Where locals are in optimised code, made of where each of their values is: an instruction goes with the value that the local has at the
//! instruction's offset in the module, whatever the order of the native code.

use std::collections::HashMap;
use std::ops::Range;

use wootz_wasm_ir::{Assignments, FuncIndex, Module, WasmOffset};

use super::code::Code;
use super::push_range;
use crate::native::{Locations, Native};

/// Joins the values of each local.
pub(super) fn join(native: &mut Native, code: &Code, module: &Module) {
    let mut known: HashMap<FuncIndex, Assignments> = HashMap::new();
    for (index, (scope, variables)) in native.scopes.iter().zip(&mut native.variables).enumerate() {
        let Some(func) = scope.func.filter(|_| !variables.values.is_empty()) else { continue };
        let assignments = known.entry(func).or_insert_with(|| module.assignments(func));
        for (local, values) in std::mem::take(&mut variables.values) {
            let current = assignments.values(local);
            let mut joined: Locations = Vec::new();
            for (since, locations) in &values {
                let ranges = code_of(&code.rows[index], &current, *since);
                joined.extend(within(locations, &ranges));
            }
            joined.sort_by_key(|(range, _)| range.start);
            variables.locals.insert(local, joined);
        }
    }
}

/// The code at which a value is the current one.
fn code_of(
    rows: &[(Range<u64>, WasmOffset)],
    current: &[(WasmOffset, Option<WasmOffset>)],
    since: WasmOffset,
) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    for (range, offset) in rows {
        let last = current.partition_point(|(from, _)| from <= offset).checked_sub(1);
        if last.is_some_and(|last| current[last].1 == Some(since)) {
            push_range(&mut ranges, range.clone());
        }
    }
    ranges
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
