//! Calls: of functions of the module, of imports, through tables and references, in tail position or not, and of builtins
//! (specification: Control Instructions).

use std::mem::offset_of;

use inkwell::IntPredicate;
use inkwell::values::{
    BasicMetadataValueEnum, BasicValueEnum, CallSiteValue, FunctionValue, IntValue, PointerValue,
};
use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::callconv::{self, ValRaw};
use wootz_vm_abi::context::{VMContext, VMFuncRef, VMFunctionImport, VMStoreContext, VMTypeId};
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Callee, Inst, List, Value};
use wootz_wasm_ir::{FixedTable, FuncType, HeapType, RefType, TableIndex, TypeIndex, ValType};

use crate::error::CompileError;
use crate::fixed_table;
use crate::function::{FunctionState, store};
use crate::metadata::Region;
use crate::module::{C_CONVENTION, PRIVATE_CONVENTION, WASM_CONVENTION};

type Result<T> = std::result::Result<T, CompileError>;

/// What a call goes to.
enum Target<'ctx> {
    /// A function of the module, which shares the context.
    Own(FunctionValue<'ctx>),
    /// One of them, by its code and convention.
    OwnCode { code: PointerValue<'ctx>, convention: u32 },
    /// Anything else: its code and its context.
    Other { code: PointerValue<'ctx>, callee: PointerValue<'ctx> },
}

impl Target<'_> {
    fn convention(&self) -> u32 {
        match self {
            Self::Own(function) => function.get_call_conventions(),
            Self::OwnCode { convention, .. } => *convention,
            Self::Other { .. } => WASM_CONVENTION,
        }
    }
}

/// `call`, `call_indirect`, `call_ref`.
pub(super) fn call(f: &mut FunctionState<'_, '_>, callee: Callee, inst: Inst) -> Result<()> {
    let (target, args) = resolve(f, callee, f.body.args(inst))?;
    let ty = callee.signature(f.module.declarations);
    let results = callconv::returns_through_memory(ty).then(|| results_buffer(f)).transpose()?;
    let convention = target.convention();
    let call = build(f, target, ty, args, results)?;
    f.module.attributes.call(call, convention);
    define_results(f, call, ty, inst)
}

/// `return_call`, `return_call_indirect`, `return_call_ref`: the callee takes this function's place on the stack, and its
/// results, which are also this function's, go where this function's caller wants them.
pub(super) fn tail_call(f: &mut FunctionState<'_, '_>, callee: Callee, args: List) -> Result<()> {
    let (target, args) = resolve(f, callee, f.body.list(args))?;
    let ty = callee.signature(f.module.declarations);
    if callconv::returns_through_memory(ty) != f.result_slots.is_some() {
        return Err(f.invalid(format!("a tail call to a function of type {ty}")));
    }
    let call = build(f, target, ty, args, f.result_slots)?;
    f.module.attributes.tail_call(call, WASM_CONVENTION);
    match call.try_as_basic_value().basic() {
        Some(value) => f.builder().build_return(Some(&value))?,
        None => f.builder().build_return(None)?,
    };
    Ok(())
}

/// Finds what is called, with the checks that this takes, and splits it off the operands. Notes our context as the
/// caller's if the callee may have another.
fn resolve<'m, 'ctx>(
    f: &mut FunctionState<'m, 'ctx>,
    callee: Callee,
    operands: &'m [Value],
) -> Result<(Target<'ctx>, &'m [Value])> {
    let module = f.module;
    let missing =
        || CompileError::InvalidIr { func: f.func(), message: format!("no operand for {callee:?}") };
    let (target, args) = match callee {
        Callee::Func(func) if !module.declarations.is_imported_function(func) => {
            return Ok((Target::Own(module.function(func)), operands));
        }
        Callee::Func(func) => {
            let import = module.layout.imported_function(func);
            let code = invariant(f, f.vmctx, import + offset_of!(VMFunctionImport, code))?;
            let callee = invariant(f, f.vmctx, import + offset_of!(VMFunctionImport, callee))?;
            (Target::Other { code, callee }, operands)
        }
        Callee::Table { table, ty } => {
            let (index, args) = operands.split_last().ok_or_else(missing)?;
            let index = f.value(*index)?.into_int_value();
            if let Some(fixed) = fixed_table::get(f.module, table) {
                return Ok((fixed_element(f, table, fixed, ty, index)?, args));
            }
            (element(f, table, ty, index)?, args)
        }
        Callee::Ref(_) => {
            let (reference, args) = operands.split_last().ok_or_else(missing)?;
            let func_ref = f.value(*reference)?.into_pointer_value();
            if super::reference::may_be_null(f, *reference) {
                let is_null = f.builder().build_is_null(func_ref, "")?;
                f.trap_if(is_null, TrapCode::NullFunctionReference)?;
            }
            (referred(f, func_ref)?, args)
        }
    };
    let store_context = f.load_store_context()?;
    let offset = offset_of!(VMStoreContext, caller);
    store(module, f.vmctx.into(), store_context, offset, Region::Context)?;
    Ok((target, args))
}

/// An element of a table, which must exist, not be null, and have the expected type.
fn element<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    table: TableIndex,
    ty: TypeIndex,
    index: IntValue<'ctx>,
) -> Result<Target<'ctx>> {
    let func_ref = super::table::element(f, table, index, TrapCode::UndefinedElement)?;
    let element = f.module.declarations.tables[table].ty.element;
    if element.nullable {
        let is_null = f.builder().build_is_null(func_ref, "")?;
        f.trap_if(is_null, TrapCode::UninitializedElement)?;
    }
    let wanted = ValType::Ref(RefType { nullable: true, heap: HeapType::Concrete(ty) });
    if !f.module.declarations.is_subtype(ValType::Ref(element), wanted) {
        let i32 = f.module.types.i32.into();
        let type_ids = invariant(f, f.vmctx, offset_of!(VMContext, type_ids))?;
        let expected = f.load(i32, type_ids, ty.index() * size_of::<VMTypeId>(), Region::Context, true)?;
        let actual = f.load(i32, func_ref, offset_of!(VMFuncRef, type_id), Region::Context, true)?;
        let (expected, actual) = (expected.into_int_value(), actual.into_int_value());
        let differs = f.builder().build_int_compare(IntPredicate::NE, actual, expected, "")?;
        f.trap_if(differs, TrapCode::IndirectCallTypeMismatch)?;
    }
    referred(f, func_ref)
}

/// An element of a table that never changes: the checks of [`element`], without a load of the table or of what it refers to.
///
/// *Why no trap is lost or added.* The elements are the table's. An element of the wanted type passes all three checks, so one
/// comparison with its number, or with its place if it is the only one, stands for them; if that fails, the index, null and
/// the type are looked at in the order of the specification.
fn fixed_element<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    table: TableIndex,
    fixed: &FixedTable,
    ty: TypeIndex,
    index: IntValue<'ctx>,
) -> Result<Target<'ctx>> {
    let index = f.widen(index)?;
    let i64 = f.module.types.i64;
    let length = i64.const_int(fixed.elements.len() as u64, false);
    let only = fixed.only(f.module.declarations, ty);
    if let Ok(Some(place)) = only {
        let is_it = i64.const_int(place.into(), false);
        let is_it = f.builder().build_int_compare(IntPredicate::EQ, index, is_it, "")?;
        f.unlikely_unless(is_it, |f| {
            check_index(f, index, length)?;
            refuse(f, table, index)
        })?;
        let func = fixed.elements[place as usize].ok_or_else(|| f.invalid("an element is null".into()))?;
        return Ok(Target::Own(f.module.function(func)));
    }
    check_index(f, index, length)?;
    let number = fixed_table::load_type(f, table, index)?;
    let wanted = fixed_table::type_number(f.module, ty);
    let is_it = f.builder().build_int_compare(IntPredicate::EQ, number, wanted, "")?;
    f.unlikely_unless(is_it, |f| refuse(f, table, index))?;
    let private = f.module.private_functions;
    let is_private = private.is_some_and(|private| private.are_elements(f.module.declarations, table, ty));
    let convention = if is_private { PRIVATE_CONVENTION } else { WASM_CONVENTION };
    Ok(Target::OwnCode { code: fixed_table::load_code(f, table, index)?, convention })
}

fn check_index<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    index: IntValue<'ctx>,
    length: IntValue<'ctx>,
) -> Result<()> {
    let is_outside = f.builder().build_int_compare(IntPredicate::UGE, index, length, "")?;
    f.trap_if(is_outside, TrapCode::UndefinedElement)
}

/// Traps, because an element of a fixed table is not the one that is wanted. Ends the block.
fn refuse<'ctx>(f: &mut FunctionState<'_, 'ctx>, table: TableIndex, index: IntValue<'ctx>) -> Result<()> {
    let number = fixed_table::load_type(f, table, index)?;
    let is_null = f.builder().build_int_compare(IntPredicate::EQ, number, fixed_table::null(f.module), "")?;
    f.trap_if(is_null, TrapCode::UninitializedElement)?;
    f.trap(TrapCode::IndirectCallTypeMismatch)
}

/// What a reference refers to.
fn referred<'ctx>(f: &FunctionState<'_, 'ctx>, func_ref: PointerValue<'ctx>) -> Result<Target<'ctx>> {
    let code = invariant(f, func_ref, offset_of!(VMFuncRef, code))?;
    let callee = invariant(f, func_ref, offset_of!(VMFuncRef, callee))?;
    Ok(Target::Other { code, callee })
}

/// The call itself, without its convention.
fn build<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    target: Target<'ctx>,
    ty: &FuncType,
    args: &[Value],
    results: Option<PointerValue<'ctx>>,
) -> Result<CallSiteValue<'ctx>> {
    let context = match target {
        Target::Own(_) | Target::OwnCode { .. } => f.vmctx,
        Target::Other { callee, .. } => callee,
    };
    let mut lowered: Vec<BasicMetadataValueEnum<'ctx>> = Vec::with_capacity(args.len() + 2);
    lowered.push(context.into());
    for arg in args {
        lowered.push(f.value(*arg)?.into());
    }
    let ty = f.module.types.wasm_function(ty);
    f.module.types.complete_args(ty, &mut lowered, results);
    Ok(match target {
        Target::Own(function) => f.builder().build_call(function, &lowered, "")?,
        Target::OwnCode { code, .. } | Target::Other { code, .. } => {
            f.builder().build_indirect_call(ty, code, &lowered, "")?
        }
    })
}

fn results_buffer<'ctx>(f: &FunctionState<'_, 'ctx>) -> Result<PointerValue<'ctx>> {
    f.results.ok_or_else(|| CompileError::InvalidLlvm(format!("{} has no buffer for results", f.func())))
}

/// Gives the results of an instruction what a call returned.
fn define_results<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    call: CallSiteValue<'ctx>,
    ty: &FuncType,
    inst: Inst,
) -> Result<()> {
    let results = f.body.results(inst);
    if results.len() != ty.results.len() {
        return Err(f.invalid(format!("{inst} has {} results, not {}", results.len(), ty.results.len())));
    }
    if callconv::returns_through_memory(ty) {
        let buffer = results_buffer(f)?;
        for (index, result) in results.iter().enumerate() {
            let ty = f.module.types.value(f.body.ty(*result));
            let value = f.load(ty, buffer, index * size_of::<ValRaw>(), Region::Slots, false)?;
            f.define(*result, value)?;
        }
        return Ok(());
    }
    let value = call.try_as_basic_value().basic();
    match (results, value) {
        ([], None) => {}
        ([result], Some(value)) => f.define(*result, value)?,
        (results, Some(BasicValueEnum::StructValue(tuple))) => {
            for (index, result) in (0..).zip(results) {
                let value = f.builder().build_extract_value(tuple, index, "")?;
                f.define(*result, value)?;
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
    pub(crate) fn call_builtin(
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
