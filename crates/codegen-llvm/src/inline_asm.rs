//! What LLVM IR has no better word for than inline assembly.

use inkwell::attributes::AttributeLoc;
use inkwell::values::CallSiteValue;

use crate::error::CompileError;
use crate::module::ModuleState;

/// No instruction, but LLVM must assume that it reads all memory.
pub(crate) fn observe_memory(module: &ModuleState<'_>) -> Result<(), CompileError> {
    nothing(module, "~{memory}").map(drop)
}

/// No instruction, but LLVM does not vectorise a loop that it stands in. Accesses of memory may pass it.
pub(crate) fn keep_scalar(module: &ModuleState<'_>) -> Result<(), CompileError> {
    let call = nothing(module, "")?;
    module.attributes.inaccessible_call(call);
    Ok(())
}

fn nothing<'ctx>(module: &ModuleState<'ctx>, constraints: &str) -> Result<CallSiteValue<'ctx>, CompileError> {
    let ty = module.types.void.fn_type(&[], false);
    let assembly =
        module.context.create_inline_asm(ty, String::new(), constraints.into(), true, false, None, false);
    let call = module.builder.build_indirect_call(ty, assembly, &[], "")?;
    call.add_attribute(AttributeLoc::Function, module.attributes.nounwind());
    Ok(call)
}
