//! Removes the stack checks that inlining brought into the middle of functions.
//!
//! A check is lowered into the entry of every function that calls, before optimisation: the pass that infers what a
//! function may do must see that it may trap. An inlined body brings its check along, but the caller's own in the entry
//! covers its whole frame already. The superfluous compare is given a left side that no limit exceeds.

use inkwell::values::{
    AnyValueEnum, BasicValue, BasicValueUse, FunctionValue, InstructionOpcode, InstructionValue, Operand,
};

use crate::module::ModuleState;

/// Keeps the first check of each function.
pub(crate) fn keep_first(module: &ModuleState<'_>) {
    for function in module.module.get_functions() {
        disarm_later_checks(module, function);
    }
}

fn disarm_later_checks<'ctx>(module: &ModuleState<'ctx>, function: FunctionValue<'ctx>) {
    let blocks = function.get_basic_block_iter();
    let saves = blocks.flat_map(|block| block.get_instructions()).filter(|i| is_stacksave(*i));
    // The first in layout is the function's own: its entry block has no predecessor, so nothing precedes it.
    let later: Vec<_> = saves.skip(1).collect();
    for save in later {
        disarm(module, save);
    }
}

fn is_stacksave(instruction: InstructionValue<'_>) -> bool {
    if instruction.get_opcode() != InstructionOpcode::Call {
        return false;
    }
    let callee = instruction.get_operand(instruction.get_num_operands().saturating_sub(1));
    match callee {
        Some(Operand::Value(callee)) if callee.is_pointer_value() => {
            callee.into_pointer_value().get_name().to_bytes() == b"llvm.stacksave.p0"
        }
        _ => false,
    }
}

/// Replaces the stack pointer of a check with the highest address, which is below no limit.
fn disarm<'ctx>(module: &ModuleState<'ctx>, save: InstructionValue<'ctx>) {
    let highest = module.types.i64.const_all_ones().const_to_pointer(module.types.ptr);
    while let Some(AnyValueEnum::InstructionValue(user)) = save.get_first_use().map(BasicValueUse::get_user) {
        let is_save = |index: &u32| match user.get_operand(*index) {
            Some(Operand::Value(value)) => value.as_instruction_value() == Some(save),
            _ => false,
        };
        let Some(index) = (0..user.get_num_operands()).find(is_save) else { return };
        user.set_operand(index, highest);
    }
    save.erase_from_basic_block();
}
