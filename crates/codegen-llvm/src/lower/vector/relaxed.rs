//! Relaxed operators (specification: Relaxed Operations). Each is what the CPU does in one or a few instructions, or, when
//! results are to be the same everywhere, the specification's deterministic choice. On one CPU every use of an operator
//! makes the same choice.

use inkwell::values::{BasicValueEnum, VectorValue};
use inkwell::{FloatPredicate, IntPredicate};
use wootz_wasm_ir::ir::{FloatShape, Inst, IntShape, Relaxed, VectorIntBinary};

use super::{Result, convert, float, int, lanes};
use crate::function::FunctionState;
use crate::intrinsics::{FloatIntrinsic, IntLanes, Intrinsic, X86};
use crate::target::Isa;

pub(super) fn relaxed<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    op: Relaxed,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    // The deterministic choice is that of 64-bit Arm, fused products aside.
    let x86 =
        if let Isa::X86(x86) = f.module.isa { Some(x86).filter(|_| !f.module.deterministic) } else { None };
    // These can return a NaN as it came.
    let raw = x86.is_some() && !f.module.canonicalize_nans;
    match op {
        Relaxed::Swizzle if x86.is_some_and(|x86| x86.ssse3) => {
            f.intrinsic(Intrinsic::X86(X86::Pshufb), &[f.arg(inst, 0)?, f.arg(inst, 1)?])
        }
        Relaxed::Swizzle => lanes::swizzle(f, inst),
        Relaxed::Trunc { from, sign } => convert::trunc(f, from, sign, inst, x86.is_some()),
        Relaxed::Madd(shape) => multiply_add(f, shape, f.float_lanes(shape, inst, 0)?, inst),
        Relaxed::Nmadd(shape) => {
            let negated = f.builder().build_float_neg(f.float_lanes(shape, inst, 0)?, "")?;
            multiply_add(f, shape, negated, inst)
        }
        // With AVX-512 a selection by bits is one instruction, by signs two.
        Relaxed::Laneselect(shape) if x86.is_some_and(|x86| x86.sse41 && !x86.avx512vl) => {
            select_by_sign(f, shape, inst)
        }
        Relaxed::Laneselect(_) => {
            Ok(int::bitselect(f, f.vector(inst, 0)?, f.vector(inst, 1)?, f.vector(inst, 2)?)?.into())
        }
        Relaxed::Min(shape) | Relaxed::Max(shape) => {
            let (x, y) = (f.float_lanes(shape, inst, 0)?, f.float_lanes(shape, inst, 1)?);
            match op {
                Relaxed::Min(_) if raw => f.finish(float::first_if(f, FloatPredicate::OLT, x, y)?),
                Relaxed::Min(_) => float::minimum(f, shape, x, y),
                _ if raw => f.finish(float::first_if(f, FloatPredicate::OGT, x, y)?),
                _ => float::maximum(f, shape, x, y),
            }
        }
        Relaxed::Q15Mulr if x86.is_some_and(|x86| x86.ssse3) => {
            let (x, y) = (f.int_lanes(IntShape::I16x8, inst, 0)?, f.int_lanes(IntShape::I16x8, inst, 1)?);
            f.finish(f.vector_intrinsic(Intrinsic::X86(X86::Pmulhrsw), &[x.into(), y.into()])?)
        }
        Relaxed::Q15Mulr => int::binary(f, IntShape::I16x8, VectorIntBinary::Q15MulrSat, inst),
        Relaxed::Dot => f.finish(dot(f, inst)?),
        Relaxed::DotAdd => {
            let sums = convert::pair_sums_of_i16(f, dot(f, inst)?)?;
            let addend = f.int_lanes(IntShape::I32x4, inst, 2)?;
            f.finish(f.builder().build_int_add(sums, addend, "")?)
        }
    }
}

/// `x` times the second operand plus the third: fused where the CPU can, else rounded twice, as the deterministic choice
/// is.
fn multiply_add<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: FloatShape,
    x: VectorValue<'ctx>,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let (y, addend) = (f.float_lanes(shape, inst, 1)?, f.float_lanes(shape, inst, 2)?);
    let result = if f.module.isa.has_fma() && !f.module.deterministic {
        let fma = Intrinsic::FloatLanes(FloatIntrinsic::Fma, shape);
        f.vector_intrinsic(fma, &[x.into(), y.into(), addend.into()])?
    } else {
        f.builder().build_float_add(f.builder().build_float_mul(x, y, "")?, addend, "")?
    };
    float::arithmetic(f, shape, result)
}

/// A lane of the first operand where the mask's lane has its highest bit set: `blendv`.
fn select_by_sign<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: IntShape,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let mask = f.int_lanes(shape, inst, 2)?;
    let zero = mask.get_type().const_zero();
    let set = f.builder().build_int_compare(IntPredicate::SLT, mask, zero, "")?;
    f.finish(f.select_lanes(set, f.int_lanes(shape, inst, 0)?, f.int_lanes(shape, inst, 1)?)?)
}

/// Sums of two products each, saturated to 16 bits. `pmaddubsw` reads the second operand's lanes as unsigned; the
/// deterministic choice is signed.
fn dot<'ctx>(f: &FunctionState<'_, 'ctx>, inst: Inst) -> Result<VectorValue<'ctx>> {
    if let Isa::X86(x86) = f.module.isa
        && x86.ssse3
        && !f.module.deterministic
    {
        let args = [f.arg(inst, 1)?, f.arg(inst, 0)?];
        return f.vector_intrinsic(Intrinsic::X86(X86::Pmaddubsw), &args);
    }
    let b = f.builder();
    let (x, y) = (f.int_lanes(IntShape::I16x8, inst, 0)?, f.int_lanes(IntShape::I16x8, inst, 1)?);
    let (even_x, odd_x) = convert::signed_neighbours(f, IntShape::I16x8, x)?;
    let (even_y, odd_y) = convert::signed_neighbours(f, IntShape::I16x8, y)?;
    let even = b.build_int_mul(even_x, even_y, "")?;
    let odd = b.build_int_mul(odd_x, odd_y, "")?;
    let saturating = Intrinsic::IntLanes(IntLanes::SaddSat, IntShape::I16x8);
    f.vector_intrinsic(saturating, &[even.into(), odd.into()])
}
