//! From some functions of a module to a fragment.

use std::collections::BTreeSet;

use wootz_vm_abi::lazy::{Entry, Fragment};
use wootz_vm_abi::options::{CompileOptions, OptLevel};
use wootz_wasm_ir::FuncIndex;
use wootz_wasm_ir::ir::Block;

use super::hot::Work;
use super::slots::call_through_slots;
use super::{Inner, LoopEntry};
use crate::bodies::{Bodies, verify};
use crate::emit;
use crate::error::CompileError;
use crate::function::lower_loop;
use crate::link;
use crate::llvm::LlvmContext;
use crate::module::ModuleState;
use crate::report::PhaseTimes;
use crate::trampoline::{lower_host_entry, lower_host_exit};
use crate::units::body_bytes;

/// Bytes of a body that the second tier shows the inliner: hot code is worth more than a unit of the regular mode, which shows it
/// all of its own functions, and of others the smallest.
const INLINED_BODY: usize = 250;
/// Bytes of such bodies that may be shown to a batch, however small it is.
const LEAST_ROOM: usize = 8 << 10;

/// Compiles an entry quickly. Returns also the functions that it calls.
pub(super) fn first_tier(compiler: &Inner, entry: Entry) -> Result<(Fragment, Vec<FuncIndex>), CompileError> {
    let mut callees = Vec::new();
    let fragment = fragment(compiler, OptLevel::O0, |bodies| {
        let types = &compiler.module.declarations().types;
        match entry {
            Entry::Function(func) => bodies.function(func)?,
            Entry::HostEntry(ty) => lower_host_entry(bodies.state, ty, &types[ty])?,
            Entry::HostExit(ty) => lower_host_exit(bodies.state, ty, &types[ty])?,
        }
        callees = bodies.state.functions_without_body();
        Ok(BTreeSet::new())
    })?;
    Ok((fragment, callees))
}

/// Optimises functions, and ways into loops of functions that were optimised before, together.
pub(super) fn second_tier(compiler: &Inner, batch: &[Work]) -> Result<Fragment, CompileError> {
    fragment(compiler, compiler.options.opt, |bodies| {
        let whole = batch.iter().filter(|(_, loops)| loops.is_empty()).map(|(func, _)| *func);
        let whole: BTreeSet<FuncIndex> = whole.collect();
        whole.iter().for_each(|func| _ = bodies.state.function(*func));
        for (func, loops) in batch {
            match &loops[..] {
                [] => bodies.function(*func)?,
                loops => lower_loops(bodies, *func, loops)?,
            }
        }
        let bytes: usize = batch.iter().map(|(func, _)| body_bytes(&compiler.module, *func)).sum();
        bodies.callees(INLINED_BODY, bytes.max(LEAST_ROOM))?;
        Ok(whole)
    })
}

/// Lowers what `lower` says, optimises and links it. `lower` returns the functions that are called directly.
fn fragment(
    compiler: &Inner,
    opt: OptLevel,
    lower: impl FnOnce(&mut Bodies<'_, '_>) -> Result<BTreeSet<FuncIndex>, CompileError>,
) -> Result<Fragment, CompileError> {
    let options = CompileOptions { opt, ..compiler.options.clone() };
    let machine = compiler.target.kept_machine(opt)?;
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
    let mut times = PhaseTimes::default();
    let direct = lower(&mut Bodies::new(&state, &compiler.module, &options, &mut times))?;
    state.debug.finish();
    verify(&state, options.verify)?;
    emit::optimise(&state, &machine, opt)?;
    call_through_slots(&state, &compiler.entries, |func| !direct.contains(&func))?;
    verify(&state, options.verify)?;
    let is_plain = state.functions_with_many_loops().is_empty();
    let machine = if is_plain { machine } else { compiler.target.kept_machine(OptLevel::O0)? };
    let object = emit::object(&context, &state, &machine)?;
    let debug = crate::compile::debug_parts(&compiler.module, &options, Some(&compiler.dwarf));
    Ok(link::fragment(&[&object], compiler.target.machine, &compiler.entries, debug)?)
}

/// Ways into loops of a function.
fn lower_loops(bodies: &mut Bodies<'_, '_>, func: FuncIndex, loops: &[u32]) -> Result<(), CompileError> {
    let (state, range) = (bodies.state, bodies.range(func));
    // Blocks have the numbers that they have in the first tier.
    let body = bodies.decoded(func)?;
    for head in loops {
        if let Some(entry) = LoopEntry::new(body, Block(*head)) {
            lower_loop(state, body, range.clone(), entry)?;
        }
    }
    Ok(())
}
