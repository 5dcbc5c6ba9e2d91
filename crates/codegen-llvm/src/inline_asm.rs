//! The one thing LLVM IR has no better word for than inline assembly.

use inkwell::attributes::AttributeLoc;

use crate::error::CompileError;
use crate::module::ModuleState;

/// No instruction, but LLVM must assume that it reads all memory.
pub(crate) fn observe_memory(module: &ModuleState<'_>) -> Result<(), CompileError> {
    let ty = module.types.void.fn_type(&[], false);
    let constraints = "~{memory}".into();
    let assembly = module.context.create_inline_asm(ty, String::new(), constraints, true, false, None, false);
    let call = module.builder.build_indirect_call(ty, assembly, &[], "")?;
    call.add_attribute(AttributeLoc::Function, module.attributes.nounwind());
    Ok(())
}
