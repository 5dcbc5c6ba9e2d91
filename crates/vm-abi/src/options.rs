//! How code is compiled, as plain data: for the compiler, and for whoever keeps images and must know which of them fits.

use std::sync::Arc;

use wootz_wasm_types::{Debugger, SourceText};
use xxhash_rust::xxh3::xxh3_64;

use crate::branches::BranchProfile;
use crate::image::FORMAT_VERSION;
use crate::lazy::HOT;
use crate::machine::Machine;
use crate::plan::{CheckStrategy, MemoryPlan};

/// How much LLVM optimises.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum OptLevel {
    /// Fast to compile: no optimisation beyond local common subexpressions, LLVM's fast instruction selector.
    O0,
    /// Some optimisation.
    O1,
    /// What pays off.
    #[default]
    O2,
    /// Everything.
    O3,
}

/// What is certain of a trap.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum TrapPrecision {
    /// What the specification says: every trap happens, all effects before it are there, none after it.
    #[default]
    Exact,
    /// Accesses stay inside their memory, and a guest that reads or writes outside and goes on with it gets a trap. But memories and
    /// globals may miss effects from before a trap or have some from after it, another access may be the one that traps, and an
    /// access that nothing depends on may be left out together with its trap.
    Relaxed,
}

/// The CPU that code is made for.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Cpu {
    /// This machine's, with all it offers.
    #[default]
    Native,
    /// Any of the machine's.
    Baseline,
    /// One by name: the levels of the x86-64 psABI, `x86-64-v2` to `x86-64-v4`, or those of 64-bit Arm, `armv8-a`,
    /// `armv8.1-a`, `armv8.4-a`; and `native` and `baseline`.
    Named(String),
}

impl Cpu {
    /// Whether it is this machine's.
    pub fn is_native(&self) -> bool {
        match self {
            Self::Native => true,
            Self::Baseline => false,
            Self::Named(name) => name == "native",
        }
    }
}

/// What is done with counts of branches: `docs/profile-guided.md`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Branches {
    /// Nothing.
    #[default]
    Unknown,
    /// Code counts them. It is not transformed before LLVM sees it.
    Counted,
    /// The optimiser is told what an earlier build counted.
    Profiled(Arc<BranchProfile>),
}

/// How to compile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileOptions {
    /// How much to optimise.
    pub opt: OptLevel,
    /// How out-of-bounds accesses are found.
    pub checks: CheckStrategy,
    /// What is certain of an access that traps.
    pub traps: TrapPrecision,
    /// Bytes of guard behind a guarded memory: see [`MemoryPlan::new`].
    pub guard: u64,
    /// The machine to compile for.
    pub machine: Machine,
    /// The CPU to compile for.
    pub cpu: Cpu,
    /// What the CPU has more or less than its name says: features by LLVM's names, each behind `+` or `-`, in order. One
    /// comes with those that it implies and goes with those that imply it.
    pub cpu_features: Vec<String>,
    /// Whether every NaN that float arithmetic returns is the positive canonical one.
    pub canonicalize_nans: bool,
    /// Whether results that the specification leaves open are the same on every machine: relaxed vector operators make its
    /// deterministic choice, and NaNs are canonical.
    pub deterministic: bool,
    /// Whether code consumes fuel, and traps when there is none.
    pub fuel: bool,
    /// What is done with counts of branches.
    pub branches: Branches,
    /// What a debugger is told besides functions and offsets: sources and variables. The machine code does not depend on it.
    pub debug: Option<Arc<SourceText>>,
    /// The debugger that is to read it.
    pub debugger: Debugger,
    /// Whether to verify the IR of every function and the LLVM IR, before and after optimisation.
    pub verify: bool,
    /// How many threads compile; 0 is one for each processor. The code does not depend on it.
    pub threads: usize,
    /// Bytes of memory that LLVM should take at most, if possible; `None` is half of what the machine, or this process's
    /// control group, has. The code does not depend on it, only how many units are compiled at a time.
    pub memory_budget: Option<u64>,
    /// When a lazily compiled function is hot: see [`lazy::HOT`](crate::lazy::HOT). Code of a whole module does not depend on it.
    pub hot: u32,
}

impl Default for CompileOptions {
    fn default() -> Self {
        Self {
            opt: OptLevel::default(),
            checks: CheckStrategy::default(),
            traps: TrapPrecision::default(),
            guard: MemoryPlan::DEFAULT_GUARD,
            machine: Machine::default(),
            cpu: Cpu::default(),
            cpu_features: Vec::new(),
            canonicalize_nans: false,
            deterministic: false,
            fuel: false,
            branches: Branches::default(),
            debug: None,
            debugger: Debugger::default(),
            verify: false,
            threads: 0,
            memory_budget: None,
            hot: HOT,
        }
    }
}

impl CompileOptions {
    /// Everything besides the module and the compiler that the code depends on, as text: equal texts from one compiler give equal
    /// images. `this_cpu` describes the processor of this machine.
    ///
    /// It names the version of this workspace, so it is for comparing and not for keeping.
    pub fn fingerprint(&self, this_cpu: &str) -> String {
        let Self {
            opt,
            checks,
            traps,
            guard,
            machine,
            cpu,
            cpu_features,
            canonicalize_nans,
            deterministic,
            fuel,
            branches,
            debug,
            debugger,
            verify: _,
            threads: _,
            memory_budget: _,
            hot: _,
        } = self;
        let debug = debug.as_ref().map(|text| &text.path);
        let branches = match branches {
            Branches::Unknown => "no counts".to_owned(),
            Branches::Counted => "counting".to_owned(),
            Branches::Profiled(profile) => format!("profile {:016x}", xxh3_64(&profile.encode())),
        };
        let version = env!("CARGO_PKG_VERSION");
        let cpu = if cpu.is_native() { this_cpu.to_owned() } else { format!("{cpu:?}") };
        format!(
            "wootz {version}, image format {FORMAT_VERSION}; {machine}; {cpu}; {cpu_features:?}; {opt:?}; {checks:?}; {traps:?}; {guard}; {canonicalize_nans}; {deterministic}; {fuel}; {branches}; {debug:?}; {debugger:?}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, BranchProfile, Branches, CompileOptions, Cpu, OptLevel, TrapPrecision};
    use crate::branches::CountedCode;

    #[test]
    fn the_fingerprint_tells_what_the_code_depends_on() {
        let native = CompileOptions::default();
        let of = |options: &CompileOptions| options.fingerprint("cpu one");
        assert_eq!(
            of(&native),
            of(&CompileOptions { threads: 7, verify: true, memory_budget: Some(1), ..native.clone() })
        );
        assert_ne!(of(&native), native.fingerprint("cpu two"));
        assert_ne!(of(&native), of(&CompileOptions { opt: OptLevel::O1, ..native.clone() }));
        let relaxed = CompileOptions { traps: TrapPrecision::Relaxed, ..native.clone() };
        assert_ne!(of(&native), of(&relaxed));
        assert_ne!(of(&native), of(&CompileOptions { cpu_features: vec!["-bmi2".into()], ..native.clone() }));
        let counted = |count| {
            let profile = BranchProfile::new(CountedCode::new(&[0]), [count]);
            CompileOptions { branches: Branches::Profiled(Arc::new(profile)), ..native.clone() }
        };
        assert_eq!(of(&counted(1)), of(&counted(1)));
        assert_ne!(of(&counted(1)), of(&counted(2)));
        assert_ne!(of(&native), of(&counted(1)));
        let baseline = CompileOptions { cpu: Cpu::Baseline, ..native.clone() };
        assert_eq!(of(&baseline), baseline.fingerprint("cpu two"));
        let named = CompileOptions { cpu: Cpu::Named("native".into()), ..native.clone() };
        assert_eq!(of(&named), of(&native));
    }
}
