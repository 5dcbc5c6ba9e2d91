//! References (specification: Reference Instructions). A reference is a pointer; null is zero.

use inkwell::values::{BasicValueEnum, PointerValue};
use wootz_wasm_ir::FuncIndex;

use super::numeric::boolean;
use crate::error::CompileError;
use crate::function::FunctionState;

pub(super) fn null<'ctx>(f: &FunctionState<'_, 'ctx>) -> BasicValueEnum<'ctx> {
    f.module.types.ptr.const_null().into()
}

/// `ref.func`: the address of the function's `VMFuncRef` in the context.
pub(super) fn func<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    func: FuncIndex,
) -> Result<BasicValueEnum<'ctx>, CompileError> {
    let offset = f.module.layout.func_ref(func);
    let offset = offset.ok_or_else(|| f.invalid(format!("{func} is referred to but not declared")))?;
    Ok(f.field(f.vmctx, offset)?.into())
}

pub(super) fn is_null<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    reference: PointerValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>, CompileError> {
    boolean(f, f.builder().build_is_null(reference, "")?)
}
