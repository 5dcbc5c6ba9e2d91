//! Checks and the cold blocks they branch to.
//!
//! Every check has a trap block of its own, so that the trap instruction's address tells which instruction trapped. The
//! blocks stand after all others: a check costs a compare and a branch that is not taken.

use inkwell::basic_block::BasicBlock;
use inkwell::values::IntValue;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::WasmOffset;

use crate::error::CompileError;
use crate::function::FunctionState;
use crate::inline_asm;
use crate::intrinsics::Intrinsic;
use crate::module::ModuleState;

/// A trap block that is branched to but still empty.
pub(crate) struct PendingTrap<'ctx> {
    block: BasicBlock<'ctx>,
    code: TrapCode,
    offset: WasmOffset,
}

impl<'ctx> FunctionState<'_, 'ctx> {
    /// Traps if an `i1` is set, else goes on in a new block. Emits nothing if it is known to be clear.
    pub(crate) fn trap_if(&mut self, condition: IntValue<'ctx>, code: TrapCode) -> Result<(), CompileError> {
        if condition.get_zero_extended_constant() == Some(0) {
            return Ok(());
        }
        let here = self.current_block()?;
        let trap = self.module.context.append_basic_block(self.function, "trap");
        let next = self.module.context.insert_basic_block_after(here, "");
        self.traps.push(PendingTrap { block: trap, code, offset: self.offset });
        let branch = self.builder().build_conditional_branch(condition, trap, next)?;
        self.module.metadata.unlikely(branch)?;
        self.builder().position_at_end(next);
        Ok(())
    }

    /// Goes on in a new block if an `i1` is set, as it nearly always is, else in one that `otherwise` ends.
    pub(crate) fn unlikely_unless(
        &mut self,
        condition: IntValue<'ctx>,
        otherwise: impl FnOnce(&mut Self) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        let here = self.current_block()?;
        let next = self.module.context.insert_basic_block_after(here, "");
        let unlikely = self.module.context.insert_basic_block_after(next, "");
        let branch = self.builder().build_conditional_branch(condition, next, unlikely)?;
        self.module.metadata.likely(branch)?;
        self.builder().position_at_end(unlikely);
        otherwise(self)?;
        self.builder().position_at_end(next);
        Ok(())
    }

    /// Traps here. Ends the block.
    pub(crate) fn trap(&mut self, code: TrapCode) -> Result<(), CompileError> {
        emit_trap(self.module, code)
    }

    /// Fills the trap blocks and moves them behind the body.
    pub(crate) fn emit_traps(&mut self) -> Result<(), CompileError> {
        for PendingTrap { block, code, offset } in std::mem::take(&mut self.traps) {
            if let Some(last) = self.function.get_last_basic_block()
                && last != block
            {
                block
                    .move_after(last)
                    .map_err(|()| CompileError::InvalidLlvm("a trap block is in no function".into()))?;
            }
            self.builder().position_at_end(block);
            self.set_offset(offset);
            self.trap(code)?;
        }
        Ok(())
    }
}

/// Emits a trap instruction that carries a code. Ends the block.
///
/// LLVM takes the trap for something that reads no memory, so that a store before it would be dead, for passes that look for such. But
/// the memory outlives the trap.
pub(crate) fn emit_trap(module: &ModuleState<'_>, code: TrapCode) -> Result<(), CompileError> {
    if module.optimised {
        inline_asm::observe_memory(module)?;
    }
    let function = module.intrinsic(Intrinsic::Ubsantrap)?;
    let code = module.types.i8.const_int(code as u64, false);
    let call = module.builder.build_call(function, &[code.into()], "")?;
    module.attributes.trap(call);
    module.builder.build_unreachable()?;
    Ok(())
}
