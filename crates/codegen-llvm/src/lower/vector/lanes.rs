//! Splats, single lanes, shuffles and swizzles.

use inkwell::values::{BasicValue, BasicValueEnum, VectorValue};
use wootz_wasm_ir::ir::{Inst, IntShape, Shape, Sign};

use super::{Result, neon};
use crate::function::FunctionState;
use crate::intrinsics::{IntLanes, Intrinsic, X86};
use crate::target::Isa;

/// A vector of equal lanes. `value` may be wider than a lane.
pub(super) fn splat<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: Shape,
    value: BasicValueEnum<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    let lane = narrow(f, shape, value)?;
    f.finish(splat_lane(f, shape, lane)?)
}

/// A vector of equal lanes, in its shape.
pub(super) fn splat_lane<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: Shape,
    lane: BasicValueEnum<'ctx>,
) -> Result<VectorValue<'ctx>> {
    let ty = f.module.types.shape(shape);
    let zero = f.module.types.i32.const_zero();
    let first = f.builder().build_insert_element(ty.get_poison(), lane, zero, "")?;
    f.pick_lanes(first, ty.get_poison(), std::iter::repeat_n(0, shape.lanes() as usize))
}

/// A scalar as a lane: integers lose their upper bits.
fn narrow<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: Shape,
    value: BasicValueEnum<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    match (shape, value) {
        (Shape::Int(shape), BasicValueEnum::IntValue(int)) if shape.lane_bits() < 32 => {
            let ty = f.module.types.ints(shape).get_element_type().into_int_type();
            Ok(f.builder().build_int_truncate(int, ty, "")?.into())
        }
        (_, value) => Ok(value),
    }
}

pub(super) fn extract<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: Shape,
    lane: u8,
    sign: Sign,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let types = &f.module.types;
    let vector = f.cast(f.vector(inst, 0)?, types.shape(shape))?;
    let value = f.builder().build_extract_element(vector, types.i32.const_int(lane.into(), false), "")?;
    match value {
        BasicValueEnum::IntValue(int) if int.get_type().get_bit_width() < 32 => Ok(match sign {
            Sign::Signed => f.builder().build_int_s_extend(int, types.i32, "")?,
            Sign::Unsigned => f.builder().build_int_z_extend(int, types.i32, "")?,
        }
        .into()),
        value => Ok(value),
    }
}

pub(super) fn replace<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: Shape,
    lane: u8,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let value = narrow(f, shape, f.arg(inst, 1)?)?;
    insert(f, shape, lane, f.vector(inst, 0)?, value)
}

/// A vector with one lane replaced.
pub(super) fn insert<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    shape: Shape,
    lane: u8,
    vector: VectorValue<'ctx>,
    value: impl BasicValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    let types = &f.module.types;
    let vector = f.cast(vector, types.shape(shape))?;
    let lane = types.i32.const_int(lane.into(), false);
    f.finish(f.builder().build_insert_element(vector, value, lane, "")?)
}

pub(super) fn shuffle<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    bytes: [u8; 16],
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let (first, second) = (f.vector(inst, 0)?, f.vector(inst, 1)?);
    f.finish(f.pick_lanes(first, second, bytes.map(u32::from))?)
}

/// `pshufb` takes four bits of an index and gives zero where its highest is set. Adding 0x70 with saturation sets it for
/// every index past the end.
pub(super) fn swizzle<'ctx>(f: &FunctionState<'_, 'ctx>, inst: Inst) -> Result<BasicValueEnum<'ctx>> {
    let (bytes, indices) = (f.vector(inst, 0)?, f.vector(inst, 1)?);
    match f.module.isa {
        Isa::X86(x86) if x86.ssse3 => {}
        Isa::X86(_) => return swizzle_in_memory(f, bytes, indices),
        Isa::Aarch64 => return neon::swizzle(f, bytes, indices),
    }
    let past = f.module.types.all_ints(IntShape::I8x16, 0x70);
    let saturating = Intrinsic::IntLanes(IntLanes::UaddSat, IntShape::I8x16);
    let indices = f.vector_intrinsic(saturating, &[indices.into(), past.into()])?;
    f.intrinsic(Intrinsic::X86(X86::Pshufb), &[bytes.into(), indices.into()])
}

/// Without a shuffle by variable indices: one load for each byte, out of a copy with a zero behind it.
fn swizzle_in_memory<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    bytes: VectorValue<'ctx>,
    indices: VectorValue<'ctx>,
) -> Result<BasicValueEnum<'ctx>> {
    let types = &f.module.types;
    let b = f.builder();
    let scratch = f.scratch.ok_or_else(|| f.invalid("a swizzle has no space to work in".into()))?;
    b.build_store(scratch, bytes)?;
    b.build_store(f.field(scratch, 16)?, types.i8.const_zero())?;
    let past = types.all_ints(IntShape::I8x16, 16);
    let umin = Intrinsic::IntLanes(IntLanes::Umin, IntShape::I8x16);
    let indices = f.vector_intrinsic(umin, &[indices.into(), past.into()])?;
    let mut result = types.v128.get_poison();
    for lane in 0..16 {
        let lane = types.i32.const_int(lane, false);
        let index = b.build_extract_element(indices, lane, "")?.into_int_value();
        let index = b.build_int_z_extend(index, types.i64, "")?;
        let place = crate::llvm::byte_offset(b, types.i8, scratch, index)?;
        let byte = b.build_load(types.i8, place, "")?;
        result = b.build_insert_element(result, byte, lane, "")?;
    }
    Ok(result.into())
}
