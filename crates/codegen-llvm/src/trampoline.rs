//! Trampolines across the host boundary, one pair per function type; `vm_abi::callconv` defines both.

use std::collections::BTreeSet;
use std::mem::offset_of;

use inkwell::IntPredicate;
use inkwell::types::FunctionType;
use inkwell::values::{BasicMetadataValueEnum, BasicValueEnum, FunctionValue, PointerValue};
use wootz_vm_abi::callconv::{self, ValRaw};
use wootz_vm_abi::context::{VMHostContext, VMStoreContext};
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::{FuncType, TypeIndex};

use crate::error::CompileError;
use crate::function::{load, stack_is_exhausted, store};
use crate::metadata::Region;
use crate::module::{C_CONVENTION, ModuleState, WASM_CONVENTION};
use crate::symbol::Symbol;
use crate::traps::emit_trap;

type Result<T> = std::result::Result<T, CompileError>;

/// Lowers every trampoline that the module needs.
///
/// A host entry for each type of a function that escapes, since the host can call those. A host exit for each
/// type, since a host function of any type can come in through an import or a table.
pub(crate) fn lower_trampolines(module: &ModuleState<'_>) -> Result<()> {
    let declarations = module.declarations;
    let escaping: BTreeSet<TypeIndex> = module
        .layout
        .shape()
        .func_refs
        .functions()
        .iter()
        .filter(|func| !declarations.is_imported_function(**func))
        .map(|func| declarations.functions[*func].ty)
        .collect();
    for index in escaping {
        lower_host_entry(module, index, &declarations.types[index])?;
    }
    for (index, ty) in declarations.types.iter() {
        lower_host_exit(module, index, ty)?;
    }
    Ok(())
}

/// A trampoline that moves more values than this is left as it is: the instruction scheduler takes the square of their number,
/// and finds nothing.
const MANY_VALUES: usize = 64;

fn declare<'ctx>(
    module: &ModuleState<'ctx>,
    symbol: Symbol,
    function: FunctionType<'ctx>,
    convention: u32,
    ty: &FuncType,
) -> FunctionValue<'ctx> {
    let function = module.add_function(symbol, function, convention);
    if callconv::slot_count(ty) > MANY_VALUES {
        module.attributes.leave_alone(function);
    }
    function
}

/// `void host_entry(ptr vmctx, ptr code, ptr slots)`.
pub(crate) fn lower_host_entry(module: &ModuleState<'_>, index: TypeIndex, ty: &FuncType) -> Result<()> {
    let b = &module.builder;
    let function = declare(module, Symbol::HostEntry(index), module.types.host_entry(), C_CONVENTION, ty);
    let [vmctx, code, slots] = pointers(function.get_params())?;
    b.position_at_end(module.context.append_basic_block(function, "entry"));
    let mut args: Vec<BasicMetadataValueEnum<'_>> = vec![vmctx.into()];
    for (position, param) in ty.params.iter().enumerate() {
        args.push(load_slot(module, slots, position, *param)?.into());
    }
    let results = callconv::returns_through_memory(ty).then_some(slots);
    let callee = module.types.wasm_function(ty);
    module.types.complete_args(callee, &mut args, results);
    let call = b.build_indirect_call(callee, code, &args, "")?;
    module.attributes.call(call, WASM_CONVENTION);
    match (call.try_as_basic_value().basic(), &*ty.results) {
        (None, _) => {}
        (Some(value), [_]) => store_slot(module, slots, 0, value)?,
        (Some(value), results) => {
            for position in 0..results.len() {
                let value = b.build_extract_value(value.into_struct_value(), position as u32, "")?;
                store_slot(module, slots, position, value)?;
            }
        }
    }
    b.build_return(None)?;
    Ok(())
}

/// `R host_exit(ptr host_context, params…, [padding], [ptr results])`.
pub(crate) fn lower_host_exit(module: &ModuleState<'_>, index: TypeIndex, ty: &FuncType) -> Result<()> {
    let (b, types) = (&module.builder, &module.types);
    let function = declare(module, Symbol::HostExit(index), types.wasm_function(ty), WASM_CONVENTION, ty);
    let params = function.get_params();
    let Some((context, params)) = params.split_first() else {
        return Err(CompileError::InvalidLlvm("a host exit has no context parameter".into()));
    };
    let context = context.into_pointer_value();
    b.position_at_end(module.context.append_basic_block(function, "entry"));
    let slots = slots(module, callconv::slot_count(ty))?;
    let pointer = |base, offset| -> Result<PointerValue<'_>> {
        Ok(load(module, types.ptr.into(), base, offset, Region::Context, false)?.into_pointer_value())
    };
    let store_context = pointer(context, offset_of!(VMHostContext, store))?;
    let exhausted = stack_is_exhausted(module, store_context)?;
    trap_if(module, function, exhausted, TrapCode::StackExhausted)?;

    for (position, value) in params.iter().take(ty.params.len()).enumerate() {
        store_slot(module, slots, position, *value)?;
    }
    let callee = pointer(context, offset_of!(VMHostContext, callee))?;
    let caller = pointer(store_context, offset_of!(VMStoreContext, caller))?;
    let args = [context.into(), caller.into(), slots.into()];
    let call = b.build_indirect_call(types.host_callee(), callee, &args, "")?;
    module.attributes.call(call, C_CONVENTION);
    let status = call.try_as_basic_value().basic();
    let status = status.ok_or_else(|| CompileError::InvalidLlvm("a host callee returns nothing".into()))?;
    let failed =
        b.build_int_compare(IntPredicate::NE, status.into_int_value(), types.i32.const_zero(), "")?;
    trap_if(module, function, failed, TrapCode::Pending)?;
    return_slots(module, ty, slots, params.last().copied())
}

/// Returns what the slots hold, as the signature says.
fn return_slots<'ctx>(
    module: &ModuleState<'ctx>,
    ty: &FuncType,
    slots: PointerValue<'ctx>,
    last_param: Option<BasicValueEnum<'ctx>>,
) -> Result<()> {
    let b = &module.builder;
    if callconv::returns_through_memory(ty) {
        let missing = || CompileError::InvalidLlvm("a host exit has no results parameter".into());
        let results = last_param.ok_or_else(missing)?.into_pointer_value();
        for (position, result) in ty.results.iter().enumerate() {
            store_slot(module, results, position, load_slot(module, slots, position, *result)?)?;
        }
        b.build_return(None)?;
        return Ok(());
    }
    match &*ty.results {
        [] => b.build_return(None)?,
        [result] => b.build_return(Some(&load_slot(module, slots, 0, *result)?))?,
        results => {
            let mut tuple = module.types.tuple(results).into_struct_type().get_poison();
            for (position, result) in results.iter().enumerate() {
                let value = load_slot(module, slots, position, *result)?;
                tuple = b.build_insert_value(tuple, value, position as u32, "")?.into_struct_value();
            }
            b.build_return(Some(&tuple))?
        }
    };
    Ok(())
}

/// Space for `count` values on the stack.
fn slots<'ctx>(module: &ModuleState<'ctx>, count: usize) -> Result<PointerValue<'ctx>> {
    let size = u32::try_from(count * size_of::<ValRaw>())
        .map_err(|_| CompileError::Llvm("a signature has too many values".into()))?;
    let slots = module.builder.build_alloca(module.types.i8.array_type(size), "slots")?;
    if let Some(alloca) = slots.as_instruction() {
        alloca.set_alignment(align_of::<ValRaw>() as u32)?;
    }
    Ok(slots)
}

fn load_slot<'ctx>(
    module: &ModuleState<'ctx>,
    slots: PointerValue<'ctx>,
    position: usize,
    ty: wootz_wasm_ir::ValType,
) -> Result<BasicValueEnum<'ctx>> {
    let offset = position * size_of::<ValRaw>();
    load(module, module.types.value(ty), slots, offset, Region::Slots, false)
}

fn store_slot<'ctx>(
    module: &ModuleState<'ctx>,
    slots: PointerValue<'ctx>,
    position: usize,
    value: BasicValueEnum<'ctx>,
) -> Result<()> {
    store(module, value, slots, position * size_of::<ValRaw>(), Region::Slots)?;
    Ok(())
}

fn trap_if<'ctx>(
    module: &ModuleState<'ctx>,
    function: FunctionValue<'ctx>,
    condition: inkwell::values::IntValue<'ctx>,
    code: TrapCode,
) -> Result<()> {
    let b = &module.builder;
    let here = b.get_insert_block();
    let here = here.ok_or_else(|| CompileError::InvalidLlvm("the builder has no position".into()))?;
    let next = module.context.insert_basic_block_after(here, "");
    let trap = module.context.append_basic_block(function, "trap");
    let branch = b.build_conditional_branch(condition, trap, next)?;
    module.metadata.unlikely(branch)?;
    b.position_at_end(trap);
    emit_trap(module, code)?;
    b.position_at_end(next);
    Ok(())
}

fn pointers<const N: usize>(params: Vec<BasicValueEnum<'_>>) -> Result<[PointerValue<'_>; N]> {
    let pointers: Vec<_> = params.into_iter().map(BasicValueEnum::into_pointer_value).collect();
    pointers.try_into().map_err(|_| CompileError::InvalidLlvm("a trampoline has other parameters".into()))
}
