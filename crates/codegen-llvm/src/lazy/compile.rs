//! From some functions of a module to a fragment.

use std::collections::BTreeSet;

use wootz_vm_abi::lazy::{Entry, Fragment, Part};
use wootz_vm_abi::options::{CompileOptions, OptLevel};
use wootz_wasm_ir::FuncIndex;
use wootz_wasm_ir::ir::Block;

use super::endings::set_returns_apart;
use super::hot::Work;
use super::slots::call_through_slots;
use super::{Counted, Inner, LoopEntry};
use crate::bodies::{Bodies, verify};
use crate::emit;
use crate::error::CompileError;
use crate::function::lower_loop;
use crate::link;
use crate::llvm::LlvmContext;
use crate::module::{Few, ModuleState};
use crate::pipeline;
use crate::profile::Counts;
use crate::report::PhaseTimes;
use crate::trampoline::{lower_host_entry, lower_host_exit};
use crate::units::body_bytes;

/// Bytes of copies of callees that may be shown to a batch, however small it is.
const LEAST_ROOM: usize = 8 << 10;

/// Compiles entries quickly. `more` is told which functions they call, and says which of them to compile with them; it is asked until
/// that is none.
pub(super) fn first_tier(
    compiler: &Inner,
    entries: &[Entry],
    more: impl FnMut(Vec<FuncIndex>) -> Vec<FuncIndex>,
) -> Result<Fragment, CompileError> {
    quickly(compiler, entries, more, compiler.options.debug.is_some())
}

/// The address map of code of the first tier, which was made without one: from the same code, made with one. Empty if the code is
/// not the same.
pub(super) fn address_map(compiler: &Inner, parts: &[Part], code: &[u8]) -> Result<Vec<u8>, CompileError> {
    let entry = |part: &Part| match part {
        Part::Entry(number) => compiler.entries.entry(*number),
        Part::Loop(..) => None,
    };
    let entries: Vec<_> = parts.iter().filter_map(entry).collect();
    if !entries.iter().any(|entry| matches!(entry, Entry::Function(_))) {
        return Ok(Vec::new());
    }
    let fragment = quickly(compiler, &entries, |_| Vec::new(), true)?;
    let mut again = fragment.bytes[fragment.text.start as usize..fragment.text.end as usize].to_vec();
    for reference in &fragment.references {
        // What is filled in when a fragment is placed may differ.
        let at = reference.at.wrapping_sub(fragment.text.start) as usize;
        let (Some(field), Some(placed)) = (again.get_mut(at..at + 4), code.get(at..at + 4)) else { continue };
        field.copy_from_slice(placed);
    }
    let is_same = again == code;
    debug_assert!(is_same, "debug information has changed the code of {entries:?}");
    Ok(if is_same { fragment.address_map } else { Vec::new() })
}

/// Code of the first tier.
fn quickly(
    compiler: &Inner,
    entries: &[Entry],
    mut more: impl FnMut(Vec<FuncIndex>) -> Vec<FuncIndex>,
    positions: bool,
) -> Result<Fragment, CompileError> {
    fragment(compiler, OptLevel::O0, None, positions, |bodies| {
        let types = &compiler.module.declarations().types;
        for entry in entries {
            match *entry {
                Entry::Function(func) => bodies.function(func)?,
                Entry::HostEntry(ty) => lower_host_entry(bodies.state, ty, &types[ty])?,
                Entry::HostExit(ty) => lower_host_exit(bodies.state, ty, &types[ty])?,
            }
        }
        loop {
            let others = more(bodies.state.functions_without_body());
            if others.is_empty() {
                return Ok(BTreeSet::new());
            }
            others.into_iter().try_for_each(|func| bodies.function(func))?;
        }
    })
}

/// Optimises functions, and ways into loops of functions that were optimised before, together.
pub(super) fn second_tier(compiler: &Inner, batch: &[Work]) -> Result<Fragment, CompileError> {
    let counted = compiler.counted();
    let knows = |func| counted.as_ref().is_some_and(|counted| counted.knows(func));
    let profiled = batch.iter().filter(|(func, _)| knows(*func)).map(|(_, loops)| loops.len().max(1)).sum();
    let fragment = fragment(compiler, compiler.options.opt, counted, true, |bodies| {
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
        bodies.callees(bytes.max(LEAST_ROOM))?;
        Ok(whole)
    })?;
    Ok(Fragment { profiled, ..fragment })
}

/// Lowers what `lower` says, optimises and links it, for what was `counted`, unless there is a profile of an earlier run. `lower` returns the functions that are called directly. With `positions` there is an
/// address map.
fn fragment(
    compiler: &Inner,
    opt: OptLevel,
    counted: Option<Counted>,
    positions: bool,
    lower: impl FnOnce(&mut Bodies<'_, '_>) -> Result<BTreeSet<FuncIndex>, CompileError>,
) -> Result<Fragment, CompileError> {
    let options = CompileOptions { opt, ..compiler.options.clone() };
    let machine = compiler.target.kept_machine(opt)?;
    let context = LlvmContext::new(false);
    let counts = opt == OptLevel::O0 && compiler.options.opt != OptLevel::O0;
    let mut state = ModuleState::for_few(
        context.get(),
        &machine,
        &compiler.target,
        compiler.module.declarations(),
        &options,
        Few::new(compiler.context.clone(), counts.then_some(&compiler.entries), positions),
    );
    state.private_functions = Some(compiler.private_functions());
    if opt != OptLevel::O0 {
        state.fixed_tables = Some(compiler.module.fixed_tables());
        state.slots = Some(&compiler.entries);
        state.counts = match counted {
            Some(counted) => Counts::of_this_run(context.get(), &state.module, counted),
            None => Counts::new(context.get(), &state.module, &compiler.module, &options),
        };
    }
    let mut times = PhaseTimes::default();
    let direct = lower(&mut Bodies::new(&state, &compiler.module, &options, &mut times))?;
    state.finish();
    verify(&state, options.verify)?;
    pipeline::optimise(&state, &machine, opt)?;
    call_through_slots(&state, &compiler.entries, |func| !direct.contains(&func))?;
    // Debuggers lose sight of variables where blocks are split after they were described.
    if opt == OptLevel::O0 && options.debug.is_none() {
        set_returns_apart(&state)?;
    }
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
