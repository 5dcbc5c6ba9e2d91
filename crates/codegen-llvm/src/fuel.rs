//! Fuel: code that counts what it does, and traps when it has done enough.
//!
//! Each block of our IR takes its cost from the store's counter before anything else of it: 1 for each instruction but
//! constants, and 1 for how it ends. Functions at their entry and loops at their head, which all repetition passes,
//! then look whether the counter is negative. The IR as it is decoded does not depend on checks, optimisation or CPU, so neither does
//! what a run costs: transformations keep it (`Body::costs`), and a block that they add costs nothing and does not look.

use std::mem::offset_of;

use inkwell::IntPredicate;
use inkwell::values::{BasicValue, IntValue};
use wootz_vm_abi::context::VMStoreContext;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Block, Body, liveness};

use crate::error::CompileError;
use crate::function::{FunctionState, store};
use crate::metadata::Region;

/// Which blocks look at the counter: the entry, and heads of loops.
pub(crate) fn checking_blocks(body: &Body) -> Vec<bool> {
    let mut checks = liveness::loop_heads(body);
    checks[Body::ENTRY.index()] = true;
    checks
}

impl<'ctx> FunctionState<'_, 'ctx> {
    /// Takes the cost of a block, at its beginning.
    pub(crate) fn charge(&mut self, block: Block, check: bool) -> Result<(), CompileError> {
        let cost = self.body.cost(block);
        if cost == 0 {
            return Ok(());
        }
        let data = &self.body.blocks[block];
        let first = data.insts.first().map_or(data.terminator.offset, |inst| self.body.insts[*inst].offset);
        self.set_offset(first);
        let left = self.take_fuel(self.module.types.i64.const_int(cost, false))?;
        if check {
            let zero = self.module.types.i64.const_zero();
            let out = self.builder().build_int_compare(IntPredicate::SLT, left, zero, "")?;
            self.trap_if(out, TrapCode::OutOfFuel)?;
        }
        Ok(())
    }

    /// Takes fuel; what is left then.
    pub(crate) fn take_fuel(&self, cost: IntValue<'ctx>) -> Result<IntValue<'ctx>, CompileError> {
        let left = self.builder().build_int_sub(self.fuel_left()?, cost, "")?;
        let context = self.load_store_context()?;
        store(self.module, left.into(), context, offset_of!(VMStoreContext, fuel), Region::Context)?
            .set_volatile(self.module.ordered)?;
        Ok(left)
    }

    /// Loads the fuel that is left.
    pub(crate) fn fuel_left(&self) -> Result<IntValue<'ctx>, CompileError> {
        let offset = offset_of!(VMStoreContext, fuel);
        let context = self.load_store_context()?;
        let left = self.load(self.module.types.i64.into(), context, offset, Region::Context, false)?;
        // As for globals: what is left after a fault must be right.
        if let Some(load) = left.as_instruction_value() {
            load.set_volatile(self.module.ordered)?;
        }
        Ok(left.into_int_value())
    }
}
