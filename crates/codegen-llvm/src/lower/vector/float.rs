//! Floating-point lanes: arithmetic and comparisons. What [`lower::float`](crate::lower::float) says of NaNs holds here too.

use inkwell::FloatPredicate;
use inkwell::values::{BasicValueEnum, VectorValue};
use wootz_wasm_ir::ir::{
    Constant, FloatCompare, FloatShape, FloatUnary, Inst, Op, Value, VectorFloatBinary, VectorOp,
};

use super::{Result, neon};
use crate::function::FunctionState;
use crate::intrinsics::{FloatIntrinsic, Intrinsic};
use crate::lower::float::{predicate, rounds_by_call, unary_intrinsic};
use crate::target::Isa;

pub(super) fn unary<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: FloatShape,
    op: FloatUnary,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let x = f.float_lanes(shape, inst, 0)?;
    let Some(intrinsic) = unary_intrinsic(op) else {
        return f.finish(f.builder().build_float_neg(x, "")?);
    };
    let result = f.vector_intrinsic(Intrinsic::FloatLanes(intrinsic, shape), &[x.into()])?;
    match op {
        FloatUnary::Abs => f.finish(result),
        FloatUnary::Sqrt if f.module.canonicalize_nans => {
            let fence = Intrinsic::FloatLanes(FloatIntrinsic::ArithmeticFence, shape);
            arithmetic(f, shape, f.vector_intrinsic(fence, &[result.into()])?)
        }
        _ if rounds_by_call(f, op) => arithmetic(f, shape, canonicalize(f, shape, result)?),
        _ => arithmetic(f, shape, result),
    }
}

/// The result of arithmetic: with NaNs as the options want them.
pub(super) fn arithmetic<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: FloatShape,
    result: VectorValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    if !f.module.canonicalize_nans {
        return f.finish(result);
    }
    let is_nan = f.builder().build_float_compare(FloatPredicate::UNO, result, result, "")?;
    let bits = f.cast(result, f.module.types.ints(shape.bits()))?;
    f.finish(f.select_lanes(is_nan, canonical_nans(f, shape), bits)?)
}

/// The canonical NaN in every lane, as integers: LLVM leaves those alone.
fn canonical_nans<'ctx>(f: &FunctionState<'_, 'ctx>, shape: FloatShape) -> VectorValue<'ctx> {
    f.module.types.all_ints(shape.bits(), shape.width().canonical_nan())
}

pub(super) fn binary<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: FloatShape,
    op: VectorFloatBinary,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let b = f.builder();
    let x = quiet_operand(f, shape, op, inst, 0)?;
    let y = quiet_operand(f, shape, op, inst, 1)?;
    let result = match op {
        VectorFloatBinary::Add => b.build_float_add(x, y, "")?,
        VectorFloatBinary::Sub => b.build_float_sub(x, y, "")?,
        VectorFloatBinary::Mul => b.build_float_mul(x, y, "")?,
        VectorFloatBinary::Div => b.build_float_div(x, y, "")?,
        VectorFloatBinary::Min => return minimum(f, shape, x, y),
        VectorFloatBinary::Max => return maximum(f, shape, x, y),
        VectorFloatBinary::PMin => return f.finish(first_if(f, FloatPredicate::OLT, y, x)?),
        VectorFloatBinary::PMax => return f.finish(first_if(f, FloatPredicate::OGT, y, x)?),
    };
    arithmetic(f, shape, result)
}

/// An operand of arithmetic. Where a lane of the other is a constant with which LLVM may fold the operation to this
/// operand, its NaNs are made quiet before.
fn quiet_operand<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: FloatShape,
    op: VectorFloatBinary,
    inst: Inst,
    index: usize,
) -> Result<VectorValue<'ctx>> {
    let operand = f.float_lanes(shape, inst, index)?;
    // Zeros of either sign: with LLVM knowing the other operand's sign, either can fold.
    let folds = match (op, index) {
        (VectorFloatBinary::Add | VectorFloatBinary::Sub, _) => |lane: f64| lane == 0.0,
        (VectorFloatBinary::Mul, _) | (VectorFloatBinary::Div, 0) => |lane: f64| lane.abs() == 1.0,
        _ => return Ok(operand),
    };
    let other = f.body.args(inst).get(1 - index);
    let lanes = other.and_then(|other| constant_lanes(f, *other));
    if !lanes.is_some_and(|bytes| float_lanes(shape, &bytes).any(folds)) || f.module.canonicalize_nans {
        return Ok(operand);
    }
    canonicalize(f, shape, operand)
}

/// The operand with its NaNs quiet.
pub(super) fn canonicalize<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: FloatShape,
    x: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    f.vector_intrinsic(Intrinsic::FloatLanes(FloatIntrinsic::Canonicalize, shape), &[x.into()])
}

/// The bytes of a vector that is a constant, or a constant in every lane.
fn constant_lanes(f: &FunctionState<'_, '_>, value: Value) -> Option<[u8; 16]> {
    let inst = f.defining_inst(value)?;
    match f.body.insts[inst].op {
        Op::Const(Constant::V128(bytes)) => Some(bytes),
        Op::Vector(VectorOp::Splat(_)) => match f.constant(*f.body.args(inst).first()?)? {
            Constant::F32(bits) => {
                let [a, b, c, d] = bits.to_le_bytes();
                Some([a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d])
            }
            Constant::F64(bits) => Some((u128::from(bits) << 64 | u128::from(bits)).to_le_bytes()),
            _ => None,
        },
        _ => None,
    }
}

/// The lanes of a constant.
fn float_lanes(shape: FloatShape, bytes: &[u8; 16]) -> impl Iterator<Item = f64> {
    let bits = u128::from_le_bytes(*bytes);
    let width = shape.bits().lane_bits();
    (0..shape.bits().lanes()).map(move |lane| match shape {
        FloatShape::F32x4 => f64::from(f32::from_bits((bits >> (lane * width)) as u32)),
        FloatShape::F64x2 => f64::from_bits((bits >> (lane * width)) as u64),
    })
}

/// `x` where the comparison of `x` and `y` holds, else `y`. With "less" and "greater" this is what `minps` and `maxps` do.
pub(super) fn first_if<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    predicate: FloatPredicate,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    let truth = f.builder().build_float_compare(predicate, x, y, "")?;
    f.select_lanes(truth, x, y)
}

pub(super) fn minimum<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: FloatShape,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    match f.module.isa {
        Isa::X86(_) => extremum(f, shape, FloatPredicate::OLT, x, y),
        Isa::Aarch64 => arithmetic(f, shape, neon::extremum(f, shape, FloatIntrinsic::Minimum, x, y)?),
    }
}

pub(super) fn maximum<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: FloatShape,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    match f.module.isa {
        Isa::X86(_) => extremum(f, shape, FloatPredicate::OGT, x, y),
        Isa::Aarch64 => arithmetic(f, shape, neon::extremum(f, shape, FloatIntrinsic::Maximum, x, y)?),
    }
}

/// `min` and `max`: the canonical NaN if either is NaN, and -0 below +0.
///
/// x86's minimum of equal operands is the second one. Taken both ways it gives both operands, which then differ in the
/// sign of a zero at most: their union is the lesser, their intersection the greater.
fn extremum<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: FloatShape,
    predicate: FloatPredicate,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    let b = f.builder();
    let ints = f.module.types.ints(shape.bits());
    let one = f.cast(first_if(f, predicate, x, y)?, ints)?;
    let other = f.cast(first_if(f, predicate, y, x)?, ints)?;
    let number = match predicate {
        FloatPredicate::OLT => b.build_or(one, other, "")?,
        _ => b.build_and(one, other, "")?,
    };
    let is_nan = b.build_float_compare(FloatPredicate::UNO, x, y, "")?;
    f.finish(f.select_lanes(is_nan, canonical_nans(f, shape), number)?)
}

pub(super) fn compare<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: FloatShape,
    op: FloatCompare,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let (x, y) = (f.float_lanes(shape, inst, 0)?, f.float_lanes(shape, inst, 1)?);
    let truth = f.builder().build_float_compare(predicate(op), x, y, "")?;
    f.finish(f.mask(shape.bits(), truth)?)
}
