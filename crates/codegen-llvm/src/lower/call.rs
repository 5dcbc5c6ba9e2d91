//! Calls: of functions of the module, of imports, through tables, and of builtins (specification: Control Instructions).

use std::mem::offset_of;

use inkwell::IntPredicate;
use inkwell::values::{BasicMetadataValueEnum, BasicValueEnum, CallSiteValue, PointerValue};
use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::callconv::{self, ValRaw};
use wootz_vm_abi::context::{VMContext, VMFuncRef, VMFunctionImport, VMStoreContext, VMTypeId};
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Inst, Value};
use wootz_wasm_ir::{FuncIndex, FuncType, TableIndex, TypeIndex};

use crate::error::CompileError;
use crate::function::{FunctionState, store};
use crate::metadata::Region;
use crate::module::{C_CONVENTION, WASM_CONVENTION};

type Result<T> = std::result::Result<T, CompileError>;

/// A callee outside the module or unknown: its code and its context.
struct Target<'ctx> {
    code: PointerValue<'ctx>,
    callee: PointerValue<'ctx>,
}

/// `call`.
pub(super) fn direct(f: &mut FunctionState<'_, '_>, func: FuncIndex, inst: Inst) -> Result<()> {
    let module = f.module;
    let ty = module.declarations.signature(func);
    let args = f.body.args(inst);
    if module.declarations.is_imported_function(func) {
        let import = module.layout.imported_function(func);
        let target = Target {
            code: invariant(f, f.vmctx, import + offset_of!(VMFunctionImport, code))?,
            callee: invariant(f, f.vmctx, import + offset_of!(VMFunctionImport, callee))?,
        };
        return call_target(f, target, ty, args, inst);
    }
    let args = call_args(f, ty, f.vmctx, args)?;
    let call = f.builder().build_call(module.function(func), &args, "")?;
    finish_call(f, call, ty, inst)
}

/// `call_indirect`: the element must exist, not be null, and have the expected type.
pub(super) fn indirect(
    f: &mut FunctionState<'_, '_>,
    table: TableIndex,
    ty: TypeIndex,
    inst: Inst,
) -> Result<()> {
    let Some((index, args)) = f.body.args(inst).split_last() else {
        return Err(f.invalid(format!("{inst} has no table index")));
    };
    let index = f.value(*index)?.into_int_value();
    let func_ref = super::table::element(f, table, index, TrapCode::UndefinedElement)?;
    let is_null = f.builder().build_is_null(func_ref, "")?;
    f.trap_if(is_null, TrapCode::UninitializedElement)?;

    let i32 = f.module.types.i32.into();
    let type_ids = invariant(f, f.vmctx, offset_of!(VMContext, type_ids))?;
    let expected = f.load(i32, type_ids, ty.index() * size_of::<VMTypeId>(), Region::Context, true)?;
    let actual = f.load(i32, func_ref, offset_of!(VMFuncRef, type_id), Region::Context, true)?;
    let (expected, actual) = (expected.into_int_value(), actual.into_int_value());
    let differs = f.builder().build_int_compare(IntPredicate::NE, actual, expected, "")?;
    f.trap_if(differs, TrapCode::IndirectCallTypeMismatch)?;

    let target = Target {
        code: invariant(f, func_ref, offset_of!(VMFuncRef, code))?,
        callee: invariant(f, func_ref, offset_of!(VMFuncRef, callee))?,
    };
    call_target(f, target, &f.module.declarations.types[ty], args, inst)
}

/// Calls with the callee's context, after noting ours as the caller's.
fn call_target<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    target: Target<'ctx>,
    ty: &FuncType,
    args: &[Value],
    inst: Inst,
) -> Result<()> {
    let store_context = f.load_store_context()?;
    let offset = offset_of!(VMStoreContext, caller);
    store(f.module, f.vmctx.into(), store_context, offset, Region::Context)?;
    let args = call_args(f, ty, target.callee, args)?;
    let function = f.module.types.wasm_function(ty);
    let call = f.builder().build_indirect_call(function, target.code, &args, "")?;
    finish_call(f, call, ty, inst)
}

fn call_args<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    ty: &FuncType,
    context: PointerValue<'ctx>,
    args: &[Value],
) -> Result<Vec<BasicMetadataValueEnum<'ctx>>> {
    let mut lowered: Vec<BasicMetadataValueEnum<'ctx>> = Vec::with_capacity(args.len() + 2);
    lowered.push(context.into());
    for arg in args {
        lowered.push(f.value(*arg)?.into());
    }
    if callconv::returns_through_memory(ty) {
        lowered.push(results_buffer(f)?.into());
    }
    Ok(lowered)
}

fn results_buffer<'ctx>(f: &FunctionState<'_, 'ctx>) -> Result<PointerValue<'ctx>> {
    f.results.ok_or_else(|| CompileError::InvalidLlvm(format!("{} has no buffer for results", f.func())))
}

/// Sets the convention and defines the results.
fn finish_call<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    call: CallSiteValue<'ctx>,
    ty: &FuncType,
    inst: Inst,
) -> Result<()> {
    f.module.attributes.call(call, WASM_CONVENTION);
    let results = f.body.results(inst);
    if results.len() != ty.results.len() {
        return Err(f.invalid(format!("{inst} has {} results, not {}", results.len(), ty.results.len())));
    }
    if callconv::returns_through_memory(ty) {
        let buffer = results_buffer(f)?;
        for (index, result) in results.iter().enumerate() {
            let ty = f.module.types.value(f.body.ty(*result));
            let value = f.load(ty, buffer, index * size_of::<ValRaw>(), Region::Slots, false)?;
            f.define(*result, value);
        }
        return Ok(());
    }
    let value = call.try_as_basic_value().basic();
    match (results, value) {
        ([], None) => {}
        ([result], Some(value)) => f.define(*result, value),
        (results, Some(BasicValueEnum::StructValue(tuple))) => {
            for (index, result) in (0..).zip(results) {
                let value = f.builder().build_extract_value(tuple, index, "")?;
                f.define(*result, value);
            }
        }
        _ => return Err(CompileError::InvalidLlvm(format!("{inst} returns a value of another shape"))),
    }
    Ok(())
}

/// A pointer that never changes while compiled code can see it.
fn invariant<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    base: PointerValue<'ctx>,
    offset: usize,
) -> Result<PointerValue<'ctx>> {
    let ptr = f.module.types.ptr.into();
    Ok(f.load(ptr, base, offset, Region::Context, true)?.into_pointer_value())
}

impl<'ctx> FunctionState<'_, 'ctx> {
    /// Calls a builtin with the context and `args`.
    pub(super) fn call_builtin(
        &self,
        builtin: Builtin,
        args: &[BasicValueEnum<'ctx>],
    ) -> Result<BasicValueEnum<'ctx>> {
        let table = invariant(self, self.vmctx, offset_of!(VMContext, builtins))?;
        let code = invariant(self, table, builtin as usize * size_of::<*const ()>())?;
        let mut all: Vec<BasicMetadataValueEnum<'ctx>> = vec![self.vmctx.into()];
        all.extend(args.iter().map(|arg| BasicMetadataValueEnum::from(*arg)));
        let ty = self.module.types.builtin(builtin);
        let call = self.builder().build_indirect_call(ty, code, &all, "")?;
        self.module.attributes.call(call, C_CONVENTION);
        let result = call.try_as_basic_value().basic();
        result.ok_or_else(|| CompileError::InvalidLlvm(format!("{} returns nothing", builtin.name())))
    }

    /// Calls a builtin that returns a status, and traps if it says so.
    pub(super) fn call_fallible(&mut self, builtin: Builtin, args: &[BasicValueEnum<'ctx>]) -> Result<()> {
        let status = self.call_builtin(builtin, args)?.into_int_value();
        let zero = status.get_type().const_zero();
        let failed = self.builder().build_int_compare(IntPredicate::NE, status, zero, "")?;
        self.trap_if(failed, TrapCode::Pending)
    }

    /// Calls a builtin that returns an outcome, and traps if it has none. The outcome has 32 bits.
    pub(super) fn call_outcome(
        &mut self,
        builtin: Builtin,
        args: &[BasicValueEnum<'ctx>],
    ) -> Result<BasicValueEnum<'ctx>> {
        let outcome = self.call_builtin(builtin, args)?.into_int_value();
        let zero = outcome.get_type().const_zero();
        let failed = self.builder().build_int_compare(IntPredicate::SLT, outcome, zero, "")?;
        self.trap_if(failed, TrapCode::Pending)?;
        Ok(self.builder().build_int_truncate(outcome, self.module.types.i32, "")?.into())
    }
}
