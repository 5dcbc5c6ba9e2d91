//! Fuel: code that counts what it does, and traps when it has done enough.
//!
//! Each block of our IR takes its cost from the store's counter before anything else of it: 1 for each instruction but
//! constants, and 1 for how it ends. Functions at their entry and loops at their head, which all repetition passes,
//! then look whether the counter is negative. The IR does not depend on checks, optimisation or CPU, so neither does what a
//! run costs.

use std::mem::offset_of;

use inkwell::IntPredicate;
use inkwell::values::BasicValue;
use wootz_vm_abi::context::VMStoreContext;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Block, Body, Op, liveness};

use crate::error::CompileError;
use crate::function::{FunctionState, store};
use crate::metadata::Region;

/// Which blocks look at the counter: the entry, and heads of loops.
pub(crate) fn checking_blocks(body: &Body) -> Vec<bool> {
    let mut checks = liveness::loop_heads(body);
    checks[Body::ENTRY.index()] = true;
    checks
}

fn cost(body: &Body, block: Block) -> u64 {
    let counts = |inst: &&_| !matches!(body.insts[**inst].op, Op::Const(_));
    body.blocks[block].insts.iter().filter(counts).count() as u64 + 1
}

impl FunctionState<'_, '_> {
    /// Takes the cost of a block, at its beginning.
    pub(crate) fn charge(&mut self, block: Block, check: bool) -> Result<(), CompileError> {
        let data = &self.body.blocks[block];
        let first = data.insts.first().map_or(data.terminator.offset, |inst| self.body.insts[*inst].offset);
        self.set_offset(first);
        let i64 = self.module.types.i64;
        let offset = offset_of!(VMStoreContext, fuel);
        let context = self.load_store_context()?;
        let left = self.load(i64.into(), context, offset, Region::Context, false)?;
        // As for globals: what is left after a fault must be right.
        if let Some(load) = left.as_instruction_value() {
            load.set_volatile(self.module.ordered)?;
        }
        let cost = i64.const_int(cost(self.body, block), false);
        let left = self.builder().build_int_sub(left.into_int_value(), cost, "")?;
        store(self.module, left.into(), context, offset, Region::Context)?
            .set_volatile(self.module.ordered)?;
        if check {
            let out = self.builder().build_int_compare(IntPredicate::SLT, left, i64.const_zero(), "")?;
            self.trap_if(out, TrapCode::OutOfFuel)?;
        }
        Ok(())
    }
}
