//! What the user of this crate may choose.

use wootz_vm_abi::machine::Machine;
use wootz_vm_abi::plan::CheckStrategy;

use crate::error::CompileError;
use crate::target::TargetInfo;

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

/// How to compile.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CompileOptions {
    /// How much to optimise.
    pub opt: OptLevel,
    /// How out-of-bounds accesses are found.
    pub checks: CheckStrategy,
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
    /// Whether to verify the IR of every function and the LLVM IR, before and after optimisation.
    pub verify: bool,
    /// How many threads compile; 0 is one for each processor. The code does not depend on it.
    pub threads: usize,
}

impl CompileOptions {
    /// Everything besides the module that the code depends on, as text: equal texts give equal images. It names the compiler, so
    /// it is for comparing and not for keeping.
    ///
    /// # Errors
    /// Those of [`TargetInfo::new`].
    pub fn fingerprint(&self) -> Result<String, CompileError> {
        // The target resolves the first three.
        let Self {
            machine: _,
            cpu: _,
            cpu_features: _,
            opt,
            checks,
            canonicalize_nans,
            deterministic,
            fuel,
            verify: _,
            threads: _,
        } = self;
        let target = TargetInfo::new(self)?;
        let compiler = crate::target::compiler();
        Ok(format!(
            "{compiler}; {target:?}; {opt:?}; {checks:?}; {canonicalize_nans}; {deterministic}; {fuel}"
        ))
    }
}

/// Which text to emit.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum TextKind {
    /// LLVM IR, after optimisation.
    LlvmIr,
    /// Assembly.
    Assembly,
}
