//! Atomic accesses (threads proposal): all sequentially consistent, all aligned.
//!
//! The alignment is checked first, by compare and branch: x86 would do the access. Then the bounds, as for any access. All
//! are volatile, so that they keep their order with other accesses that may fault. Waiting and waking are builtins, which
//! check for themselves.

use inkwell::values::{BasicValue, BasicValueEnum, InstructionValue, PointerValue};
use inkwell::{AtomicOrdering, AtomicRMWBinOp, IntPredicate};
use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::ir::{AtomicBinary, Inst, IntWidth, MemoryAccess, Sign};

use super::memory::{effective_address, extend, int_of_bytes, wrap};
use crate::error::CompileError;
use crate::function::FunctionState;
use crate::metadata::Region;

type Result<T> = std::result::Result<T, CompileError>;

const ORDER: AtomicOrdering = AtomicOrdering::SequentiallyConsistent;

pub(super) fn load<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    width: IntWidth,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let pointer = aligned_address(f, access, inst)?;
    let value = f.builder().build_load(int_of_bytes(f, access)?, pointer, "")?;
    if let Some(load) = value.as_instruction_value() {
        load.set_atomic_ordering(ORDER)?;
        load.set_alignment(u32::from(access.bytes))?;
        finish(f, load)?;
    }
    extend(f, value.into_int_value(), f.module.types.int(width), Sign::Unsigned)
}

pub(super) fn store(f: &mut FunctionState<'_, '_>, access: MemoryAccess, inst: Inst) -> Result<()> {
    let pointer = aligned_address(f, access, inst)?;
    let value = wrap(f, access, f.int(inst, 1)?)?;
    let store = f.builder().build_store(pointer, value)?;
    store.set_atomic_ordering(ORDER)?;
    store.set_alignment(u32::from(access.bytes))?;
    finish(f, store)
}

pub(super) fn rmw<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    width: IntWidth,
    op: AtomicBinary,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let pointer = aligned_address(f, access, inst)?;
    let value = wrap(f, access, f.int(inst, 1)?)?;
    let op = match op {
        AtomicBinary::Add => AtomicRMWBinOp::Add,
        AtomicBinary::Sub => AtomicRMWBinOp::Sub,
        AtomicBinary::And => AtomicRMWBinOp::And,
        AtomicBinary::Or => AtomicRMWBinOp::Or,
        AtomicBinary::Xor => AtomicRMWBinOp::Xor,
        AtomicBinary::Xchg => AtomicRMWBinOp::Xchg,
    };
    let old = f.builder().build_atomicrmw(op, pointer, value, ORDER)?;
    if let Some(instruction) = old.as_instruction_value() {
        finish(f, instruction)?;
    }
    extend(f, old, f.module.types.int(width), Sign::Unsigned)
}

/// A narrow access compares as many bits of the expected value as it loads, and ignores the others (issue 195 of the threads
/// proposal, where engines and the specification's interpreter once differed).
pub(super) fn cmpxchg<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    width: IntWidth,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let pointer = aligned_address(f, access, inst)?;
    let expected = wrap(f, access, f.int(inst, 1)?)?;
    let replacement = wrap(f, access, f.int(inst, 2)?)?;
    let pair = f.builder().build_cmpxchg(pointer, expected, replacement, ORDER, ORDER)?;
    if let Some(instruction) = pair.as_instruction_value() {
        finish(f, instruction)?;
    }
    let old = f.builder().build_extract_value(pair, 0, "")?.into_int_value();
    extend(f, old, f.module.types.int(width), Sign::Unsigned)
}

pub(super) fn fence(f: &FunctionState<'_, '_>) -> Result<()> {
    f.builder().build_fence(ORDER, false, "")?;
    Ok(())
}

pub(super) fn wait<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    width: IntWidth,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let builtin = match width {
        IntWidth::I32 => Builtin::atomic_wait32,
        IntWidth::I64 => Builtin::atomic_wait64,
    };
    let [memory, address, offset] = place(f, access, inst)?;
    f.call_outcome(builtin, &[memory, address, offset, f.arg(inst, 1)?, f.arg(inst, 2)?])
}

pub(super) fn notify<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let [memory, address, offset] = place(f, access, inst)?;
    f.call_outcome(Builtin::atomic_notify, &[memory, address, offset, f.arg(inst, 1)?])
}

/// Memory, address and offset as arguments of a builtin.
fn place<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    inst: Inst,
) -> Result<[BasicValueEnum<'ctx>; 3]> {
    let offset = f.module.types.i64.const_int(access.offset, false);
    Ok([f.index(access.memory), f.widen(f.int(inst, 0)?)?.into(), offset.into()])
}

/// The address of an access, checked: first that it is a multiple of the width, then as any other.
fn aligned_address<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    inst: Inst,
) -> Result<PointerValue<'ctx>> {
    let address = f.int(inst, 0)?;
    if access.bytes > 1 {
        let b = f.builder();
        let ty = address.get_type();
        // The low bits of the sum are right whether or not it wraps.
        let sum = b.build_int_add(address, ty.const_int(access.offset, false), "")?;
        let low = b.build_and(sum, ty.const_int(u64::from(access.bytes) - 1, false), "")?;
        let unaligned = b.build_int_compare(IntPredicate::NE, low, ty.const_zero(), "")?;
        f.trap_if(unaligned, TrapCode::UnalignedAtomic)?;
    }
    effective_address(f, access, address)
}

fn finish<'ctx>(f: &FunctionState<'_, 'ctx>, access: InstructionValue<'ctx>) -> Result<()> {
    f.module.metadata.region(access, Region::Linear)?;
    access.set_volatile(true)?;
    Ok(())
}
