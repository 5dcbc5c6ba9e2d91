//! The two things LLVM IR has no better word for than inline assembly.

use inkwell::attributes::AttributeLoc;
use inkwell::types::FunctionType;
use inkwell::values::{CallSiteValue, IntValue};

use crate::error::CompileError;
use crate::module::ModuleState;

/// The stack pointer, after the function's frame has been allocated.
///
/// Not `llvm.stacksave`, which counts as an access of all memory: this reads none, so equal ones are merged.
pub(crate) fn stack_pointer<'ctx>(module: &ModuleState<'ctx>) -> Result<IntValue<'ctx>, CompileError> {
    let ty = module.types.i64.fn_type(&[], false);
    let call = emit(module, ty, "movq %rsp, $0", "=r", false)?;
    for attribute in module.attributes.pure() {
        call.add_attribute(AttributeLoc::Function, attribute);
    }
    let value = call.try_as_basic_value().basic();
    Ok(value.ok_or_else(|| CompileError::InvalidLlvm("no stack pointer".into()))?.into_int_value())
}

/// No instruction, but LLVM must assume that it reads all memory.
pub(crate) fn observe_memory(module: &ModuleState<'_>) -> Result<(), CompileError> {
    emit(module, module.types.void.fn_type(&[], false), "", "~{memory}", true)?;
    Ok(())
}

fn emit<'ctx>(
    module: &ModuleState<'ctx>,
    ty: FunctionType<'ctx>,
    text: &str,
    constraints: &str,
    side_effects: bool,
) -> Result<CallSiteValue<'ctx>, CompileError> {
    let assembly = module.context.create_inline_asm(
        ty,
        text.into(),
        constraints.into(),
        side_effects,
        false,
        None,
        false,
    );
    let call = module.builder.build_indirect_call(ty, assembly, &[], "")?;
    call.add_attribute(AttributeLoc::Function, module.attributes.nounwind());
    Ok(call)
}
