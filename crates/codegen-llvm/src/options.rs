//! What the user of this crate may choose.

use std::sync::Arc;

use wootz_debuginfo::SourceText;
use wootz_debuginfo::write::Debugger;
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
    /// Any x86-64.
    Baseline,
    /// One by name: the levels of the x86-64 psABI, `x86-64-v2` to `x86-64-v4`, and `native` and `baseline`.
    Named(String),
}

/// How to compile.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CompileOptions {
    /// How much to optimise.
    pub opt: OptLevel,
    /// How out-of-bounds accesses are found.
    pub checks: CheckStrategy,
    /// The CPU to compile for.
    pub cpu: Cpu,
    /// Whether every NaN that float arithmetic returns is the positive canonical one.
    pub canonicalize_nans: bool,
    /// Whether results that the specification leaves open are the same on every machine: relaxed vector operators make its
    /// deterministic choice, and NaNs are canonical.
    pub deterministic: bool,
    /// Whether code consumes fuel, and traps when there is none.
    pub fuel: bool,
    /// What a debugger is told besides functions and offsets: sources and variables. The machine code does not depend on it.
    pub debug: Option<Arc<SourceText>>,
    /// The debugger that is to read it.
    pub debugger: Debugger,
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
    /// [`CompileError::UnknownCpu`].
    pub fn fingerprint(&self) -> Result<String, CompileError> {
        let Self {
            opt,
            checks,
            cpu,
            canonicalize_nans,
            deterministic,
            fuel,
            debug,
            debugger,
            verify: _,
            threads: _,
        } = self;
        let debug = debug.as_ref().map(|text| &text.path);
        let target = TargetInfo::new(cpu)?;
        let compiler = crate::target::compiler();
        Ok(format!(
            "{compiler}; {target:?}; {opt:?}; {checks:?}; {canonicalize_nans}; {deterministic}; {fuel}; {debug:?}; {debugger:?}"
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
