//! Floating-point operators (specification: Numerics, Floating-Point Operations).
//!
//! WebAssembly leaves the sign and payload of a computed NaN open but demands that it is quiet. x86 quiets in every
//! arithmetic instruction; LLVM, for which a signalling NaN is as good as a quiet one, may drop the instruction. So
//! where an operator could fold to its operand, the operand is canonicalised instead, which LLVM keeps. The constants this
//! looks for are those of the body: one that LLVM finds out only by inlining or forwarding can still let the
//! quiet bit of a signalling NaN stay clear.
//! `abs`, `neg` and `copysign` only touch the sign bit, of NaNs too, in both.

use inkwell::FloatPredicate;
use inkwell::values::{BasicValue, BasicValueEnum, FastMathFlags, FloatValue};
use wootz_wasm_ir::ir::{Constant, FloatBinary, FloatCompare, FloatUnary, FloatWidth, Inst};

use super::numeric::boolean;
use crate::error::CompileError;
use crate::function::FunctionState;
use crate::intrinsics::{FloatIntrinsic, Intrinsic};
use crate::target::Isa;

type Result<'ctx> = std::result::Result<BasicValueEnum<'ctx>, CompileError>;

pub(super) fn float_unary<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    width: FloatWidth,
    op: FloatUnary,
    x: FloatValue<'ctx>,
) -> Result<'ctx> {
    let Some(intrinsic) = unary_intrinsic(op) else {
        return Ok(f.builder().build_float_neg(x, "")?.into());
    };
    let result = f.intrinsic(Intrinsic::Float(intrinsic, width.into()), &[x.into()])?;
    match op {
        FloatUnary::Abs => Ok(result),
        // LLVM knows for what a root is a NaN, and takes a select of a NaN there to be the root itself.
        FloatUnary::Sqrt if f.module.canonicalize_nans => {
            let fence = Intrinsic::Float(FloatIntrinsic::ArithmeticFence, width.into());
            arithmetic(f, width, f.intrinsic(fence, &[result])?.into_float_value())
        }
        _ if rounds_by_call(f, op) => {
            let quiet = canonicalize(f, width, result.into_float_value())?;
            arithmetic(f, width, quiet.into_float_value())
        }
        _ => arithmetic(f, width, result.into_float_value()),
    }
}

/// Whether an operator is a call of a C library's function, which need not quiet a NaN as the instruction does.
pub(super) fn rounds_by_call(f: &FunctionState<'_, '_>, op: FloatUnary) -> bool {
    let rounds = matches!(op, FloatUnary::Ceil | FloatUnary::Floor | FloatUnary::Trunc | FloatUnary::Nearest);
    rounds && !f.module.isa.rounds()
}

/// The intrinsic for an operator; there is none for `neg`.
pub(super) fn unary_intrinsic(op: FloatUnary) -> Option<FloatIntrinsic> {
    Some(match op {
        FloatUnary::Neg => return None,
        FloatUnary::Abs => FloatIntrinsic::Fabs,
        FloatUnary::Ceil => FloatIntrinsic::Ceil,
        FloatUnary::Floor => FloatIntrinsic::Floor,
        FloatUnary::Trunc => FloatIntrinsic::Trunc,
        // To even in the default rounding mode, the only one there is here.
        FloatUnary::Nearest => FloatIntrinsic::Nearbyint,
        FloatUnary::Sqrt => FloatIntrinsic::Sqrt,
    })
}

/// The result of arithmetic: with NaNs as the options want them.
pub(super) fn arithmetic<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    width: FloatWidth,
    result: FloatValue<'ctx>,
) -> Result<'ctx> {
    if !f.module.canonicalize_nans {
        return Ok(result.into());
    }
    // Selected as integers, which LLVM does not take for arithmetic that it could simplify.
    let b = f.builder();
    let int = match width {
        FloatWidth::F32 => f.module.types.i32,
        FloatWidth::F64 => f.module.types.i64,
    };
    let is_nan = b.build_float_compare(FloatPredicate::UNO, result, result, "")?;
    let bits = b.build_bit_cast(result, int, "")?.into_int_value();
    let bits = b.build_select(is_nan, int.const_int(width.canonical_nan(), false), bits, "")?;
    Ok(b.build_bit_cast(bits, f.module.types.float(width), "")?)
}

pub(super) fn float_binary<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    width: FloatWidth,
    op: FloatBinary,
    inst: Inst,
) -> Result<'ctx> {
    if let Some(operand) = identity(f, op, inst)? {
        return arithmetic(f, width, canonicalize(f, width, operand)?.into_float_value());
    }
    let (x, y) = (quiet_operand(f, width, op, inst, 0)?, quiet_operand(f, width, op, inst, 1)?);
    let b = f.builder();
    let result = match op {
        FloatBinary::Add => b.build_float_add(x, y, "")?,
        FloatBinary::Sub => b.build_float_sub(x, y, "")?,
        FloatBinary::Mul => b.build_float_mul(x, y, "")?,
        FloatBinary::Div => b.build_float_div(x, y, "")?,
        FloatBinary::Min => extremum(f, width, FloatIntrinsic::Minimum, x, y)?.into_float_value(),
        FloatBinary::Max => extremum(f, width, FloatIntrinsic::Maximum, x, y)?.into_float_value(),
        FloatBinary::Copysign => {
            return f
                .intrinsic(Intrinsic::Float(FloatIntrinsic::Copysign, width.into()), &[x.into(), y.into()]);
        }
    };
    arithmetic(f, width, result)
}

/// An operand. A sum with a zero is one that LLVM folds if it knows the sign of the operand; so its NaN is made quiet.
fn quiet_operand<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    width: FloatWidth,
    op: FloatBinary,
    inst: Inst,
    index: usize,
) -> std::result::Result<FloatValue<'ctx>, CompileError> {
    let operand = f.float(inst, index)?;
    let sum = matches!(op, FloatBinary::Add | FloatBinary::Sub);
    if sum && constant(f, inst, 1 - index).is_some_and(|value| value == 0.0) {
        return Ok(canonicalize(f, width, operand)?.into_float_value());
    }
    Ok(operand)
}

/// The value of an operand that is a constant.
fn constant(f: &FunctionState<'_, '_>, inst: Inst, index: usize) -> Option<f64> {
    match f.constant(*f.body.args(inst).get(index)?)? {
        Constant::F32(bits) => Some(f64::from(f32::from_bits(bits))),
        Constant::F64(bits) => Some(f64::from_bits(bits)),
        Constant::I32(_) | Constant::I64(_) | Constant::V128(_) => None,
    }
}

/// The operand or its negation that an operation with a constant would fold to.
fn identity<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    op: FloatBinary,
    inst: Inst,
) -> std::result::Result<Option<FloatValue<'ctx>>, CompileError> {
    let is = |index, expected: f64| {
        constant(f, inst, index).is_some_and(|value| value.to_bits() == expected.to_bits())
    };
    let (operand, negate) = match op {
        FloatBinary::Add if is(1, -0.0) => (0, false),
        FloatBinary::Add if is(0, -0.0) => (1, false),
        FloatBinary::Sub if is(1, 0.0) => (0, false),
        FloatBinary::Sub if is(0, -0.0) => (1, true),
        FloatBinary::Mul | FloatBinary::Div if is(1, 1.0) => (0, false),
        FloatBinary::Mul if is(0, 1.0) => (1, false),
        FloatBinary::Mul | FloatBinary::Div if is(1, -1.0) => (0, true),
        FloatBinary::Mul if is(0, -1.0) => (1, true),
        _ => return Ok(None),
    };
    let operand = f.float(inst, operand)?;
    Ok(Some(if negate { f.builder().build_float_neg(operand, "")? } else { operand }))
}

/// The operand, quiet if it is a NaN.
pub(super) fn canonicalize<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    width: FloatWidth,
    x: FloatValue<'ctx>,
) -> Result<'ctx> {
    f.intrinsic(Intrinsic::Float(FloatIntrinsic::Canonicalize, width.into()), &[x.into()])
}

/// `min` and `max`: NaN if either is NaN, and -0 below +0.
///
/// x86's lowering of `llvm.minimum` hands a signalling NaN through. The sum of the operands is the NaN we want, and leaves
/// the intrinsic to the case without NaN, where it is also cheaper.
fn extremum<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    width: FloatWidth,
    intrinsic: FloatIntrinsic,
    x: FloatValue<'ctx>,
    y: FloatValue<'ctx>,
) -> Result<'ctx> {
    let b = f.builder();
    let ordered = f.intrinsic(Intrinsic::Float(intrinsic, width.into()), &[x.into(), y.into()])?;
    if f.module.isa == Isa::Aarch64 {
        return Ok(ordered);
    }
    if let Some(call) = ordered.as_instruction_value() {
        call.set_fast_math_flags(FastMathFlags::NoNaNs)?;
    }
    let is_nan = b.build_float_compare(FloatPredicate::UNO, x, y, "")?;
    let nan = b.build_float_add(x, y, "")?;
    Ok(b.build_select(is_nan, nan, ordered.into_float_value(), "")?)
}

pub(super) fn float_compare<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    op: FloatCompare,
    x: FloatValue<'ctx>,
    y: FloatValue<'ctx>,
) -> Result<'ctx> {
    boolean(f, f.builder().build_float_compare(predicate(op), x, y, "")?)
}

pub(super) fn predicate(op: FloatCompare) -> FloatPredicate {
    match op {
        FloatCompare::Eq => FloatPredicate::OEQ,
        FloatCompare::Ne => FloatPredicate::UNE,
        FloatCompare::Lt => FloatPredicate::OLT,
        FloatCompare::Gt => FloatPredicate::OGT,
        FloatCompare::Le => FloatPredicate::OLE,
        FloatCompare::Ge => FloatPredicate::OGE,
    }
}
