//! Which of LLVM's passes run at each level, on what.
//!
//! `-O2` and `-O3` are LLVM's own. `-O1` does what producers leave to do, once: they have optimised, and what is inlined at `-O1` they have
//! inlined. Most of what is left of its time is code generation, so most functions get the code generator's short way, too (`optnone`):
//! instructions are selected one by one and hardly improved, but registers are allocated as at `-O2`. Functions with loops, unless they are
//! large, are worth more (`docs/decisions/0047-a-level-between.md`).

use inkwell::passes::PassBuilderOptions;
use inkwell::targets::TargetMachine;
use inkwell::values::FunctionValue;
use wootz_vm_abi::options::OptLevel;
use wootz_wasm_ir::ir::{Body, liveness};

use crate::error::CompileError;
use crate::module::ModuleState;

/// Cheap, and less for the instruction selector to do: they pay for themselves.
const LEAST: &str = "function(early-cse,simplifycfg)";
/// What is left to do in code of compilers.
const SHORT: &str = "function(early-cse,simplifycfg,instcombine<no-verify-fixpoint>)";
/// What is left to do in loops, and vector code for the versioned ones.
const LOOPS: &str = "function(loop-mssa(loop-rotate,licm),loop(loop-idiom,indvars),loop-vectorize,\
                         instcombine<no-verify-fixpoint>,simplifycfg)";
/// Takes vectors apart, as far as they are not accessed in order, for the vectoriser to put together again. Casts between shapes of
/// vectors, which `v128` has none of, would become arithmetic on bits: they are simplified first. An abort if that takes more
/// than one pass over a function is a check for LLVM's own developers.
const TAKE_APART: &str = "early-cse,instcombine<no-verify-fixpoint>,scalarizer<load-store>";

/// A body with more instructions gets no care at `-O1` for its loops: a few such functions can take half of a module's time.
const MOST_CARED_FOR: usize = 500;

/// A function that passes may change, as they want to know it.
pub(crate) struct Lowered<'ctx> {
    function: FunctionValue<'ctx>,
    /// Whether its loops are cared for at `-O1`.
    cared_for: bool,
    /// Whether vector instructions in its loops are better taken apart.
    scalar_lanes: bool,
}

impl<'ctx> Lowered<'ctx> {
    /// What is lowered from a body.
    pub(crate) fn new(function: FunctionValue<'ctx>, body: &Body) -> Self {
        let has_loops = || liveness::loop_heads(body).contains(&true);
        let cared_for = body.insts.len() <= MOST_CARED_FOR && has_loops();
        Self { function, cared_for, scalar_lanes: body.scalar_lanes }
    }
}

/// Runs the passes of an optimisation level.
pub(crate) fn optimise(
    module: &ModuleState<'_>,
    machine: &TargetMachine,
    opt: OptLevel,
) -> Result<(), CompileError> {
    let lowered = module.lowered.take();
    // Only `-O2` and above put together again what is no loop for the vectoriser.
    let taken_apart = lowered.iter().filter(|lowered| lowered.scalar_lanes && opt >= OptLevel::O2);
    for Lowered { function, .. } in taken_apart {
        function.run_passes(TAKE_APART, machine, PassBuilderOptions::create()).map_err(failed)?;
    }
    match opt {
        OptLevel::O0 => run(module, machine, LEAST),
        OptLevel::O1 => between(module, machine, &lowered),
        OptLevel::O2 => run(module, machine, "default<O2>"),
        OptLevel::O3 => run(module, machine, "default<O3>"),
    }
}

/// `-O1`: a short way for all, then care for functions with loops.
fn between(
    module: &ModuleState<'_>,
    machine: &TargetMachine,
    lowered: &[Lowered<'_>],
) -> Result<(), CompileError> {
    run(module, machine, SHORT)?;
    let (cared_for, others): (Vec<_>, Vec<_>) = lowered.iter().partition(|lowered| lowered.cared_for);
    others.iter().for_each(|lowered| module.attributes.leave_alone(lowered.function));
    if cared_for.is_empty() { Ok(()) } else { run(module, machine, LOOPS) }
}

/// Runs passes over the module, which may delete functions.
fn run(module: &ModuleState<'_>, machine: &TargetMachine, passes: &str) -> Result<(), CompileError> {
    let ran = module.module.run_passes(passes, machine, PassBuilderOptions::create());
    module.forget_functions();
    ran.map_err(failed)
}

fn failed(error: inkwell::support::LLVMString) -> CompileError {
    CompileError::Llvm(error.to_string())
}
