//! One comparison for several accesses of an address, which the IR has found (`wasm-ir`, `optimise/merged.rs`).
//!
//! ```text
//! leader:   is the largest end inside? ── no ──► each instruction from the leader to the last follower once
//!           access                               more, with comparisons of its own. One of them traps.
//!           …
//! follower: access
//! ```

use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Block, Bounds, Inst, MemoryAccess};

use crate::error::CompileError;
use crate::function::FunctionState;

use super::{lower_inst, memory};

/// What a leader compares.
struct Merged<'a> {
    leader: MemoryAccess,
    /// One past the last byte that is accessed, from the operand on.
    end: u64,
    /// From the leader to the last follower.
    insts: &'a [Inst],
}

/// Whether the accesses of a memory that may be merged are: not if a guard region catches them.
pub(super) fn is_merging(f: &FunctionState<'_, '_>, access: MemoryAccess) -> bool {
    !f.compares_each && !f.module.plans[access.memory.index()].guarded
}

/// Before an instruction that leads: compares for those that follow it.
pub(crate) fn check_ahead(
    f: &mut FunctionState<'_, '_>,
    block: Block,
    position: usize,
) -> Result<(), CompileError> {
    let Some(Merged { leader, end, insts }) = merged(f, block, position) else { return Ok(()) };
    let address = f.widen(f.int(insts[0], 0)?)?;
    let outside = memory::is_outside(f, leader.memory, Some(end), address)?;
    let inside = f.builder().build_not(outside, "")?;
    f.unlikely_unless(inside, |f| {
        let offset = f.offset;
        let copy = std::mem::replace(&mut f.copy, 1);
        f.compares_each = true;
        for inst in insts {
            f.set_offset(f.body.insts[*inst].offset);
            lower_inst(f, *inst)?;
        }
        f.builder().build_unreachable()?;
        f.compares_each = false;
        f.copy = copy;
        f.set_offset(offset);
        Ok(())
    })
}

/// The accesses that an instruction compares for, if it leads.
fn merged<'m>(f: &FunctionState<'m, '_>, block: Block, position: usize) -> Option<Merged<'m>> {
    let body = f.body;
    let insts = &body.blocks[block].insts[position..];
    let leader = *body.insts[insts[0]].op.access()?;
    let Bounds::Leads(check) = leader.bounds else { return None };
    if !is_merging(f, leader) {
        return None;
    }
    let ends = insts.iter().enumerate().filter_map(|(index, inst)| {
        let access = body.insts[*inst].op.access()?;
        let follows = access.bounds == Bounds::Follows(check);
        follows.then_some((index, access.offset + u64::from(access.bytes)))
    });
    let (last, end) = ends.fold((0, 0), |(_, most), (index, end)| (index, most.max(end)));
    Some(Merged { leader, end, insts: &insts[..=last] })
}
