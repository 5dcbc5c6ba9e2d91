//! Where code of the first tier counts its branches, and what the second tier learns from that.

use std::collections::HashMap;

use wootz_vm_abi::branches::Summary;
use wootz_wasm_ir::ir::{Body, counted};
use wootz_wasm_ir::{FuncIndex, WasmOffset};

/// The counters of functions that count.
#[derive(Clone, Default)]
pub(super) struct Counters {
    first: HashMap<FuncIndex, usize>,
    given: usize,
}

impl Counters {
    /// Gives a function counters, if that leaves no more than `most` in all: the first of them.
    pub(super) fn give(&mut self, body: &Body, most: usize) -> Option<usize> {
        let (first, wanted) = (self.given, counted::counters(body, 0).count());
        if wanted > most - first {
            return None;
        }
        self.given += wanted;
        self.first.insert(body.func, first);
        Some(first)
    }

    /// The function does not count after all.
    pub(super) fn forget(&mut self, func: FuncIndex) {
        self.first.remove(&func);
    }

    /// How many were given.
    pub(super) fn given(&self) -> usize {
        self.given
    }
}

/// What was counted up to now.
pub(crate) struct Counted {
    counters: Counters,
    counts: Vec<u64>,
    summary: Summary,
}

impl Counted {
    /// That of these counters.
    pub(super) fn new(counters: Counters, counts: Vec<u64>) -> Self {
        let summary = Summary::new(counts.iter().copied());
        Self { counters, counts, summary }
    }

    /// How the counts are distributed.
    pub(crate) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Whether a function has been counted.
    pub(super) fn knows(&self, func: FuncIndex) -> bool {
        self.counters.first.contains_key(&func)
    }

    /// The counts of a body that starts at an offset, as it was decoded, by the names of its counters; nothing if it did not count.
    pub(crate) fn of(&self, body: &Body, start: WasmOffset) -> Vec<(WasmOffset, u64)> {
        let first = self.counters.first.get(&body.func);
        let counts = first.and_then(|first| self.counts.get(*first..)).unwrap_or_default();
        let mut named: Vec<_> = counted::counters(body, start).zip(counts.iter().copied()).collect();
        named.sort_unstable_by_key(|(name, _)| *name);
        named
    }
}
