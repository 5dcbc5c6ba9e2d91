//! Modules whose functions are compiled when they are first called: what the embedder gives, and what became of it.

use std::ops::AddAssign;
use std::sync::Arc;
use std::time::Duration;

use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_types::Declarations;

pub use wootz_vm_abi::lazy::{CodeSpace, CompileFailure, EntryCompiler, Tier};

/// A module to open: all that instances need, without code.
#[derive(Clone, Debug)]
pub struct LazyModule {
    /// Target triple of the code to come, as LLVM writes it.
    pub target: String,
    /// CPU features that the code may need, by LLVM's names, sorted.
    pub cpu_features: Vec<String>,
    /// The module's declarations.
    pub declarations: Declarations,
    /// The module's binary, which the declarations' data segments are ranges of.
    pub bytes: Arc<[u8]>,
    /// Plan of each memory, imported ones included.
    pub memory_plans: Vec<MemoryPlan>,
    /// Whether the code consumes fuel.
    pub fuel: bool,
    /// Bytes of all function bodies: how much address space code may need depends on it.
    pub body_bytes: usize,
}

/// What was compiled of a module.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct LazyStatistics {
    /// Functions and trampolines that may be asked for.
    pub entries: usize,
    /// By [`Tier`].
    pub tiers: [TierStatistics; 2],
    /// How often the code of an entry took the place of other code.
    pub swaps: usize,
}

/// What was compiled in one tier.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct TierStatistics {
    /// Batches of code.
    pub fragments: usize,
    /// Functions in them, trampolines and ways into loops not counted.
    pub functions: usize,
    /// Bytes of code, constants and unwind information.
    pub bytes: usize,
    /// Time that compiling took.
    pub time: Duration,
}

impl AddAssign for TierStatistics {
    fn add_assign(&mut self, more: Self) {
        self.fragments += more.fragments;
        self.functions += more.functions;
        self.bytes += more.bytes;
        self.time += more.time;
    }
}
