//! What vector operators become on 64-bit Arm, where that is not LLVM's generic operation.
//!
//! Its instructions saturate, round and order zeros and NaNs as WebAssembly wants, so that most operators are one of them.

use inkwell::values::{BasicValueEnum, VectorValue};
use wootz_wasm_ir::ir::{FloatShape, IntShape, Sign, Widening};

use super::Result;
use crate::function::FunctionState;
use crate::intrinsics::{FloatIntrinsic, IntLanes, Intrinsic, Neon};

/// Saturates the lanes of both operands, which are signed, to half their width: what LLVM takes for `sqxtn` and `sqxtun`.
pub(super) fn narrow<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    step: Widening,
    sign: Sign,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    let types = &f.module.types;
    let bits = step.narrow().lane_bits();
    let (least, most): (u64, u64) = match sign {
        Sign::Signed => ((-1i64 << (bits - 1)) as u64, (1 << (bits - 1)) - 1),
        Sign::Unsigned => (0, (1 << bits) - 1),
    };
    let clamp = |x: VectorValue<'ctx>| -> Result<VectorValue<'ctx>> {
        let smax = Intrinsic::IntLanes(IntLanes::Smax, step.wide());
        let x = f.vector_intrinsic(smax, &[x.into(), types.all_ints(step.wide(), least).into()])?;
        let smin = Intrinsic::IntLanes(IntLanes::Smin, step.wide());
        let x = f.vector_intrinsic(smin, &[x.into(), types.all_ints(step.wide(), most).into()])?;
        let lane = types.ints(step.narrow()).get_element_type().into_int_type();
        Ok(f.builder().build_int_truncate(x, lane.vec_type(step.wide().lanes()), "")?)
    };
    f.finish(f.pick_lanes(clamp(x)?, clamp(y)?, 0..step.narrow().lanes())?)
}

pub(super) fn swizzle<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    bytes: VectorValue<'ctx>,
    indices: VectorValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    f.intrinsic(Intrinsic::Neon(Neon::Tbl1), &[bytes.into(), indices.into()])
}

/// `i16x8.q15mulr_sat_s`.
pub(super) fn q15_product<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    f.vector_intrinsic(Intrinsic::Neon(Neon::Sqrdmulh), &[x.into(), y.into()])
}

/// Sums of neighbouring products at twice their width.
pub(super) fn dot<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    let half = |first: u32| -> Result<BasicValueEnum<'ctx>> {
        let widen = |v: VectorValue<'ctx>| -> Result<VectorValue<'ctx>> {
            let lanes = f.pick_lanes(v, v.get_type().get_poison(), first..first + 4)?;
            Ok(f.builder().build_int_s_extend(lanes, f.module.types.ints(IntShape::I32x4), "")?)
        };
        Ok(f.builder().build_int_mul(widen(x)?, widen(y)?, "")?.into())
    };
    f.vector_intrinsic(Intrinsic::Neon(Neon::Addp), &[half(0)?, half(4)?])
}

/// Sums of neighbouring lanes at twice their width.
pub(super) fn pair_sums<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    step: Widening,
    sign: Sign,
    x: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    let sums = match sign {
        Sign::Signed => Neon::Saddlp(step),
        Sign::Unsigned => Neon::Uaddlp(step),
    };
    f.vector_intrinsic(Intrinsic::Neon(sums), &[x.into()])
}

/// Floats to integers of 32 bits, saturating, with zero for NaN; lanes that are missing are zero.
pub(super) fn trunc<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    from: FloatShape,
    sign: Sign,
    x: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    let convert = Intrinsic::TruncSatLanes { signed: sign == Sign::Signed, from };
    let lanes = f.vector_intrinsic(convert, &[x.into()])?;
    f.pick_lanes(lanes, lanes.get_type().const_zero(), 0..4)
}

/// `fmin` or `fmax`: a quiet NaN if either is NaN, and -0 below +0.
pub(super) fn extremum<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: FloatShape,
    extremum: FloatIntrinsic,
    x: VectorValue<'ctx>,
    y: VectorValue<'ctx>,
) -> Result<VectorValue<'ctx>> {
    f.vector_intrinsic(Intrinsic::FloatLanes(extremum, shape), &[x.into(), y.into()])
}
