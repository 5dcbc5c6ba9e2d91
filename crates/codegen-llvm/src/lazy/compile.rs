//! From some functions of a module to a fragment.

use std::collections::BTreeSet;
use std::ops::Range;

use inkwell::module::Linkage;
use wootz_vm_abi::lazy::{Entry, Fragment};
use wootz_wasm_ir::ir::{self, Block, Body};
use wootz_wasm_ir::{FuncIndex, Translator, WasmOffset, optimise};

use super::slots::call_through_slots;
use super::{Inner, LoopEntry};
use crate::emit;
use crate::error::CompileError;
use crate::function::{lower_function, lower_loop};
use crate::link;
use crate::llvm::LlvmContext;
use crate::module::ModuleState;
use crate::report::TooMany;
use crate::trampoline::{lower_host_entry, lower_host_exit};
use crate::units::{SMALL_BODY, body_bytes};
use wootz_vm_abi::options::OptLevel;

/// Compiles an entry quickly.
pub(super) fn first_tier(compiler: &Inner, entry: Entry) -> Result<Fragment, CompileError> {
    fragment(compiler, OptLevel::O0, |lowering| {
        let types = &compiler.module.declarations().types;
        match entry {
            Entry::Function(func) => lowering.function(func).map(drop)?,
            Entry::HostEntry(ty) => lower_host_entry(lowering.state, ty, &types[ty])?,
            Entry::HostExit(ty) => lower_host_exit(lowering.state, ty, &types[ty])?,
        }
        Ok(BTreeSet::new())
    })
}

/// Optimises functions together, each with ways into some of its loops.
pub(super) fn second_tier(
    compiler: &Inner,
    batch: &[(FuncIndex, Vec<u32>)],
) -> Result<Fragment, CompileError> {
    fragment(compiler, compiler.options.opt, |lowering| {
        // A loop asks when its function is done already.
        let whole = || batch.iter().filter(|(_, loops)| loops.is_empty()).map(|(func, _)| *func);
        whole().for_each(|func| _ = lowering.state.function(func));
        for (func, loops) in batch {
            match &loops[..] {
                [] => lowering.function(*func)?,
                loops => lowering.loops(*func, loops)?,
            }
        }
        let room = batch.iter().map(|(func, _)| body_bytes(&compiler.module, *func)).sum();
        lowering.callees(room)?;
        Ok(whole().collect())
    })
}

/// Lowers what `lower` says, optimises and links it. `lower` returns the functions that are called directly.
fn fragment(
    compiler: &Inner,
    opt: OptLevel,
    lower: impl FnOnce(&mut Lowering<'_, '_>) -> Result<BTreeSet<FuncIndex>, CompileError>,
) -> Result<Fragment, CompileError> {
    let options = wootz_vm_abi::options::CompileOptions { opt, debug: None, ..compiler.options.clone() };
    let machine = compiler.target.machine(opt)?;
    let context = LlvmContext::new(false);
    let counts = opt == OptLevel::O0 && compiler.options.opt != OptLevel::O0;
    let state = ModuleState::for_few(
        context.get(),
        &machine,
        &compiler.target,
        compiler.module.declarations(),
        &options,
        compiler.context.clone(),
        counts.then_some(&compiler.entries),
    );
    let optimise = opt != OptLevel::O0 && !options.fuel;
    let mut lowering = Lowering { compiler, state: &state, translator: Translator::new(), optimise };
    let direct = lower(&mut lowering)?;
    state.debug.finish();
    verify(&state, options.verify)?;
    emit::optimise(&state, &machine, opt)?;
    call_through_slots(&state, &compiler.entries, |func| !direct.contains(&func))?;
    verify(&state, options.verify)?;
    let has_many_loops =
        state.degraded.borrow().iter().any(|degraded| matches!(degraded.reason, TooMany::Loops { .. }));
    let machine = if has_many_loops { compiler.target.machine(OptLevel::O0)? } else { machine };
    let object = emit::object(&context, &state, &machine)?;
    Ok(link::fragment(&[&object], compiler.target.machine, &compiler.entries)?)
}

fn verify(state: &ModuleState<'_>, wanted: bool) -> Result<(), CompileError> {
    if !wanted {
        return Ok(());
    }
    state.module.verify().map_err(|error| CompileError::InvalidLlvm(error.to_string()))
}

/// Lowers bodies of the module, with one translator for all of them.
struct Lowering<'a, 'ctx> {
    compiler: &'a Inner,
    state: &'a ModuleState<'ctx>,
    translator: Translator,
    /// Whether to transform bodies. Not those that count fuel: what a run costs must not depend on it.
    optimise: bool,
}

impl Lowering<'_, '_> {
    fn body(&mut self, func: FuncIndex, optimise: bool) -> Result<&Body, CompileError> {
        let (module, wanted) = (&self.compiler.module, self.compiler.options.verify);
        let verify = |body: &Body| {
            let result = if wanted { ir::verify(module.declarations(), body) } else { Ok(()) };
            result.map_err(|error| CompileError::InvalidIr { func, message: error.0 })
        };
        let body = self.translator.translate(module, func)?;
        verify(body)?;
        if optimise {
            optimise::run(module.declarations(), body);
            verify(body)?;
        }
        Ok(body)
    }

    fn range(&self, func: FuncIndex) -> Range<WasmOffset> {
        self.compiler.module.body_range(func).unwrap_or_default()
    }

    fn function(&mut self, func: FuncIndex) -> Result<(), CompileError> {
        let (state, range) = (self.state, self.range(func));
        let optimise = self.optimise;
        lower_function(state, self.body(func, optimise)?, range)
    }

    fn loops(&mut self, func: FuncIndex, loops: &[u32]) -> Result<(), CompileError> {
        let (state, range) = (self.state, self.range(func));
        if loops.is_empty() {
            return Ok(());
        }
        // Blocks have the numbers that they have in the first tier.
        let body = self.body(func, false)?;
        for head in loops {
            if let Some(entry) = LoopEntry::new(body, Block(*head)) {
                lower_loop(state, body, range.clone(), entry)?;
            }
        }
        Ok(())
    }

    /// Copies of the small functions that are called, and of those that they call, for the inliner.
    fn callees(&mut self, mut room: usize) -> Result<(), CompileError> {
        loop {
            let mut any = false;
            for func in self.state.functions_without_body() {
                let bytes = body_bytes(&self.compiler.module, func);
                if bytes <= SMALL_BODY && bytes <= room {
                    self.function(func)?;
                    self.state.function(func).set_linkage(Linkage::AvailableExternally);
                    room -= bytes;
                    any = true;
                }
            }
            if !any {
                return Ok(());
            }
        }
    }
}
