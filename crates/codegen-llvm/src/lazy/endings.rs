//! Returns in blocks of their own, for LLVM's fast instruction selector.
//!
//! It cannot return from functions under `tailcc`, and leaves a block whose end it cannot select to the other selector, which takes several
//! times as long, as a whole: of a small function that is all of it.

use inkwell::llvm_sys::LLVMTailCallKind::LLVMTailCallKindMustTail;
use inkwell::values::{CallSiteValue, InstructionOpcode};

use crate::error::CompileError;
use crate::module::ModuleState;

/// Moves each return behind other instructions into a block that has nothing else. To be called after passes, which would take it back.
pub(super) fn set_returns_apart(module: &ModuleState<'_>) -> Result<(), CompileError> {
    for function in module.module.get_functions() {
        for block in function.get_basic_blocks() {
            let end = block.get_terminator().filter(|end| end.get_opcode() == InstructionOpcode::Return);
            let Some((end, before)) = end.and_then(|end| Some((end, end.get_previous_instruction()?))) else {
                continue;
            };
            let call = CallSiteValue::try_from(before).ok();
            if call.is_some_and(|call| call.get_tail_call_kind() == LLVMTailCallKindMustTail) {
                // The return belongs to the call.
                continue;
            }
            let last = module.context.insert_basic_block_after(block, "");
            end.remove_from_basic_block();
            module.builder.position_at_end(last);
            module.builder.insert_instruction(&end, None);
            module.builder.position_at_end(block);
            module.builder.unset_current_debug_location();
            module.builder.build_unconditional_branch(last)?;
        }
    }
    Ok(())
}
