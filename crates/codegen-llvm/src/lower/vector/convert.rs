//! Operators between shapes: narrowing and widening integers, and conversions between integers and floats.

use inkwell::FloatPredicate;
use inkwell::values::{BasicValueEnum, VectorValue};
use wootz_wasm_ir::ir::{FloatShape, Half, Inst, IntShape, Op, Sign, VectorConvert, VectorOp, Widening};

use super::{Result, float, neon};
use crate::function::FunctionState;
use crate::intrinsics::{FloatIntrinsic, IntLanes, Intrinsic, X86};
use crate::target::Isa;

/// Saturates the lanes of both operands to half their width: the packs of x86, in order.
pub(super) fn narrow<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    step: Widening,
    sign: Sign,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let (x, y) = (f.int_lanes(step.wide(), inst, 0)?, f.int_lanes(step.wide(), inst, 1)?);
    let Isa::X86(x86) = f.module.isa else { return neon::narrow(f, step, sign, x, y) };
    let pack = match (step, sign) {
        (Widening::I8ToI16, Sign::Signed) => X86::Packsswb,
        (Widening::I8ToI16, Sign::Unsigned) => X86::Packuswb,
        (Widening::I16ToI32, Sign::Signed) => X86::Packssdw,
        (Widening::I16ToI32, Sign::Unsigned) if x86.sse41 => X86::Packusdw,
        (Widening::I16ToI32, Sign::Unsigned) => return narrow_biased(f, x, y),
        (Widening::I32ToI64, _) => return Err(f.invalid(format!("{inst} narrows 64-bit lanes"))),
    };
    f.finish(f.vector_intrinsic(Intrinsic::X86(pack), &[x.into(), y.into()])?)
}

/// Unsigned saturation to 16 bits by a signed pack: the range is moved down before it and up after it.
fn narrow_biased<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    let b = f.builder();
    let types = &f.module.types;
    let down = |v: VectorValue<'ctx>| -> Result<BasicValueEnum<'ctx>> {
        let smax = Intrinsic::IntLanes(IntLanes::Smax, IntShape::I32x4);
        let positive = f.vector_intrinsic(smax, &[v.into(), v.get_type().const_zero().into()])?;
        Ok(b.build_int_sub(positive, types.all_ints(IntShape::I32x4, 1 << 15), "")?.into())
    };
    let packed = f.vector_intrinsic(Intrinsic::X86(X86::Packssdw), &[down(x)?, down(y)?])?;
    f.finish(b.build_xor(packed, types.all_ints(IntShape::I16x8, 1 << 15), "")?)
}

pub(super) fn extend<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    step: Widening,
    half: Half,
    sign: Sign,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    f.finish(extend_half(f, step, half, sign, f.int_lanes(step.narrow(), inst, 0)?)?)
}

fn extend_half<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    step: Widening,
    half: Half,
    sign: Sign,
    x: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    let count = step.wide().lanes();
    let first = if half == Half::Low { 0 } else { count };
    let lanes = f.pick_lanes(x, x.get_type().get_poison(), first..first + count)?;
    let wide = f.module.types.ints(step.wide());
    Ok(match sign {
        Sign::Signed => f.builder().build_int_s_extend(lanes, wide, "")?,
        Sign::Unsigned => f.builder().build_int_z_extend(lanes, wide, "")?,
    })
}

pub(super) fn extended_product<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    step: Widening,
    half: Half,
    sign: Sign,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let x = extend_half(f, step, half, sign, f.int_lanes(step.narrow(), inst, 0)?)?;
    let y = extend_half(f, step, half, sign, f.int_lanes(step.narrow(), inst, 1)?)?;
    f.finish(f.builder().build_int_mul(x, y, "")?)
}

/// The sums of neighbouring lanes: a multiply-add by ones where there is one for the sign, else shifts and a sum.
pub(super) fn extended_pair_sum<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    step: Widening,
    sign: Sign,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let x = f.int_lanes(step.narrow(), inst, 0)?;
    let Isa::X86(x86) = f.module.isa else { return f.finish(neon::pair_sums(f, step, sign, x)?) };
    let ones = f.module.types.all_ints(step.narrow(), 1);
    // The first operand of `pmaddubsw` is unsigned, the second signed.
    let operands = match (step, sign) {
        (Widening::I16ToI32, Sign::Signed) => return f.finish(pair_sums_of_i16(f, x)?),
        (Widening::I8ToI16, Sign::Signed) if x86.ssse3 => [ones, x],
        (Widening::I8ToI16, Sign::Unsigned) if x86.ssse3 => [x, ones],
        _ => {
            let wide = f.cast(x, f.module.types.ints(step.wide()))?;
            let (even, odd) = match sign {
                Sign::Signed => signed_neighbours(f, step.wide(), wide)?,
                Sign::Unsigned => unsigned_neighbours(f, step.wide(), wide)?,
            };
            return f.finish(f.builder().build_int_add(even, odd, "")?);
        }
    };
    f.finish(f.vector_intrinsic(Intrinsic::X86(X86::Pmaddubsw), &operands.map(Into::into))?)
}

/// The signed sums of neighbouring 16-bit lanes.
pub(super) fn pair_sums_of_i16<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    x: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    if f.module.isa == Isa::Aarch64 {
        return neon::pair_sums(f, Widening::I16ToI32, Sign::Signed, x);
    }
    let ones = f.module.types.all_ints(IntShape::I16x8, 1);
    f.vector_intrinsic(Intrinsic::X86(X86::Pmaddwd), &[x.into(), ones.into()])
}

/// The lower and the upper half of each lane, sign-extended.
pub(super) fn signed_neighbours<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: IntShape,
    x: VectorValue<'ctx>,
) -> Result<(VectorValue<'ctx>, VectorValue<'ctx>)> {
    let b = f.builder();
    let half = f.module.types.all_ints(shape, u64::from(shape.lane_bits() / 2));
    let even = b.build_right_shift(b.build_left_shift(x, half, "")?, half, true, "")?;
    Ok((even, b.build_right_shift(x, half, true, "")?))
}

/// The lower and the upper half of each lane, zero-extended.
fn unsigned_neighbours<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: IntShape,
    x: VectorValue<'ctx>,
) -> Result<(VectorValue<'ctx>, VectorValue<'ctx>)> {
    let b = f.builder();
    let bits = shape.lane_bits() / 2;
    let even = b.build_and(x, f.module.types.all_ints(shape, (1 << bits) - 1), "")?;
    Ok((even, b.build_right_shift(x, f.module.types.all_ints(shape, bits.into()), false, "")?))
}

pub(super) fn convert<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    op: VectorConvert,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    match op {
        VectorConvert::TruncSat { from, sign } => trunc(f, from, sign, inst, false),
        VectorConvert::FromInt { to, sign } => {
            let b = f.builder();
            let x = f.int_lanes(IntShape::I32x4, inst, 0)?;
            let x = f.pick_lanes(x, x.get_type().get_poison(), 0..to.bits().lanes())?;
            let ty = f.module.types.floats(to);
            f.finish(match sign {
                Sign::Signed => b.build_signed_int_to_float(x, ty, "")?,
                Sign::Unsigned => b.build_unsigned_int_to_float(x, ty, "")?,
            })
        }
        VectorConvert::Demote => demote(f, inst),
        VectorConvert::Promote => {
            let x = f.float_lanes(FloatShape::F32x4, inst, 0)?;
            let low = f.pick_lanes(x, x.get_type().get_poison(), 0..2)?;
            let ty = f.module.types.floats(FloatShape::F64x2);
            float::arithmetic(f, FloatShape::F64x2, f.builder().build_float_ext(low, ty, "")?)
        }
    }
}

/// `f32x4.demote_f64x2_zero`. LLVM would drop a promotion followed by a demotion, and with it the quieting of NaNs.
fn demote<'ctx>(f: &FunctionState<'_, 'ctx>, inst: Inst) -> Result<BasicValueEnum<'ctx>> {
    let mut x = f.float_lanes(FloatShape::F64x2, inst, 0)?;
    let source = f.body.args(inst).first().and_then(|arg| f.defining_inst(*arg));
    if source.is_some_and(|source| {
        f.body.insts[source].op == Op::Vector(VectorOp::Convert(VectorConvert::Promote))
    }) {
        x = float::canonicalize(f, FloatShape::F64x2, x)?;
    }
    let half = f.builder().build_float_trunc(x, f.module.types.f32.vec_type(2), "")?;
    let result = f.pick_lanes(half, half.get_type().const_zero(), 0..4)?;
    float::arithmetic(f, FloatShape::F32x4, result)
}

/// Floats to integers of 32 bits. Saturating, with zero for NaN, unless `relaxed` leaves open what is not in range.
pub(super) fn trunc<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    from: FloatShape,
    sign: Sign,
    inst: Inst,
    relaxed: bool,
) -> Result<BasicValueEnum<'ctx>> {
    let x = f.float_lanes(from, inst, 0)?;
    let Isa::X86(x86) = f.module.isa else { return f.finish(neon::trunc(f, from, sign, x)?) };
    let result = match (from, sign) {
        (FloatShape::F32x4, Sign::Signed) if relaxed => x86_trunc(f, X86::Cvttps2dq, x)?,
        (FloatShape::F64x2, Sign::Signed) if relaxed => x86_trunc(f, X86::Cvttpd2dq, x)?,
        (FloatShape::F32x4, Sign::Signed) => trunc_f32_s(f, x)?,
        (FloatShape::F64x2, Sign::Signed) => trunc_f64_s(f, x)?,
        (_, Sign::Unsigned) if x86.avx512vl => {
            let x = if relaxed { x } else { not_negative(f, x)? };
            x86_trunc_u(f, from, x)?
        }
        (FloatShape::F32x4, Sign::Unsigned) if relaxed => relaxed_trunc_f32_u(f, x)?,
        (FloatShape::F32x4, Sign::Unsigned) => trunc_f32_u(f, x)?,
        (FloatShape::F64x2, Sign::Unsigned) => {
            let clamp = !(relaxed && x86.sse41);
            trunc_f64_u(f, x, clamp)?
        }
    };
    f.finish(result)
}

/// x86's conversion: what is not in range, and NaN, becomes the least integer.
fn x86_trunc<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    intrinsic: X86,
    x: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    f.vector_intrinsic(Intrinsic::X86(intrinsic), &[x.into()])
}

/// AVX-512's unsigned conversion: what is not in range, and NaN, becomes the greatest integer.
fn x86_trunc_u<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    from: FloatShape,
    x: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    let intrinsic = match from {
        FloatShape::F32x4 => X86::Cvttps2udq,
        FloatShape::F64x2 => X86::Cvttpd2udq,
    };
    let types = &f.module.types;
    let (other, all) = (types.ints(IntShape::I32x4).const_zero(), types.i8.const_all_ones());
    f.vector_intrinsic(Intrinsic::X86(intrinsic), &[x.into(), other.into(), all.into()])
}

/// `x`, or zero where it is less or NaN: `maxps`.
fn not_negative<'ctx>(f: &FunctionState<'_, 'ctx>, x: VectorValue<'ctx>) -> Result<VectorValue<'ctx>> {
    float::first_if(f, FloatPredicate::OGT, x, x.get_type().const_zero())
}

/// Zero for NaN before; after, the least integer becomes the greatest where the operand was too large.
fn trunc_f32_s<'ctx>(f: &FunctionState<'_, 'ctx>, x: VectorValue<'ctx>) -> Result<VectorValue<'ctx>> {
    let b = f.builder();
    let zero = x.get_type().const_zero();
    let number = b.build_float_compare(FloatPredicate::ORD, x, zero, "")?;
    let truncated = x86_trunc(f, X86::Cvttps2dq, f.select_lanes(number, x, zero)?)?;
    let limit = f.module.types.all_floats(FloatShape::F32x4, 2f64.powi(31));
    let too_large = b.build_float_compare(FloatPredicate::OGE, x, limit, "")?;
    Ok(b.build_xor(truncated, f.mask(IntShape::I32x4, too_large)?, "")?)
}

/// In two parts: below 2^31, and what is above it, each by the signed conversion.
fn trunc_f32_u<'ctx>(f: &FunctionState<'_, 'ctx>, x: VectorValue<'ctx>) -> Result<VectorValue<'ctx>> {
    let b = f.builder();
    let limit = f.module.types.all_floats(FloatShape::F32x4, 2f64.powi(31));
    let x = not_negative(f, x)?;
    // 2^31 if there is a part above it, which is the least integer.
    let low = x86_trunc(f, X86::Cvttps2dq, x)?;
    let above = b.build_float_sub(x, limit, "")?;
    let too_large = b.build_float_compare(FloatPredicate::OGE, above, limit, "")?;
    let high = x86_trunc(f, X86::Cvttps2dq, above)?;
    let high = b.build_xor(high, f.mask(IntShape::I32x4, too_large)?, "")?;
    let smax = Intrinsic::IntLanes(IntLanes::Smax, IntShape::I32x4);
    let high = f.vector_intrinsic(smax, &[high.into(), high.get_type().const_zero().into()])?;
    Ok(b.build_int_add(low, high, "")?)
}

/// The same for operands in range: the upper part counts where the lower one is 2^31.
fn relaxed_trunc_f32_u<'ctx>(f: &FunctionState<'_, 'ctx>, x: VectorValue<'ctx>) -> Result<VectorValue<'ctx>> {
    let b = f.builder();
    let limit = f.module.types.all_floats(FloatShape::F32x4, 2f64.powi(31));
    let low = x86_trunc(f, X86::Cvttps2dq, x)?;
    let high = x86_trunc(f, X86::Cvttps2dq, b.build_float_sub(x, limit, "")?)?;
    let above = b.build_right_shift(low, f.module.types.all_ints(IntShape::I32x4, 31), true, "")?;
    Ok(b.build_or(low, b.build_and(high, above, "")?, "")?)
}

/// Clamped from above before, to zero for NaN; x86's conversion clamps from below.
fn trunc_f64_s<'ctx>(f: &FunctionState<'_, 'ctx>, x: VectorValue<'ctx>) -> Result<VectorValue<'ctx>> {
    let zero = x.get_type().const_zero();
    let most = f.module.types.all_floats(FloatShape::F64x2, f64::from(i32::MAX));
    let number = f.builder().build_float_compare(FloatPredicate::ORD, x, zero, "")?;
    let most = f.select_lanes(number, most, zero)?;
    x86_trunc(f, X86::Cvttpd2dq, float::first_if(f, FloatPredicate::OLT, x, most)?)
}

/// Clamped to the range unless it is known to lie there. An integer below 2^52 stands in the lowest bits of its sum with
/// 2^52; without an instruction that rounds, the conversion is by scalars of 64 bits.
fn trunc_f64_u<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    mut x: VectorValue<'ctx>,
    clamp: bool,
) -> Result<VectorValue<'ctx>> {
    let b = f.builder();
    let types = &f.module.types;
    if clamp {
        let most = types.all_floats(FloatShape::F64x2, f64::from(u32::MAX));
        x = float::first_if(f, FloatPredicate::OLT, not_negative(f, x)?, most)?;
    }
    let wide = if f.module.isa.rounds() {
        let trunc = Intrinsic::FloatLanes(FloatIntrinsic::Trunc, FloatShape::F64x2);
        let whole = f.vector_intrinsic(trunc, &[x.into()])?;
        b.build_float_add(whole, types.all_floats(FloatShape::F64x2, 2f64.powi(52)), "")?
    } else {
        b.build_float_to_signed_int(x, types.ints(IntShape::I64x2), "")?
    };
    let parts = f.cast(wide, types.ints(IntShape::I32x4))?;
    f.pick_lanes(parts, parts.get_type().const_zero(), [0, 2, 4, 5])
}
