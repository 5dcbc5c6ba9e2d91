//! Constants and integer operators (specification: Numerics, Integer Operations).

use inkwell::IntPredicate;
use inkwell::types::VectorType;
use inkwell::values::{BasicValueEnum, IntValue};
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::ir::{Constant, FloatWidth, IntBinary, IntCompare, IntUnary, IntWidth};

use crate::error::CompileError;
use crate::function::FunctionState;
use crate::intrinsics::{IntIntrinsic, Intrinsic};

type Result<'ctx> = std::result::Result<BasicValueEnum<'ctx>, CompileError>;

/// A constant. Floats are made from their bits: LLVM's conversion from a double would quiet a signalling NaN.
pub(super) fn constant<'ctx>(f: &FunctionState<'_, 'ctx>, constant: Constant) -> Result<'ctx> {
    let types = &f.module.types;
    let float = |bits: IntValue<'ctx>, width| f.builder().build_bit_cast(bits, types.float(width), "");
    Ok(match constant {
        Constant::I32(value) => types.i32.const_int(u64::from(value as u32), false).into(),
        Constant::I64(value) => types.i64.const_int(value as u64, false).into(),
        Constant::F32(bits) => float(types.i32.const_int(u64::from(bits), false), FloatWidth::F32)?,
        Constant::F64(bits) => float(types.i64.const_int(bits, false), FloatWidth::F64)?,
        Constant::V128(bytes) => {
            VectorType::const_vector(&bytes.map(|byte| types.i8.const_int(byte.into(), false))).into()
        }
    })
}

pub(super) fn int_unary<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    width: IntWidth,
    op: IntUnary,
    x: IntValue<'ctx>,
) -> Result<'ctx> {
    let types = &f.module.types;
    // Their second operand says that zero is not poison.
    let count = |intrinsic| {
        f.intrinsic(Intrinsic::Int(intrinsic, width.into()), &[x.into(), types.i1.const_zero().into()])
    };
    let extend = |narrow| -> Result<'ctx> {
        let narrow = f.builder().build_int_truncate(x, narrow, "")?;
        Ok(f.builder().build_int_s_extend(narrow, types.int(width), "")?.into())
    };
    match op {
        IntUnary::Clz => count(IntIntrinsic::Ctlz),
        IntUnary::Ctz => count(IntIntrinsic::Cttz),
        IntUnary::Popcnt => f.intrinsic(Intrinsic::Int(IntIntrinsic::Ctpop, width.into()), &[x.into()]),
        IntUnary::Extend8S => extend(types.i8),
        IntUnary::Extend16S => extend(types.i16),
        IntUnary::Extend32S => extend(types.i32),
    }
}

pub(super) fn int_binary<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    width: IntWidth,
    op: IntBinary,
    x: IntValue<'ctx>,
    y: IntValue<'ctx>,
) -> Result<'ctx> {
    let b = f.builder();
    Ok(match op {
        IntBinary::Add => b.build_int_add(x, y, "")?,
        IntBinary::Sub => b.build_int_sub(x, y, "")?,
        IntBinary::Mul => b.build_int_mul(x, y, "")?,
        IntBinary::DivS => {
            trap_on_zero(f, y)?;
            trap_on_overflow(f, x, y)?;
            b.build_int_signed_div(x, y, "")?
        }
        IntBinary::DivU => {
            trap_on_zero(f, y)?;
            b.build_int_unsigned_div(x, y, "")?
        }
        IntBinary::RemS => {
            trap_on_zero(f, y)?;
            // The remainder by -1 is 0, but of the least integer undefined in LLVM and a fault on x86: divide by 1.
            let ty = y.get_type();
            let negative = b.build_int_compare(IntPredicate::EQ, y, ty.const_all_ones(), "")?;
            let divisor = b.build_select(negative, ty.const_int(1, false), y, "")?.into_int_value();
            b.build_int_signed_rem(x, divisor, "")?
        }
        IntBinary::RemU => {
            trap_on_zero(f, y)?;
            b.build_int_unsigned_rem(x, y, "")?
        }
        IntBinary::And => b.build_and(x, y, "")?,
        IntBinary::Or => b.build_or(x, y, "")?,
        IntBinary::Xor => b.build_xor(x, y, "")?,
        IntBinary::Shl => b.build_left_shift(x, shift_count(f, width, y)?, "")?,
        IntBinary::ShrS => b.build_right_shift(x, shift_count(f, width, y)?, true, "")?,
        IntBinary::ShrU => b.build_right_shift(x, shift_count(f, width, y)?, false, "")?,
        IntBinary::Rotl => return rotate(f, width, IntIntrinsic::Fshl, x, y),
        IntBinary::Rotr => return rotate(f, width, IntIntrinsic::Fshr, x, y),
    }
    .into())
}

fn trap_on_zero<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    divisor: IntValue<'ctx>,
) -> std::result::Result<(), CompileError> {
    let zero = divisor.get_type().const_zero();
    let is_zero = f.builder().build_int_compare(IntPredicate::EQ, divisor, zero, "")?;
    f.trap_if(is_zero, TrapCode::IntegerDivideByZero)
}

/// The quotient of the least integer and -1 has no representation.
fn trap_on_overflow<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    dividend: IntValue<'ctx>,
    divisor: IntValue<'ctx>,
) -> std::result::Result<(), CompileError> {
    let b = f.builder();
    let ty = divisor.get_type();
    let least = ty.const_int(1 << (ty.get_bit_width() - 1), false);
    let is_negative = b.build_int_compare(IntPredicate::EQ, divisor, ty.const_all_ones(), "")?;
    if is_negative.get_zero_extended_constant() == Some(0) {
        return Ok(());
    }
    let is_least = b.build_int_compare(IntPredicate::EQ, dividend, least, "")?;
    let overflows = b.build_and(is_least, is_negative, "")?;
    f.trap_if(overflows, TrapCode::IntegerOverflow)
}

/// A shift count modulo the width: beyond it LLVM's shifts are poison.
fn shift_count<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    width: IntWidth,
    count: IntValue<'ctx>,
) -> std::result::Result<IntValue<'ctx>, CompileError> {
    let mask = count.get_type().const_int(u64::from(width.bits() - 1), false);
    Ok(f.builder().build_and(count, mask, "")?)
}

fn rotate<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    width: IntWidth,
    intrinsic: IntIntrinsic,
    x: IntValue<'ctx>,
    count: IntValue<'ctx>,
) -> Result<'ctx> {
    f.intrinsic(Intrinsic::Int(intrinsic, width.into()), &[x.into(), x.into(), count.into()])
}

pub(super) fn int_eqz<'ctx>(f: &FunctionState<'_, 'ctx>, width: IntWidth, x: IntValue<'ctx>) -> Result<'ctx> {
    let zero = f.module.types.int(width).const_zero();
    boolean(f, f.builder().build_int_compare(IntPredicate::EQ, x, zero, "")?)
}

pub(super) fn int_compare<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    op: IntCompare,
    x: IntValue<'ctx>,
    y: IntValue<'ctx>,
) -> Result<'ctx> {
    boolean(f, f.builder().build_int_compare(predicate(op), x, y, "")?)
}

pub(super) fn predicate(op: IntCompare) -> IntPredicate {
    match op {
        IntCompare::Eq => IntPredicate::EQ,
        IntCompare::Ne => IntPredicate::NE,
        IntCompare::LtS => IntPredicate::SLT,
        IntCompare::LtU => IntPredicate::ULT,
        IntCompare::GtS => IntPredicate::SGT,
        IntCompare::GtU => IntPredicate::UGT,
        IntCompare::LeS => IntPredicate::SLE,
        IntCompare::LeU => IntPredicate::ULE,
        IntCompare::GeS => IntPredicate::SGE,
        IntCompare::GeU => IntPredicate::UGE,
    }
}

/// An `i1` as an `i32` 0 or 1.
pub(super) fn boolean<'ctx>(f: &FunctionState<'_, 'ctx>, bit: IntValue<'ctx>) -> Result<'ctx> {
    Ok(f.builder().build_int_z_extend(bit, f.module.types.i32, "")?.into())
}
