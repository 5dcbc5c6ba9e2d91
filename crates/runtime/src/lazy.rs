//! Modules whose functions are compiled when they are first called: what became of one.

use std::ops::AddAssign;
use std::time::Duration;

pub use wootz_vm_abi::lazy::{CodeSpace, CompileFailure, EntryCompiler, LazyModule, MakeCompiler, Tier};

/// What was compiled of a module.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct LazyStatistics {
    /// Functions and trampolines that may be asked for.
    pub entries: usize,
    /// By [`Tier`].
    pub tiers: [TierStatistics; 2],
    /// Functions and ways into loops that are hot and have no code of the second tier yet.
    pub pending: usize,
    /// How often the code of an entry took the place of other code.
    pub swaps: usize,
    /// Bytes of code that other code took the place of. It stays until the module goes.
    pub superseded: usize,
    /// Time that it took to put code into its place and to show it to debuggers.
    pub placing: Duration,
    /// The part of that which is for debuggers.
    pub showing: Duration,
}

/// What was compiled in one tier.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct TierStatistics {
    /// Batches of code.
    pub fragments: usize,
    /// Functions in them, trampolines and ways into loops not counted.
    pub functions: usize,
    /// Those of them that the baseline compiler made, without LLVM.
    pub by_baseline: usize,
    /// Functions and ways into loops that were compiled for what they did before, as far as that was counted.
    pub profiled: usize,
    /// Ways into loops.
    pub loops: usize,
    /// Bytes of code, constants and unwind information.
    pub bytes: usize,
    /// Time that compiling took.
    pub time: Duration,
}

impl AddAssign for TierStatistics {
    fn add_assign(&mut self, more: Self) {
        self.fragments += more.fragments;
        self.functions += more.functions;
        self.by_baseline += more.by_baseline;
        self.profiled += more.profiled;
        self.loops += more.loops;
        self.bytes += more.bytes;
        self.time += more.time;
    }
}
