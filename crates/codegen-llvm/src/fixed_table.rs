//! Tables that never change, as constants of the image: for each element the number of its type, and how far from the table its
//! code is. Both are known when the image is linked, so that a table needs no relocation when an image is loaded.
//!
//! One unit defines them, and all units refer to them. In lazy code, where functions move, an element has the number of its function's slot
//! instead, and each fragment of the second tier has a copy of the tables that it calls through.

use inkwell::module::Linkage;
use inkwell::types::{ArrayType, BasicType, StructType};
use inkwell::values::{BasicValue, GlobalValue, IntValue, PointerValue};
use inkwell::{AddressSpace, GlobalVisibility};
use wootz_vm_abi::lazy::Entry;
use wootz_wasm_ir::{FixedTable, FuncIndex, TableIndex, TypeIndex};

use crate::error::CompileError;
use crate::function::FunctionState;
use crate::lazy::load_slot;
use crate::llvm::byte_offset;
use crate::module::ModuleState;
use crate::symbol::Symbol;

type Result<T> = std::result::Result<T, CompileError>;

/// The type number of null, which no type has: there are fewer types.
const NULL: u32 = u32::MAX;
/// Bytes of an element, as a power of two: type number, distance.
const ELEMENT_SHIFT: u64 = 3;
/// Where the distance is in an element.
const CODE: usize = 4;

/// A longer table is not copied to a fragment.
const MOST_COPIED: usize = 4096;

/// A table, if it is fixed here.
pub(crate) fn get<'ctx>(module: &ModuleState<'ctx>, table: TableIndex) -> Option<&'ctx FixedTable> {
    let table = module.fixed_tables?.get(table)?;
    (module.slots.is_none() || table.elements.len() <= MOST_COPIED).then_some(table)
}

/// Defines the fixed tables.
pub(crate) fn define_all(module: &ModuleState<'_>) -> Result<()> {
    let Some(tables) = module.fixed_tables else { return Ok(()) };
    let mut tables: Vec<_> = tables.iter().collect();
    tables.sort_by_key(|(index, _)| *index);
    for (index, table) in tables {
        define(module, index, table);
    }
    Ok(())
}

fn define(module: &ModuleState<'_>, index: TableIndex, table: &FixedTable) {
    let global = declare(module, index, table);
    let start = global.as_pointer_value().const_to_int(module.types.i64);
    fill(module, global, table, |func| {
        let code = module.function(func).as_global_value().as_pointer_value().const_to_int(module.types.i64);
        code.const_sub(start).const_truncate(module.types.i32)
    });
}

/// Gives a table its elements, each with a number that leads to its function's code.
fn fill<'ctx>(
    module: &ModuleState<'ctx>,
    global: GlobalValue<'ctx>,
    table: &FixedTable,
    code: impl Fn(FuncIndex) -> IntValue<'ctx>,
) {
    let ty = element_type(module);
    let elements = table.elements.iter().map(|element| match element {
        None => ty.const_named_struct(&[null(module).into(), module.types.i32.const_zero().into()]),
        Some(func) => {
            let number = type_number(module, module.declarations.functions[*func].ty);
            ty.const_named_struct(&[number.into(), code(*func).into()])
        }
    });
    global.set_initializer(&ty.const_array(&elements.collect::<Vec<_>>()));
}

/// The number of a type in the tables.
pub(crate) fn type_number<'ctx>(module: &ModuleState<'ctx>, ty: TypeIndex) -> IntValue<'ctx> {
    // A type without a number has no equal and is no element's.
    let number = module.declarations.type_numbers.get(ty).copied().unwrap_or(NULL - 1);
    module.types.i32.const_int(number.into(), false)
}

/// The number that null has instead of one.
pub(crate) fn null<'ctx>(module: &ModuleState<'ctx>) -> IntValue<'ctx> {
    module.types.i32.const_int(NULL.into(), false)
}

/// The type number of an element. The index must be in bounds.
pub(crate) fn load_type<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    table: TableIndex,
    index: IntValue<'ctx>,
) -> Result<IntValue<'ctx>> {
    load(f, table, index, 0)
}

/// The code of an element. The index must be in bounds, and the element not null.
pub(crate) fn load_code<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    table: TableIndex,
    index: IntValue<'ctx>,
) -> Result<PointerValue<'ctx>> {
    let code = load(f, table, index, CODE)?;
    let (b, i64) = (f.builder(), f.module.types.i64);
    if f.module.slots.is_some() {
        return load_slot(f, b.build_int_z_extend(code, i64, "")?);
    }
    let distance = b.build_int_s_extend(code, i64, "")?;
    // The code is another object than the table: an offset that stays in the table's would be wrong.
    let start = b.build_ptr_to_int(start(f, table)?, i64, "")?;
    Ok(b.build_int_to_ptr(b.build_int_add(start, distance, "")?, f.module.types.ptr, "")?)
}

fn load<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    table: TableIndex,
    index: IntValue<'ctx>,
    field: usize,
) -> Result<IntValue<'ctx>> {
    let shift = f.module.types.i64.const_int(ELEMENT_SHIFT, false);
    let offset = f.builder().build_left_shift(index, shift, "")?;
    let element = byte_offset(f.builder(), f.module.types.i8, start(f, table)?, offset)?;
    let value = f.builder().build_load(f.module.types.i32, f.field(element, field)?, "")?;
    if let Some(load) = value.as_instruction_value() {
        f.module.metadata.invariant(load)?;
    }
    Ok(value.into_int_value())
}

fn start<'ctx>(f: &FunctionState<'_, 'ctx>, index: TableIndex) -> Result<PointerValue<'ctx>> {
    let table = get(f.module, index);
    let table = table.ok_or_else(|| f.invalid(format!("{index} is not fixed")))?;
    Ok(declare(f.module, index, table).as_pointer_value())
}

/// The table as a constant without a value, unless it has one already; in lazy code, one of the fragment's own that has.
fn declare<'ctx>(module: &ModuleState<'ctx>, index: TableIndex, table: &FixedTable) -> GlobalValue<'ctx> {
    let name = Symbol::Table(index).to_string();
    if let Some(global) = module.module.get_global(&name) {
        return global;
    }
    let ty: ArrayType<'ctx> = element_type(module).array_type(table.elements.len() as u32);
    let global = module.module.add_global(ty.as_basic_type_enum(), Some(AddressSpace::default()), &name);
    global.set_constant(true);
    global.set_alignment(1 << ELEMENT_SHIFT);
    match module.slots {
        None => {
            global.set_linkage(Linkage::External);
            global.set_visibility(GlobalVisibility::Hidden);
        }
        Some(layout) => {
            global.set_linkage(Linkage::Private);
            let slot = |func| layout.number(Entry::Function(func)).0;
            fill(module, global, table, |func| module.types.i32.const_int(slot(func).into(), false));
        }
    }
    global
}

fn element_type<'ctx>(module: &ModuleState<'ctx>) -> StructType<'ctx> {
    let i32 = module.types.i32.into();
    module.context.struct_type(&[i32, i32], false)
}
