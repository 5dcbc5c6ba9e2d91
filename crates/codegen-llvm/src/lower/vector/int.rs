//! Integer lanes and bits: arithmetic, comparisons, shifts, tests.

use std::num::NonZeroU32;

use inkwell::IntPredicate;
use inkwell::values::{BasicValueEnum, IntValue, VectorValue};
use wootz_wasm_ir::ir::{
    Bitwise, Inst, IntCompare, IntShape, Shape, Sign, VectorIntBinary, VectorIntUnary, VectorShift,
};

use super::{Result, lanes, neon};
use crate::error::CompileError;
use crate::function::FunctionState;
use crate::intrinsics::{IntLanes, Intrinsic, X86};
use crate::lower::numeric::{boolean, predicate};
use crate::target::Isa;

pub(super) fn bitwise<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    op: Bitwise,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let b = f.builder();
    let x = f.vector(inst, 0)?;
    Ok(match op {
        Bitwise::Not => b.build_not(x, "")?,
        Bitwise::And => b.build_and(x, f.vector(inst, 1)?, "")?,
        Bitwise::AndNot => b.build_and(x, b.build_not(f.vector(inst, 1)?, "")?, "")?,
        Bitwise::Or => b.build_or(x, f.vector(inst, 1)?, "")?,
        Bitwise::Xor => b.build_xor(x, f.vector(inst, 1)?, "")?,
        Bitwise::Bitselect => bitselect(f, x, f.vector(inst, 1)?, f.vector(inst, 2)?)?,
    }
    .into())
}

/// Bits of `x` where `mask` has ones, else of `y`.
pub(super) fn bitselect<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
    mask: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    let b = f.builder();
    let set = b.build_and(x, mask, "")?;
    let clear = b.build_and(y, b.build_not(mask, "")?, "")?;
    Ok(b.build_or(set, clear, "")?)
}

pub(super) fn any_true<'ctx>(f: &FunctionState<'_, 'ctx>, inst: Inst) -> Result<BasicValueEnum<'ctx>> {
    let bits = as_int(f, f.vector(inst, 0)?, 128)?;
    let zero = bits.get_type().const_zero();
    boolean(f, f.builder().build_int_compare(IntPredicate::NE, bits, zero, "")?)
}

pub(super) fn all_true<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: IntShape,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let b = f.builder();
    let x = f.int_lanes(shape, inst, 0)?;
    let zero = b.build_int_compare(IntPredicate::EQ, x, x.get_type().const_zero(), "")?;
    let zeros = as_int(f, zero, shape.lanes())?;
    boolean(f, b.build_int_compare(IntPredicate::EQ, zeros, zeros.get_type().const_zero(), "")?)
}

pub(super) fn bitmask<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: IntShape,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let b = f.builder();
    let x = f.int_lanes(shape, inst, 0)?;
    let negative = b.build_int_compare(IntPredicate::SLT, x, x.get_type().const_zero(), "")?;
    let bits = as_int(f, negative, shape.lanes())?;
    Ok(b.build_int_z_extend(bits, f.module.types.i32, "")?.into())
}

/// All bits of a vector, lane 0 lowest, as one integer.
fn as_int<'ctx>(f: &FunctionState<'_, 'ctx>, vector: VectorValue<'ctx>, bits: u32) -> Result<IntValue<'ctx>> {
    let ty = NonZeroU32::new(bits).and_then(|bits| f.module.context.custom_width_int_type(bits).ok());
    let ty = ty.ok_or_else(|| CompileError::InvalidLlvm(format!("no integer of {bits} bits")))?;
    Ok(f.builder().build_bit_cast(vector, ty, "")?.into_int_value())
}

pub(super) fn unary<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: IntShape,
    op: VectorIntUnary,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let x = f.int_lanes(shape, inst, 0)?;
    let result = match op {
        // The absolute value of the least integer is itself, not poison.
        VectorIntUnary::Abs => f.vector_intrinsic(
            Intrinsic::IntLanes(IntLanes::Abs, shape),
            &[x.into(), f.module.types.i1.const_zero().into()],
        )?,
        VectorIntUnary::Neg => f.builder().build_int_neg(x, "")?,
        VectorIntUnary::Popcnt => {
            f.vector_intrinsic(Intrinsic::IntLanes(IntLanes::Ctpop, shape), &[x.into()])?
        }
    };
    f.finish(result)
}

pub(super) fn binary<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: IntShape,
    op: VectorIntBinary,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let b = f.builder();
    let (x, y) = (f.int_lanes(shape, inst, 0)?, f.int_lanes(shape, inst, 1)?);
    let intrinsic = match op {
        VectorIntBinary::Add => return f.finish(b.build_int_add(x, y, "")?),
        VectorIntBinary::Sub => return f.finish(b.build_int_sub(x, y, "")?),
        VectorIntBinary::Mul => return f.finish(b.build_int_mul(x, y, "")?),
        VectorIntBinary::AvgrU => return f.finish(rounded_average(f, shape, x, y)?),
        VectorIntBinary::Q15MulrSat => return f.finish(q15_product(f, x, y)?),
        VectorIntBinary::AddSat(Sign::Signed) => IntLanes::SaddSat,
        VectorIntBinary::AddSat(Sign::Unsigned) => IntLanes::UaddSat,
        VectorIntBinary::SubSat(Sign::Signed) => IntLanes::SsubSat,
        VectorIntBinary::SubSat(Sign::Unsigned) => IntLanes::UsubSat,
        VectorIntBinary::Min(Sign::Signed) => IntLanes::Smin,
        VectorIntBinary::Min(Sign::Unsigned) => IntLanes::Umin,
        VectorIntBinary::Max(Sign::Signed) => IntLanes::Smax,
        VectorIntBinary::Max(Sign::Unsigned) => IntLanes::Umax,
    };
    f.finish(f.vector_intrinsic(Intrinsic::IntLanes(intrinsic, shape), &[x.into(), y.into()])?)
}

/// `(x + y + 1) / 2` without overflow: the form that LLVM takes for `pavg`.
fn rounded_average<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: IntShape,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    let b = f.builder();
    let lane = f.module.types.ints(shape).get_element_type().into_int_type();
    let wide = if lane.get_bit_width() == 8 { f.module.types.i16 } else { f.module.types.i32 };
    let one =
        inkwell::types::VectorType::const_vector(&vec![wide.const_int(1, false); shape.lanes() as usize]);
    let wide = wide.vec_type(shape.lanes());
    let (x, y) = (b.build_int_z_extend(x, wide, "")?, b.build_int_z_extend(y, wide, "")?);
    let sum = b.build_int_add(b.build_int_add(x, y, "")?, one, "")?;
    let half = b.build_right_shift(sum, one, false, "")?;
    Ok(b.build_int_truncate(half, f.module.types.ints(shape), "")?)
}

/// `pmulhrsw` is right but for the square of the least integer, which it leaves as that: there and only there the
/// result is the least integer, and flipping all its bits gives the greatest.
fn q15_product<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    let b = f.builder();
    match f.module.isa {
        Isa::X86(x86) if x86.ssse3 => {}
        Isa::X86(_) => return q15_product_in_halves(f, x, y),
        Isa::Aarch64 => return neon::q15_product(f, x, y),
    }
    let product = f.vector_intrinsic(Intrinsic::X86(X86::Pmulhrsw), &[x.into(), y.into()])?;
    let least = f.module.types.all_ints(IntShape::I16x8, 1 << 15);
    let overflow = b.build_int_compare(IntPredicate::EQ, product, least, "")?;
    Ok(b.build_xor(product, f.mask(IntShape::I16x8, overflow)?, "")?)
}

/// The products at twice their width, rounded and shifted; the pack saturates.
fn q15_product_in_halves<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    let b = f.builder();
    let types = &f.module.types;
    let half = |first: u32| -> Result<BasicValueEnum<'ctx>> {
        let widen = |v: VectorValue<'ctx>| -> Result<VectorValue<'ctx>> {
            let lanes = f.pick_lanes(v, v, first..first + 4)?;
            Ok(b.build_int_s_extend(lanes, types.ints(IntShape::I32x4), "")?)
        };
        let product = b.build_int_mul(widen(x)?, widen(y)?, "")?;
        let rounded = b.build_int_add(product, types.all_ints(IntShape::I32x4, 1 << 14), "")?;
        Ok(b.build_right_shift(rounded, types.all_ints(IntShape::I32x4, 15), true, "")?.into())
    };
    f.vector_intrinsic(Intrinsic::X86(X86::Packssdw), &[half(0)?, half(4)?])
}

pub(super) fn compare<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: IntShape,
    op: IntCompare,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let (x, y) = (f.int_lanes(shape, inst, 0)?, f.int_lanes(shape, inst, 1)?);
    let truth = f.builder().build_int_compare(predicate(op), x, y, "")?;
    f.finish(f.mask(shape, truth)?)
}

/// A shift of all lanes. The count is taken modulo their width: beyond it LLVM's shifts are poison.
pub(super) fn shift<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: IntShape,
    op: VectorShift,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let b = f.builder();
    let types = &f.module.types;
    let x = f.int_lanes(shape, inst, 0)?;
    let modulus = types.i32.const_int(u64::from(shape.lane_bits() - 1), false);
    let count = b.build_and(f.int(inst, 1)?, modulus, "")?;
    let lane = types.ints(shape).get_element_type().into_int_type();
    let count = match shape {
        IntShape::I8x16 | IntShape::I16x8 => b.build_int_truncate(count, lane, "")?,
        IntShape::I32x4 => count,
        IntShape::I64x2 => b.build_int_z_extend(count, lane, "")?,
    };
    let counts = lanes::splat_lane(f, Shape::Int(shape), count.into())?;
    f.finish(match op {
        VectorShift::Shl => b.build_left_shift(x, counts, "")?,
        VectorShift::ShrS => b.build_right_shift(x, counts, true, "")?,
        VectorShift::ShrU => b.build_right_shift(x, counts, false, "")?,
    })
}

/// `i32x4.dot_i16x8_s`.
pub(super) fn dot<'ctx>(f: &FunctionState<'_, 'ctx>, inst: Inst) -> Result<BasicValueEnum<'ctx>> {
    let (x, y) = (f.int_lanes(IntShape::I16x8, inst, 0)?, f.int_lanes(IntShape::I16x8, inst, 1)?);
    f.finish(match f.module.isa {
        Isa::X86(_) => f.vector_intrinsic(Intrinsic::X86(X86::Pmaddwd), &[x.into(), y.into()])?,
        Isa::Aarch64 => neon::dot(f, x, y)?,
    })
}
