//! References (specification: Reference Instructions). A reference is a pointer; null is zero.

use std::mem::offset_of;

use inkwell::values::{BasicValueEnum, PointerValue};
use wootz_vm_abi::context::VMFunctionImport;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::ir::Value;
use wootz_wasm_ir::{FuncIndex, ValType};

use super::numeric::boolean;
use crate::error::CompileError;
use crate::function::FunctionState;
use crate::metadata::Region;

pub(super) fn null<'ctx>(f: &FunctionState<'_, 'ctx>) -> BasicValueEnum<'ctx> {
    f.module.types.ptr.const_null().into()
}

/// `ref.func`: the address of the function's `VMFuncRef`, in the context or, of an import, wherever the exporter has it.
pub(super) fn func<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    func: FuncIndex,
) -> Result<BasicValueEnum<'ctx>, CompileError> {
    if f.module.declarations.is_imported_function(func) {
        let offset = f.module.layout.imported_function(func) + offset_of!(VMFunctionImport, func_ref);
        return f.load(f.module.types.ptr.into(), f.vmctx, offset, Region::Context, true);
    }
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

/// `ref.as_non_null`.
pub(super) fn as_non_null<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    reference: PointerValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>, CompileError> {
    let is_null = f.builder().build_is_null(reference, "")?;
    f.trap_if(is_null, TrapCode::NullReference)?;
    Ok(reference.into())
}

/// Whether a reference's type includes null.
pub(super) fn may_be_null(f: &FunctionState<'_, '_>, reference: Value) -> bool {
    !matches!(f.body.ty(reference), ValType::Ref(ty) if !ty.nullable)
}
