//! Vectors (specification: Vector Instructions). `docs/simd.md` has a table of what each instruction becomes.
//!
//! Every vector value is one LLVM type, `<16 x i8>`; an operator casts its operands to its shape and its result back.
//! The casts cost nothing: all are the same register, and LLVM looks through them. Operations are LLVM's generic ones
//! where it selects the right instruction for them, since those fold and combine; an intrinsic of the machine stands only where
//! the generic form is lost or slow. Those of x86-64 stand with their operator, those of 64-bit Arm in `neon.rs`.

mod convert;
mod float;
mod int;
mod lanes;
mod memory;
mod neon;
mod relaxed;

pub(super) use memory::{load, load_lane, store_lane};

use inkwell::types::VectorType;
use inkwell::values::{BasicValueEnum, VectorValue};
use wootz_wasm_ir::ir::{FloatShape, Inst, IntShape, Shape, VectorOp};

use crate::error::CompileError;
use crate::function::FunctionState;
use crate::types::Types;

type Result<T> = std::result::Result<T, CompileError>;

pub(super) fn lower<'ctx>(
    f: &FunctionState<'_, 'ctx>,
    op: VectorOp,
    inst: Inst,
) -> Result<BasicValueEnum<'ctx>> {
    match op {
        VectorOp::Splat(shape) => lanes::splat(f, shape, f.arg(inst, 0)?),
        VectorOp::ExtractLane { shape, lane, sign } => lanes::extract(f, shape, lane, sign, inst),
        VectorOp::ReplaceLane { shape, lane } => lanes::replace(f, shape, lane, inst),
        VectorOp::Shuffle(bytes) => lanes::shuffle(f, bytes, inst),
        VectorOp::Swizzle => lanes::swizzle(f, inst),
        VectorOp::Bitwise(op) => int::bitwise(f, op, inst),
        VectorOp::AnyTrue => int::any_true(f, inst),
        VectorOp::AllTrue(shape) => int::all_true(f, shape, inst),
        VectorOp::Bitmask(shape) => int::bitmask(f, shape, inst),
        VectorOp::IntUnary(shape, op) => int::unary(f, shape, op, inst),
        VectorOp::IntBinary(shape, op) => int::binary(f, shape, op, inst),
        VectorOp::IntCompare(shape, op) => int::compare(f, shape, op, inst),
        VectorOp::Shift(shape, op) => int::shift(f, shape, op, inst),
        VectorOp::FloatUnary(shape, op) => float::unary(f, shape, op, inst),
        VectorOp::FloatBinary(shape, op) => float::binary(f, shape, op, inst),
        VectorOp::FloatCompare(shape, op) => float::compare(f, shape, op, inst),
        VectorOp::Narrow(step, sign) => convert::narrow(f, step, sign, inst),
        VectorOp::Extend(step, half, sign) => convert::extend(f, step, half, sign, inst),
        VectorOp::ExtMul(step, half, sign) => convert::extended_product(f, step, half, sign, inst),
        VectorOp::ExtAddPairwise(step, sign) => convert::extended_pair_sum(f, step, sign, inst),
        VectorOp::Dot => int::dot(f, inst),
        VectorOp::Convert(op) => convert::convert(f, op, inst),
        VectorOp::Relaxed(op) => relaxed::relaxed(f, op, inst),
    }
}

impl<'ctx> Types<'ctx> {
    fn shape(&self, shape: Shape) -> VectorType<'ctx> {
        match shape {
            Shape::Int(shape) => self.ints(shape),
            Shape::Float(shape) => self.floats(shape),
        }
    }

    /// A vector of a shape whose lanes are all `value`, truncated to their width.
    fn all_ints(&self, shape: IntShape, value: u64) -> VectorValue<'ctx> {
        let mask = u64::MAX >> (64 - shape.lane_bits());
        let lane = self.ints(shape).get_element_type().into_int_type().const_int(value & mask, false);
        VectorType::const_vector(&vec![lane; shape.lanes() as usize])
    }

    /// A vector of a shape whose lanes are all `value`, which the lanes represent exactly.
    fn all_floats(&self, shape: FloatShape, value: f64) -> VectorValue<'ctx> {
        let lane = self.float(shape.width()).const_float(value);
        VectorType::const_vector(&vec![lane; shape.bits().lanes() as usize])
    }

    /// The selector of a `shufflevector`.
    fn selector(&self, lanes: impl IntoIterator<Item = u32>) -> VectorValue<'ctx> {
        let lanes: Vec<_> = lanes.into_iter().map(|lane| self.i32.const_int(lane.into(), false)).collect();
        VectorType::const_vector(&lanes)
    }
}

impl<'ctx> FunctionState<'_, 'ctx> {
    /// A vector operand.
    fn vector(&self, inst: Inst, index: usize) -> Result<VectorValue<'ctx>> {
        Ok(self.arg(inst, index)?.into_vector_value())
    }

    /// A vector operand, read as integers.
    fn int_lanes(&self, shape: IntShape, inst: Inst, index: usize) -> Result<VectorValue<'ctx>> {
        self.cast(self.vector(inst, index)?, self.module.types.ints(shape))
    }

    /// A vector operand, read as floats.
    fn float_lanes(&self, shape: FloatShape, inst: Inst, index: usize) -> Result<VectorValue<'ctx>> {
        self.cast(self.vector(inst, index)?, self.module.types.floats(shape))
    }

    /// The same 128 bits as another type.
    fn cast(&self, value: VectorValue<'ctx>, ty: VectorType<'ctx>) -> Result<VectorValue<'ctx>> {
        if value.get_type() == ty {
            return Ok(value);
        }
        Ok(self.builder().build_bit_cast(value, ty, "")?.into_vector_value())
    }

    /// A vector of any shape as the value of an operator.
    fn finish(&self, value: VectorValue<'ctx>) -> Result<BasicValueEnum<'ctx>> {
        Ok(self.cast(value, self.module.types.v128)?.into())
    }

    /// The truth of each lane as all bits or none.
    fn mask(&self, shape: IntShape, truth: VectorValue<'ctx>) -> Result<VectorValue<'ctx>> {
        Ok(self.builder().build_int_s_extend(truth, self.module.types.ints(shape), "")?)
    }

    /// `if_true` in lanes where `truth` holds, else `if_false`.
    fn select_lanes(
        &self,
        truth: VectorValue<'ctx>,
        if_true: VectorValue<'ctx>,
        if_false: VectorValue<'ctx>,
    ) -> Result<VectorValue<'ctx>> {
        Ok(self.builder().build_select(truth, if_true, if_false, "")?.into_vector_value())
    }

    /// Lanes of `first` and, counted on, of `second`, by number.
    fn pick_lanes(
        &self,
        first: VectorValue<'ctx>,
        second: VectorValue<'ctx>,
        lanes: impl IntoIterator<Item = u32>,
    ) -> Result<VectorValue<'ctx>> {
        let selector = self.module.types.selector(lanes);
        Ok(self.builder().build_shuffle_vector(first, second, selector, "")?)
    }

    /// Calls an intrinsic from vectors to a vector.
    fn vector_intrinsic(
        &self,
        intrinsic: crate::intrinsics::Intrinsic,
        args: &[BasicValueEnum<'ctx>],
    ) -> Result<VectorValue<'ctx>> {
        Ok(self.intrinsic(intrinsic, args)?.into_vector_value())
    }
}
