//! Vector loads and stores of fewer than 16 bytes. Those of all 16 are in `lower/memory.rs`, like any other.

use inkwell::values::{BasicValueEnum, IntValue};
use wootz_wasm_ir::ir::{FloatShape, Inst, IntShape, MemoryAccess, Shape, Sign, VectorLoad};

use super::{Result, lanes};
use crate::function::FunctionState;
use crate::lower::memory;

/// A load that fills a vector. The bytes are loaded as one integer, so that a volatile load stays one access.
pub(in crate::lower) fn load<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    kind: VectorLoad,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let (step, sign) = match kind {
        VectorLoad::Splat => {
            let lane = load_int(f, access, f.int(inst, 0)?)?;
            let shape = Shape::Int(lane_shape(f, access)?);
            return f.finish(lanes::splat_lane(f, shape, lane.into())?);
        }
        VectorLoad::Zero => return load_zero(f, access, inst),
        VectorLoad::Extend(step, sign) => (step, sign),
    };
    let loaded = load_int(f, access, f.int(inst, 0)?)?;
    let (b, types) = (f.builder(), &f.module.types);
    let narrow = step.narrow();
    let half = types.ints(narrow).get_element_type().into_int_type().vec_type(narrow.lanes() / 2);
    let lanes = b.build_bit_cast(loaded, half, "")?.into_vector_value();
    let wide = types.ints(step.wide());
    f.finish(match sign {
        Sign::Signed => b.build_int_s_extend(lanes, wide, "")?,
        Sign::Unsigned => b.build_int_z_extend(lanes, wide, "")?,
    })
}

/// A load of the lowest lane, the others being zero: as a float, since that is what one instruction does.
fn load_zero<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let shape = match access.bytes {
        4 => FloatShape::F32x4,
        8 => FloatShape::F64x2,
        bytes => return Err(f.invalid(format!("{inst} loads {bytes} bytes"))),
    };
    let pointer = memory::effective_address(f, access, f.int(inst, 0)?)?;
    let types = &f.module.types;
    let loaded = memory::load_at(f, access, types.float(shape.width()).into(), pointer)?;
    let zero = types.floats(shape).const_zero();
    f.finish(f.builder().build_insert_element(zero, loaded, types.i32.const_zero(), "")?)
}

pub(in crate::lower) fn load_lane<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    lane: u8,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    let shape = lane_shape(f, access)?;
    let loaded = load_int(f, access, f.int(inst, 0)?)?;
    lanes::insert(f, Shape::Int(shape), lane, f.vector(inst, 1)?, loaded)
}

pub(in crate::lower) fn store_lane(
    f: &mut FunctionState<'_, '_>,
    access: MemoryAccess,
    lane: u8,
    inst: Inst,
) -> Result<()> {
    let shape = lane_shape(f, access)?;
    let vector = f.int_lanes(shape, inst, 1)?;
    let lane = f.module.types.i32.const_int(lane.into(), false);
    let value = f.builder().build_extract_element(vector, lane, "")?;
    memory::store(f, access, f.int(inst, 0)?, value)
}

/// The shape whose lanes are as wide as an access.
fn lane_shape(f: &FunctionState<'_, '_>, access: MemoryAccess) -> Result<IntShape> {
    let shape = IntShape::of_lane_bytes(access.bytes);
    shape.ok_or_else(|| f.invalid(format!("an access of {} bytes for a lane", access.bytes)))
}

fn load_int<'ctx>(
    f: &mut FunctionState<'_, 'ctx>,
    access: MemoryAccess,
    address: IntValue<'ctx>,
) -> Result<IntValue<'ctx>> {
    let pointer = memory::effective_address(f, access, address)?;
    let ty = memory::int_of_bytes(f, access)?;
    Ok(memory::load_at(f, access, ty.into(), pointer)?.into_int_value())
}
