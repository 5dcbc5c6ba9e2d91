//! Linear memory (specification: Memory Instructions).
//!
//! An access that the guard region catches is a volatile load or store and nothing more: a fault becomes the trap. Any
//! other is compared with the length first. In a module with a guarded memory every access is volatile, so that LLVM keeps
//! all effects in order with the accesses that may fault (`docs/decisions/0010-effects-before-traps.md`).
//!
//! Accesses of a shared memory are volatile whatever its plan: other threads access it as well
//! (`docs/decisions/0013-shared-accesses.md`).
//!
//! An access that the IR knows to be inside is not compared. In the fast copy of a versioned loop it is a plain one, and said
//! to touch nothing that another group's do; so is a load of a declared place. Every other keeps its order
//! (`docs/optimisation.md`).
//!
//! A copy or a fill compares once and is then the C library's, which cannot fault: it keeps its order like a store. The bytes of
//! a shared memory are moved by the runtime, as atomics.
//!
//! Alignment is 1 throughout: WebAssembly's is a hint.

use std::mem::offset_of;

use inkwell::types::{BasicTypeEnum, IntType};
use inkwell::values::{BasicValue, BasicValueEnum, InstructionValue, IntValue, PointerValue};
use inkwell::{AtomicOrdering, IntPredicate};
use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::context::VMMemory;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::{Bounds, Inst, IntWidth, MemoryAccess, Sign};
use wootz_wasm_ir::{DataIndex, MemoryIndex, ValType};

use crate::error::CompileError;
use crate::function::FunctionState;
use crate::intrinsics::{IntIntrinsic, Intrinsic};
use crate::metadata::Region;

use super::merged::is_merging;

type Result<T> = std::result::Result<T, CompileError>;

pub(super) fn load<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    ty: ValType,
    sign: Sign,
    address: IntValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    let pointer = effective_address(f, access, address)?;
    let whole = f.module.types.value(ty);
    let BasicTypeEnum::IntType(int) = whole else {
        return load_at(f, access, whole, pointer);
    };
    let value = load_at(f, access, int_of_bytes(f, access)?.into(), pointer)?;
    extend(f, value.into_int_value(), int, sign)
}

/// A loaded integer at the width of the instruction's type.
pub(super) fn extend<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    value: IntValue<'ctx>,
    whole: IntType<'ctx>,
    sign: Sign,
) -> Result<BasicValueEnum<'ctx>> {
    if value.get_type() == whole {
        return Ok(value.into());
    }
    Ok(match sign {
        Sign::Signed => f.builder().build_int_s_extend(value, whole, "")?,
        Sign::Unsigned => f.builder().build_int_z_extend(value, whole, "")?,
    }
    .into())
}

/// The low bits of an integer, as many as are accessed.
pub(super) fn wrap<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    value: IntValue<'ctx>,
) -> Result<IntValue<'ctx>> {
    let narrow = int_of_bytes(f, access)?;
    if narrow == value.get_type() {
        return Ok(value);
    }
    Ok(f.builder().build_int_truncate(value, narrow, "")?)
}

pub(super) fn store<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    address: IntValue<'ctx>,
    value: BasicValueEnum<'ctx>,
) -> Result<()> {
    let pointer = effective_address(f, access, address)?;
    let value = match value {
        BasicValueEnum::IntValue(int) => wrap(f, access, int)?.into(),
        value => value,
    };
    let store = f.builder().build_store(pointer, value)?;
    finish_access(f, access, store, false)
}

pub(super) fn load_at<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    ty: BasicTypeEnum<'ctx>,
    pointer: PointerValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    let value = f.builder().build_load(ty, pointer, "")?;
    if let Some(load) = value.as_instruction_value() {
        finish_access(f, access, load, true)?;
    }
    Ok(value)
}

fn finish_access<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    instruction: InstructionValue<'ctx>,
    is_load: bool,
) -> Result<()> {
    instruction.set_alignment(1)?;
    f.module.metadata.region(instruction, Region::Linear)?;
    let keeps_order = match access.bounds {
        Bounds::Ranged(_) => false,
        // It has no effect and cannot trap, so nobody sees where it happens. A store could be seen after another's trap.
        Bounds::Declared => !is_load,
        Bounds::Checked | Bounds::Leads(_) | Bounds::Follows(_) | Bounds::Dominated => true,
    };
    instruction.set_volatile((f.module.ordered && keeps_order) || is_shared(f, access.memory))?;
    if let Bounds::Ranged(group) = access.bounds {
        f.note_group(instruction, group)?;
    }
    Ok(())
}

pub(super) fn is_shared(f: &FunctionState<'_, '_>, memory: MemoryIndex) -> bool {
    f.module.declarations.memories[memory].shared
}

pub(super) fn int_of_bytes<'ctx>(f: &FunctionState<'_, 'ctx>, access: MemoryAccess) -> Result<IntType<'ctx>> {
    let types = &f.module.types;
    match access.bytes {
        1 => Ok(types.i8),
        2 => Ok(types.i16),
        4 => Ok(types.i32),
        8 => Ok(types.i64),
        bytes => Err(f.invalid(format!("an integer access of {bytes} bytes"))),
    }
}

/// The address of an access, checked unless the guard region catches it.
pub(super) fn effective_address<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    address: IntValue<'ctx>,
) -> Result<PointerValue<'ctx>> {
    let plan = f.module.plans[access.memory.index()];
    let address = f.widen(address)?;
    let is_compared = match access.bounds {
        Bounds::Checked => true,
        Bounds::Leads(_) | Bounds::Follows(_) => !is_merging(f, access),
        Bounds::Dominated | Bounds::Declared | Bounds::Ranged(_) => false,
    };
    if is_compared && !plan.covers(access.offset, access.bytes) {
        let end = access.offset.checked_add(access.bytes.into());
        let outside = is_outside(f, access.memory, end, address)?;
        f.trap_if(outside, TrapCode::MemoryOutOfBounds)?;
    }
    let base = base(f, access.memory)?;
    let pointer = crate::llvm::byte_offset(f.builder(), f.module.types.i8, base, address)?;
    if access.offset == 0 {
        return Ok(pointer);
    }
    let offset = f.module.types.i64.const_int(access.offset, false);
    Ok(crate::llvm::byte_offset(f.builder(), f.module.types.i8, pointer, offset)?)
}

/// Whether bytes from an address on reach out of the memory: unless `address + span <= length`, in arithmetic without wrapping. Without a
/// span they are more than 2⁶⁴. The address has 64 bits, so that it is extended before the comparison, where that is usually free.
pub(super) fn is_outside<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    memory: MemoryIndex,
    span: Option<u64>,
    address: IntValue<'ctx>,
) -> Result<IntValue<'ctx>> {
    let b = f.builder();
    let i64 = f.module.types.i64;
    let Some(span) = span else { return Ok(f.module.types.i1.const_all_ones()) };
    if let Some(limit) = limit(f, memory, span)? {
        return Ok(b.build_int_compare(IntPredicate::UGT, address, limit, "")?);
    }
    if f.module.declarations.memories[memory].memory64 {
        // How many addresses have room for the access behind them: the sum of address and span could wrap.
        let last = i64.const_int(span - 1, false);
        let length = length(f, memory)?;
        let addresses = if always_has(f, memory, span) {
            b.build_int_nuw_sub(length, last, "")?
        } else {
            let subtract = Intrinsic::Int(IntIntrinsic::UsubSat, IntWidth::I64.into());
            f.intrinsic(subtract, &[length.into(), last.into()])?.into_int_value()
        };
        return Ok(b.build_int_compare(IntPredicate::UGE, address, addresses, "")?);
    }
    // 32 bits each, and up to 16.
    let end = b.build_int_nuw_add(address, i64.const_int(span, false), "")?;
    Ok(b.build_int_compare(IntPredicate::UGT, end, length(f, memory)?, "")?)
}

/// The last address from which so many bytes exist, if it is at hand.
fn limit<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    memory: MemoryIndex,
    span: u64,
) -> Result<Option<IntValue<'ctx>>> {
    if !always_has(f, memory, span) || is_shared(f, memory) || constant_length(f, memory).is_some() {
        return Ok(None);
    }
    let Some(offset) = VMMemory::limit(span) else { return Ok(None) };
    let limit = f.load(f.module.types.i64.into(), structure(f, memory)?, offset, Region::Context, false)?;
    Ok(Some(limit.into_int_value()))
}

/// Whether a memory has so many bytes from the beginning.
fn always_has(f: &FunctionState<'_, '_>, memory: MemoryIndex, bytes: u64) -> bool {
    let ty = &f.module.declarations.memories[memory];
    u128::from(bytes) <= u128::from(ty.minimum) << ty.page_size_log2
}

/// The first byte of a memory. That of a guarded or shared one never moves, nor that of one which cannot grow: it is loaded once, in the
/// start block.
fn base<'ctx>(f: &mut FunctionState<'_, 'ctx>, memory: MemoryIndex) -> Result<PointerValue<'ctx>> {
    let ptr = f.module.types.ptr.into();
    let offset = offset_of!(VMMemory, base);
    let may_move = !f.module.plans[memory.index()].guarded && !is_shared(f, memory);
    if may_move && constant_length(f, memory).is_none() {
        let memory = structure(f, memory)?;
        return Ok(f.load(ptr, memory, offset, Region::Context, false)?.into_pointer_value());
    }
    if let Some(base) = f.bases[memory.index()] {
        return Ok(base);
    }
    let base = f.in_start(|f| {
        let memory = structure(f, memory)?;
        Ok(f.load(ptr, memory, offset, Region::Context, true)?.into_pointer_value())
    })?;
    f.bases[memory.index()] = Some(base);
    Ok(base)
}

/// The length that a memory keeps, because its type allows no other: whatever is imported for it has that one, too.
fn constant_length(f: &FunctionState<'_, '_>, memory: MemoryIndex) -> Option<u64> {
    let ty = &f.module.declarations.memories[memory];
    let length = u128::from(ty.minimum) << ty.page_size_log2;
    u64::try_from(length).ok().filter(|_| ty.maximum == Some(ty.minimum))
}

/// Fetches the line that an address is in. The instruction never faults; of an address past the end, at whose place others may have something, it
/// fetches the first line.
pub(super) fn prefetch<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    memory: MemoryIndex,
    address: IntValue<'ctx>,
) -> Result<()> {
    let address = f.widen(address)?;
    let address = if f.module.plans[memory.index()].covers(0, 1) {
        address
    } else {
        let length = length(f, memory)?;
        let is_inside = f.builder().build_int_compare(IntPredicate::ULT, address, length, "")?;
        let zero = f.module.types.i64.const_zero();
        f.builder().build_select(is_inside, address, zero, "")?.into_int_value()
    };
    let base = base(f, memory)?;
    let pointer = crate::llvm::byte_offset(f.builder(), f.module.types.i8, base, address)?;
    // A read, to be kept in all caches, of data.
    let [read, keep, data] = [0, 3, 1].map(|number| f.module.types.i32.const_int(number, false).into());
    let function = f.module.intrinsic(Intrinsic::Prefetch)?;
    f.builder().build_call(function, &[pointer.into(), read, keep, data], "")?;
    Ok(())
}

/// The current length of a memory in bytes. Other threads may grow a shared one.
pub(super) fn length<'ctx>(f: &FunctionState<'_, 'ctx>, memory: MemoryIndex) -> Result<IntValue<'ctx>> {
    if let Some(length) = constant_length(f, memory) {
        return Ok(f.module.types.i64.const_int(length, false));
    }
    let structure = structure(f, memory)?;
    let i64 = f.module.types.i64.into();
    let length = f.load(i64, structure, offset_of!(VMMemory, length), Region::Context, false)?;
    if is_shared(f, memory)
        && let Some(load) = length.as_instruction_value()
    {
        load.set_atomic_ordering(AtomicOrdering::SequentiallyConsistent)?;
    }
    Ok(length.into_int_value())
}

/// The address of a memory's `VMMemory`.
fn structure<'ctx>(f: &FunctionState<'_, 'ctx>, memory: MemoryIndex) -> Result<PointerValue<'ctx>> {
    f.place(f.module.layout.memory(memory), size_of::<VMMemory>())
}

pub(super) fn size<'ctx>(f: &FunctionState<'_, 'ctx>, memory: MemoryIndex) -> Result<BasicValueEnum<'ctx>> {
    let ty = &f.module.declarations.memories[memory];
    let shift = f.module.types.i64.const_int(u64::from(ty.page_size_log2), false);
    let pages = f.builder().build_right_shift(length(f, memory)?, shift, false, "")?;
    f.narrow(pages, ty.index_type())
}

pub(super) fn grow<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    memory: MemoryIndex,
    delta: IntValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    let args = [f.index(memory), f.widen(delta)?.into()];
    let pages = f.call_builtin(Builtin::memory_grow, &args)?.into_int_value();
    f.narrow(pages, f.module.declarations.memories[memory].index_type())
}

/// Whether the runtime copies and fills a memory: one that others access meanwhile, and where each byte costs fuel.
fn is_left_to_runtime(f: &FunctionState<'_, '_>, memory: MemoryIndex) -> bool {
    f.module.fuel || is_shared(f, memory)
}

pub(super) fn fill(f: &mut FunctionState<'_, '_>, memory: MemoryIndex, inst: Inst) -> Result<()> {
    let (dst, len) = (f.widen(f.int(inst, 0)?)?, f.widen(f.int(inst, 2)?)?);
    if is_left_to_runtime(f, memory) {
        let args = [f.index(memory), dst.into(), f.arg(inst, 1)?, len.into()];
        return f.call_fallible(Builtin::memory_fill, &args);
    }
    let to = range(f, memory, dst, len)?;
    let byte = f.builder().build_int_truncate(f.int(inst, 1)?, f.module.types.i8, "")?;
    move_bytes(f, Intrinsic::Memset, to, byte.into(), len)
}

pub(super) fn copy(
    f: &mut FunctionState<'_, '_>,
    dst: MemoryIndex,
    src: MemoryIndex,
    inst: Inst,
) -> Result<()> {
    let [to, from, len] = f.wide_args(inst)?;
    if is_left_to_runtime(f, dst) || is_left_to_runtime(f, src) {
        return f.call_fallible(
            Builtin::memory_copy,
            &[f.index(dst), to.into(), f.index(src), from.into(), len.into()],
        );
    }
    let to = range(f, dst, to, len)?;
    let from = range(f, src, from, len)?;
    move_bytes(f, Intrinsic::Memmove, to, from.into(), len)
}

/// The address of bytes of a memory that is not shared, checked against its length.
fn range<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    memory: MemoryIndex,
    start: IntValue<'ctx>,
    len: IntValue<'ctx>,
) -> Result<PointerValue<'ctx>> {
    let length = length(f, memory)?;
    // How far in they may start: less than zero if they are more than the memory has.
    let room = f.builder().build_int_sub(length, len, "")?;
    let is_outside = f.builder().build_int_compare(IntPredicate::UGT, start, room, "")?;
    let is_long = f.builder().build_int_compare(IntPredicate::UGT, len, length, "")?;
    let is_outside = f.builder().build_or(is_long, is_outside, "")?;
    f.trap_if(is_outside, TrapCode::MemoryOutOfBounds)?;
    let base = base(f, memory)?;
    Ok(crate::llvm::byte_offset(f.builder(), f.module.types.i8, base, start)?)
}

/// Calls an intrinsic that copies or sets bytes which exist. It keeps its order like a store.
fn move_bytes<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    intrinsic: Intrinsic,
    to: PointerValue<'ctx>,
    from: BasicValueEnum<'ctx>,
    len: IntValue<'ctx>,
) -> Result<()> {
    let is_volatile = f.module.types.i1.const_int(f.module.ordered.into(), false);
    let function = f.module.intrinsic(intrinsic)?;
    let call =
        f.builder().build_call(function, &[to.into(), from.into(), len.into(), is_volatile.into()], "")?;
    let call = call.try_as_basic_value().unwrap_instruction();
    f.module.metadata.region(call, Region::Linear)
}

pub(super) fn init(
    f: &mut FunctionState<'_, '_>,
    memory: MemoryIndex,
    data: DataIndex,
    inst: Inst,
) -> Result<()> {
    let [dst, src, len] = f.wide_args(inst)?.map(BasicValueEnum::from);
    f.call_fallible(Builtin::memory_init, &[f.index(memory), f.index(data), dst, src, len])
}

pub(super) fn data_drop(f: &mut FunctionState<'_, '_>, data: DataIndex) -> Result<()> {
    f.call_fallible(Builtin::data_drop, &[f.index(data)])
}

impl<'ctx> FunctionState<'_, 'ctx> {
    /// An unsigned address, index or count as 64 bits.
    pub(super) fn widen(&self, value: IntValue<'ctx>) -> Result<IntValue<'ctx>> {
        let i64 = self.module.types.i64;
        if value.get_type() == i64 {
            return Ok(value);
        }
        Ok(self.builder().build_int_z_extend(value, i64, "")?)
    }

    /// The first three operands, each as 64 bits.
    pub(super) fn wide_args(&self, inst: Inst) -> Result<[IntValue<'ctx>; 3]> {
        let wide = |index| self.widen(self.int(inst, index)?);
        Ok([wide(0)?, wide(1)?, wide(2)?])
    }

    /// 64 bits as an address type. -1 stays -1.
    pub(super) fn narrow(&self, value: IntValue<'ctx>, ty: ValType) -> Result<BasicValueEnum<'ctx>> {
        match ty {
            ValType::I32 => Ok(self.builder().build_int_truncate(value, self.module.types.i32, "")?.into()),
            _ => Ok(value.into()),
        }
    }

    /// The index of an entity as an argument of a builtin.
    pub(super) fn index(&self, entity: impl Entity) -> BasicValueEnum<'ctx> {
        self.module.types.i32.const_int(entity.index() as u64, false).into()
    }
}
