//! Tables (specification: Table Instructions). Compiled code reads tables; the runtime writes them.

use std::mem::offset_of;

use inkwell::IntPredicate;
use inkwell::values::{BasicValueEnum, IntValue, PointerValue};
use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::context::VMTable;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::ir::Inst;
use wootz_wasm_ir::{ElementIndex, TableIndex};

use crate::error::CompileError;
use crate::function::FunctionState;
use crate::metadata::Region;

type Result<T> = std::result::Result<T, CompileError>;

pub(super) fn get<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    table: TableIndex,
    index: IntValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    Ok(element(f, table, index, TrapCode::TableOutOfBounds)?.into())
}

/// An element, or the trap if the table has none of that index.
pub(super) fn element<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    table: TableIndex,
    index: IntValue<'ctx>,
    outside: TrapCode,
) -> Result<PointerValue<'ctx>> {
    let b = f.builder();
    let index = f.widen(index)?;
    let is_outside = b.build_int_compare(IntPredicate::UGE, index, length(f, table)?, "")?;
    f.trap_if(is_outside, outside)?;
    let ptr = f.module.types.ptr.into();
    let offset = offset_of!(VMTable, base);
    let base = f.load(ptr, structure(f, table)?, offset, Region::Context, false)?.into_pointer_value();
    let shift = f.module.types.i64.const_int(u64::from(size_of::<*const ()>().trailing_zeros()), false);
    let offset = b.build_left_shift(index, shift, "")?;
    let slot = crate::llvm::byte_offset(b, f.module.types.i8, base, offset)?;
    Ok(f.load(ptr, slot, 0, Region::Context, false)?.into_pointer_value())
}

fn length<'ctx>(f: &FunctionState<'_, 'ctx>, table: TableIndex) -> Result<IntValue<'ctx>> {
    let i64 = f.module.types.i64.into();
    let offset = offset_of!(VMTable, length);
    Ok(f.load(i64, structure(f, table)?, offset, Region::Context, false)?.into_int_value())
}

/// The address of a table's `VMTable`.
fn structure<'ctx>(f: &FunctionState<'_, 'ctx>, table: TableIndex) -> Result<PointerValue<'ctx>> {
    f.place(f.module.layout.table(table), size_of::<VMTable>())
}

pub(super) fn set(f: &mut FunctionState<'_, '_>, table: TableIndex, inst: Inst) -> Result<()> {
    let index = f.widen(f.int(inst, 0)?)?;
    f.call_fallible(Builtin::table_set, &[f.index(table), index.into(), f.arg(inst, 1)?])
}

pub(super) fn size<'ctx>(f: &FunctionState<'_, 'ctx>, table: TableIndex) -> Result<BasicValueEnum<'ctx>> {
    f.narrow(length(f, table)?, f.module.declarations.tables[table].ty.index_type())
}

pub(super) fn grow<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    table: TableIndex,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let args = [f.index(table), f.arg(inst, 0)?, f.widen(f.int(inst, 1)?)?.into()];
    let old = f.call_builtin(Builtin::table_grow, &args)?.into_int_value();
    f.narrow(old, f.module.declarations.tables[table].ty.index_type())
}

pub(super) fn fill(f: &mut FunctionState<'_, '_>, table: TableIndex, inst: Inst) -> Result<()> {
    let (dst, len) = (f.widen(f.int(inst, 0)?)?, f.widen(f.int(inst, 2)?)?);
    f.call_fallible(Builtin::table_fill, &[f.index(table), dst.into(), f.arg(inst, 1)?, len.into()])
}

pub(super) fn copy(
    f: &mut FunctionState<'_, '_>,
    dst: TableIndex,
    src: TableIndex,
    inst: Inst,
) -> Result<()> {
    let [to, from, len] = f.wide_args(inst)?.map(BasicValueEnum::from);
    f.call_fallible(Builtin::table_copy, &[f.index(dst), to, f.index(src), from, len])
}

pub(super) fn init(
    f: &mut FunctionState<'_, '_>,
    table: TableIndex,
    elem: ElementIndex,
    inst: Inst,
) -> Result<()> {
    let [dst, src, len] = f.wide_args(inst)?.map(BasicValueEnum::from);
    f.call_fallible(Builtin::table_init, &[f.index(table), f.index(elem), dst, src, len])
}

pub(super) fn elem_drop(f: &mut FunctionState<'_, '_>, elem: ElementIndex) -> Result<()> {
    f.call_fallible(Builtin::elem_drop, &[f.index(elem)])
}
