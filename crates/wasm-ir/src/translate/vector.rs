//! The dispatch over vector operators: one line each, one body per family.

use wasmparser::{MemArg, Operator};

use crate::ir::{
    Bitwise, Constant, FloatCompare as FC, FloatShape, FloatUnary as FU, Half, IntCompare as IC, IntShape,
    Op, Relaxed, Shape, Sign, VectorConvert, VectorFloatBinary as FB, VectorIntBinary as IB,
    VectorIntUnary as IU, VectorLoad, VectorOp, VectorShift, Widening,
};
use crate::{Error, ValType};

use super::function::Function;

use FloatShape::{F32x4, F64x2};
use Half::{High, Low};
use IntShape::{I8x16, I16x8, I32x4, I64x2};
use Sign::{Signed, Unsigned};
use ValType::{I32, V128};
use Widening::{I8ToI16, I16ToI32, I32ToI64};

type Done = Result<(), Error>;

impl Function<'_> {
    /// Translates a vector operator that control reaches.
    #[rustfmt::skip]
    pub(super) fn vector(&mut self, operator: Operator<'_>) -> Done {
        use Operator as O;
        match operator {
            // Memory
            O::V128Load { memarg } => return self.load(memarg, 16, V128, Unsigned),
            O::V128Load8x8S { memarg } => return self.vector_load(memarg, 8, VectorLoad::Extend(I8ToI16, Signed)),
            O::V128Load8x8U { memarg } => return self.vector_load(memarg, 8, VectorLoad::Extend(I8ToI16, Unsigned)),
            O::V128Load16x4S { memarg } => return self.vector_load(memarg, 8, VectorLoad::Extend(I16ToI32, Signed)),
            O::V128Load16x4U { memarg } => return self.vector_load(memarg, 8, VectorLoad::Extend(I16ToI32, Unsigned)),
            O::V128Load32x2S { memarg } => return self.vector_load(memarg, 8, VectorLoad::Extend(I32ToI64, Signed)),
            O::V128Load32x2U { memarg } => return self.vector_load(memarg, 8, VectorLoad::Extend(I32ToI64, Unsigned)),
            O::V128Load8Splat { memarg } => return self.vector_load(memarg, 1, VectorLoad::Splat),
            O::V128Load16Splat { memarg } => return self.vector_load(memarg, 2, VectorLoad::Splat),
            O::V128Load32Splat { memarg } => return self.vector_load(memarg, 4, VectorLoad::Splat),
            O::V128Load64Splat { memarg } => return self.vector_load(memarg, 8, VectorLoad::Splat),
            O::V128Load32Zero { memarg } => return self.vector_load(memarg, 4, VectorLoad::Zero),
            O::V128Load64Zero { memarg } => return self.vector_load(memarg, 8, VectorLoad::Zero),
            O::V128Load8Lane { memarg, lane } => return self.load_lane(memarg, 1, lane),
            O::V128Load16Lane { memarg, lane } => return self.load_lane(memarg, 2, lane),
            O::V128Load32Lane { memarg, lane } => return self.load_lane(memarg, 4, lane),
            O::V128Load64Lane { memarg, lane } => return self.load_lane(memarg, 8, lane),
            O::V128Store { memarg } => return self.store(memarg, 16),
            O::V128Store8Lane { memarg, lane } => return self.store_lane(memarg, 1, lane),
            O::V128Store16Lane { memarg, lane } => return self.store_lane(memarg, 2, lane),
            O::V128Store32Lane { memarg, lane } => return self.store_lane(memarg, 4, lane),
            O::V128Store64Lane { memarg, lane } => return self.store_lane(memarg, 8, lane),

            // Constants, lanes and bytes
            O::V128Const { value } => self.constant(Constant::V128(*value.bytes()), V128),
            O::I8x16Splat => self.splat(Shape::Int(I8x16)),
            O::I16x8Splat => self.splat(Shape::Int(I16x8)),
            O::I32x4Splat => self.splat(Shape::Int(I32x4)),
            O::I64x2Splat => self.splat(Shape::Int(I64x2)),
            O::F32x4Splat => self.splat(Shape::Float(F32x4)),
            O::F64x2Splat => self.splat(Shape::Float(F64x2)),
            O::I8x16ExtractLaneS { lane } => self.extract_lane(Shape::Int(I8x16), lane, Signed),
            O::I8x16ExtractLaneU { lane } => self.extract_lane(Shape::Int(I8x16), lane, Unsigned),
            O::I8x16ReplaceLane { lane } => self.operate(VectorOp::ReplaceLane { shape: Shape::Int(I8x16), lane }, 2),
            O::I16x8ExtractLaneS { lane } => self.extract_lane(Shape::Int(I16x8), lane, Signed),
            O::I16x8ExtractLaneU { lane } => self.extract_lane(Shape::Int(I16x8), lane, Unsigned),
            O::I16x8ReplaceLane { lane } => self.operate(VectorOp::ReplaceLane { shape: Shape::Int(I16x8), lane }, 2),
            O::I32x4ExtractLane { lane } => self.extract_lane(Shape::Int(I32x4), lane, Unsigned),
            O::I32x4ReplaceLane { lane } => self.operate(VectorOp::ReplaceLane { shape: Shape::Int(I32x4), lane }, 2),
            O::I64x2ExtractLane { lane } => self.extract_lane(Shape::Int(I64x2), lane, Unsigned),
            O::I64x2ReplaceLane { lane } => self.operate(VectorOp::ReplaceLane { shape: Shape::Int(I64x2), lane }, 2),
            O::F32x4ExtractLane { lane } => self.extract_lane(Shape::Float(F32x4), lane, Unsigned),
            O::F32x4ReplaceLane { lane } => self.operate(VectorOp::ReplaceLane { shape: Shape::Float(F32x4), lane }, 2),
            O::F64x2ExtractLane { lane } => self.extract_lane(Shape::Float(F64x2), lane, Unsigned),
            O::F64x2ReplaceLane { lane } => self.operate(VectorOp::ReplaceLane { shape: Shape::Float(F64x2), lane }, 2),
            O::I8x16Shuffle { lanes } => self.operate(VectorOp::Shuffle(lanes), 2),
            O::I8x16Swizzle => self.operate(VectorOp::Swizzle, 2),

            // Bits
            O::V128Not => self.operate(VectorOp::Bitwise(Bitwise::Not), 1),
            O::V128And => self.operate(VectorOp::Bitwise(Bitwise::And), 2),
            O::V128AndNot => self.operate(VectorOp::Bitwise(Bitwise::AndNot), 2),
            O::V128Or => self.operate(VectorOp::Bitwise(Bitwise::Or), 2),
            O::V128Xor => self.operate(VectorOp::Bitwise(Bitwise::Xor), 2),
            O::V128Bitselect => self.operate(VectorOp::Bitwise(Bitwise::Bitselect), 3),
            O::V128AnyTrue => self.test(VectorOp::AnyTrue),
            O::I8x16AllTrue => self.test(VectorOp::AllTrue(I8x16)),
            O::I16x8AllTrue => self.test(VectorOp::AllTrue(I16x8)),
            O::I32x4AllTrue => self.test(VectorOp::AllTrue(I32x4)),
            O::I64x2AllTrue => self.test(VectorOp::AllTrue(I64x2)),
            O::I8x16Bitmask => self.test(VectorOp::Bitmask(I8x16)),
            O::I16x8Bitmask => self.test(VectorOp::Bitmask(I16x8)),
            O::I32x4Bitmask => self.test(VectorOp::Bitmask(I32x4)),
            O::I64x2Bitmask => self.test(VectorOp::Bitmask(I64x2)),

            // Integers
            O::I8x16Eq => self.operate(VectorOp::IntCompare(I8x16, IC::Eq), 2),
            O::I8x16Ne => self.operate(VectorOp::IntCompare(I8x16, IC::Ne), 2),
            O::I8x16LtS => self.operate(VectorOp::IntCompare(I8x16, IC::LtS), 2),
            O::I8x16LtU => self.operate(VectorOp::IntCompare(I8x16, IC::LtU), 2),
            O::I8x16GtS => self.operate(VectorOp::IntCompare(I8x16, IC::GtS), 2),
            O::I8x16GtU => self.operate(VectorOp::IntCompare(I8x16, IC::GtU), 2),
            O::I8x16LeS => self.operate(VectorOp::IntCompare(I8x16, IC::LeS), 2),
            O::I8x16LeU => self.operate(VectorOp::IntCompare(I8x16, IC::LeU), 2),
            O::I8x16GeS => self.operate(VectorOp::IntCompare(I8x16, IC::GeS), 2),
            O::I8x16GeU => self.operate(VectorOp::IntCompare(I8x16, IC::GeU), 2),
            O::I16x8Eq => self.operate(VectorOp::IntCompare(I16x8, IC::Eq), 2),
            O::I16x8Ne => self.operate(VectorOp::IntCompare(I16x8, IC::Ne), 2),
            O::I16x8LtS => self.operate(VectorOp::IntCompare(I16x8, IC::LtS), 2),
            O::I16x8LtU => self.operate(VectorOp::IntCompare(I16x8, IC::LtU), 2),
            O::I16x8GtS => self.operate(VectorOp::IntCompare(I16x8, IC::GtS), 2),
            O::I16x8GtU => self.operate(VectorOp::IntCompare(I16x8, IC::GtU), 2),
            O::I16x8LeS => self.operate(VectorOp::IntCompare(I16x8, IC::LeS), 2),
            O::I16x8LeU => self.operate(VectorOp::IntCompare(I16x8, IC::LeU), 2),
            O::I16x8GeS => self.operate(VectorOp::IntCompare(I16x8, IC::GeS), 2),
            O::I16x8GeU => self.operate(VectorOp::IntCompare(I16x8, IC::GeU), 2),
            O::I32x4Eq => self.operate(VectorOp::IntCompare(I32x4, IC::Eq), 2),
            O::I32x4Ne => self.operate(VectorOp::IntCompare(I32x4, IC::Ne), 2),
            O::I32x4LtS => self.operate(VectorOp::IntCompare(I32x4, IC::LtS), 2),
            O::I32x4LtU => self.operate(VectorOp::IntCompare(I32x4, IC::LtU), 2),
            O::I32x4GtS => self.operate(VectorOp::IntCompare(I32x4, IC::GtS), 2),
            O::I32x4GtU => self.operate(VectorOp::IntCompare(I32x4, IC::GtU), 2),
            O::I32x4LeS => self.operate(VectorOp::IntCompare(I32x4, IC::LeS), 2),
            O::I32x4LeU => self.operate(VectorOp::IntCompare(I32x4, IC::LeU), 2),
            O::I32x4GeS => self.operate(VectorOp::IntCompare(I32x4, IC::GeS), 2),
            O::I32x4GeU => self.operate(VectorOp::IntCompare(I32x4, IC::GeU), 2),
            O::I64x2Eq => self.operate(VectorOp::IntCompare(I64x2, IC::Eq), 2),
            O::I64x2Ne => self.operate(VectorOp::IntCompare(I64x2, IC::Ne), 2),
            O::I64x2LtS => self.operate(VectorOp::IntCompare(I64x2, IC::LtS), 2),
            O::I64x2GtS => self.operate(VectorOp::IntCompare(I64x2, IC::GtS), 2),
            O::I64x2LeS => self.operate(VectorOp::IntCompare(I64x2, IC::LeS), 2),
            O::I64x2GeS => self.operate(VectorOp::IntCompare(I64x2, IC::GeS), 2),
            O::I8x16Abs => self.operate(VectorOp::IntUnary(I8x16, IU::Abs), 1),
            O::I8x16Neg => self.operate(VectorOp::IntUnary(I8x16, IU::Neg), 1),
            O::I16x8Abs => self.operate(VectorOp::IntUnary(I16x8, IU::Abs), 1),
            O::I16x8Neg => self.operate(VectorOp::IntUnary(I16x8, IU::Neg), 1),
            O::I32x4Abs => self.operate(VectorOp::IntUnary(I32x4, IU::Abs), 1),
            O::I32x4Neg => self.operate(VectorOp::IntUnary(I32x4, IU::Neg), 1),
            O::I64x2Abs => self.operate(VectorOp::IntUnary(I64x2, IU::Abs), 1),
            O::I64x2Neg => self.operate(VectorOp::IntUnary(I64x2, IU::Neg), 1),
            O::I8x16Popcnt => self.operate(VectorOp::IntUnary(I8x16, IU::Popcnt), 1),
            O::I8x16Shl => self.operate(VectorOp::Shift(I8x16, VectorShift::Shl), 2),
            O::I8x16ShrS => self.operate(VectorOp::Shift(I8x16, VectorShift::ShrS), 2),
            O::I8x16ShrU => self.operate(VectorOp::Shift(I8x16, VectorShift::ShrU), 2),
            O::I16x8Shl => self.operate(VectorOp::Shift(I16x8, VectorShift::Shl), 2),
            O::I16x8ShrS => self.operate(VectorOp::Shift(I16x8, VectorShift::ShrS), 2),
            O::I16x8ShrU => self.operate(VectorOp::Shift(I16x8, VectorShift::ShrU), 2),
            O::I32x4Shl => self.operate(VectorOp::Shift(I32x4, VectorShift::Shl), 2),
            O::I32x4ShrS => self.operate(VectorOp::Shift(I32x4, VectorShift::ShrS), 2),
            O::I32x4ShrU => self.operate(VectorOp::Shift(I32x4, VectorShift::ShrU), 2),
            O::I64x2Shl => self.operate(VectorOp::Shift(I64x2, VectorShift::Shl), 2),
            O::I64x2ShrS => self.operate(VectorOp::Shift(I64x2, VectorShift::ShrS), 2),
            O::I64x2ShrU => self.operate(VectorOp::Shift(I64x2, VectorShift::ShrU), 2),
            O::I8x16Add => self.operate(VectorOp::IntBinary(I8x16, IB::Add), 2),
            O::I8x16Sub => self.operate(VectorOp::IntBinary(I8x16, IB::Sub), 2),
            O::I8x16AddSatS => self.operate(VectorOp::IntBinary(I8x16, IB::AddSat(Signed)), 2),
            O::I8x16AddSatU => self.operate(VectorOp::IntBinary(I8x16, IB::AddSat(Unsigned)), 2),
            O::I8x16SubSatS => self.operate(VectorOp::IntBinary(I8x16, IB::SubSat(Signed)), 2),
            O::I8x16SubSatU => self.operate(VectorOp::IntBinary(I8x16, IB::SubSat(Unsigned)), 2),
            O::I8x16AvgrU => self.operate(VectorOp::IntBinary(I8x16, IB::AvgrU), 2),
            O::I8x16MinS => self.operate(VectorOp::IntBinary(I8x16, IB::Min(Signed)), 2),
            O::I8x16MinU => self.operate(VectorOp::IntBinary(I8x16, IB::Min(Unsigned)), 2),
            O::I8x16MaxS => self.operate(VectorOp::IntBinary(I8x16, IB::Max(Signed)), 2),
            O::I8x16MaxU => self.operate(VectorOp::IntBinary(I8x16, IB::Max(Unsigned)), 2),
            O::I16x8Add => self.operate(VectorOp::IntBinary(I16x8, IB::Add), 2),
            O::I16x8Sub => self.operate(VectorOp::IntBinary(I16x8, IB::Sub), 2),
            O::I16x8Mul => self.operate(VectorOp::IntBinary(I16x8, IB::Mul), 2),
            O::I16x8AddSatS => self.operate(VectorOp::IntBinary(I16x8, IB::AddSat(Signed)), 2),
            O::I16x8AddSatU => self.operate(VectorOp::IntBinary(I16x8, IB::AddSat(Unsigned)), 2),
            O::I16x8SubSatS => self.operate(VectorOp::IntBinary(I16x8, IB::SubSat(Signed)), 2),
            O::I16x8SubSatU => self.operate(VectorOp::IntBinary(I16x8, IB::SubSat(Unsigned)), 2),
            O::I16x8AvgrU => self.operate(VectorOp::IntBinary(I16x8, IB::AvgrU), 2),
            O::I16x8MinS => self.operate(VectorOp::IntBinary(I16x8, IB::Min(Signed)), 2),
            O::I16x8MinU => self.operate(VectorOp::IntBinary(I16x8, IB::Min(Unsigned)), 2),
            O::I16x8MaxS => self.operate(VectorOp::IntBinary(I16x8, IB::Max(Signed)), 2),
            O::I16x8MaxU => self.operate(VectorOp::IntBinary(I16x8, IB::Max(Unsigned)), 2),
            O::I32x4Add => self.operate(VectorOp::IntBinary(I32x4, IB::Add), 2),
            O::I32x4Sub => self.operate(VectorOp::IntBinary(I32x4, IB::Sub), 2),
            O::I32x4Mul => self.operate(VectorOp::IntBinary(I32x4, IB::Mul), 2),
            O::I32x4MinS => self.operate(VectorOp::IntBinary(I32x4, IB::Min(Signed)), 2),
            O::I32x4MinU => self.operate(VectorOp::IntBinary(I32x4, IB::Min(Unsigned)), 2),
            O::I32x4MaxS => self.operate(VectorOp::IntBinary(I32x4, IB::Max(Signed)), 2),
            O::I32x4MaxU => self.operate(VectorOp::IntBinary(I32x4, IB::Max(Unsigned)), 2),
            O::I64x2Add => self.operate(VectorOp::IntBinary(I64x2, IB::Add), 2),
            O::I64x2Sub => self.operate(VectorOp::IntBinary(I64x2, IB::Sub), 2),
            O::I64x2Mul => self.operate(VectorOp::IntBinary(I64x2, IB::Mul), 2),
            O::I16x8Q15MulrSatS => self.operate(VectorOp::IntBinary(I16x8, IB::Q15MulrSat), 2),
            O::I32x4DotI16x8S => self.operate(VectorOp::Dot, 2),
            O::I8x16NarrowI16x8S => self.operate(VectorOp::Narrow(I8ToI16, Signed), 2),
            O::I8x16NarrowI16x8U => self.operate(VectorOp::Narrow(I8ToI16, Unsigned), 2),
            O::I16x8NarrowI32x4S => self.operate(VectorOp::Narrow(I16ToI32, Signed), 2),
            O::I16x8NarrowI32x4U => self.operate(VectorOp::Narrow(I16ToI32, Unsigned), 2),
            O::I16x8ExtendLowI8x16S => self.operate(VectorOp::Extend(I8ToI16, Low, Signed), 1),
            O::I16x8ExtendLowI8x16U => self.operate(VectorOp::Extend(I8ToI16, Low, Unsigned), 1),
            O::I16x8ExtendHighI8x16S => self.operate(VectorOp::Extend(I8ToI16, High, Signed), 1),
            O::I16x8ExtendHighI8x16U => self.operate(VectorOp::Extend(I8ToI16, High, Unsigned), 1),
            O::I32x4ExtendLowI16x8S => self.operate(VectorOp::Extend(I16ToI32, Low, Signed), 1),
            O::I32x4ExtendLowI16x8U => self.operate(VectorOp::Extend(I16ToI32, Low, Unsigned), 1),
            O::I32x4ExtendHighI16x8S => self.operate(VectorOp::Extend(I16ToI32, High, Signed), 1),
            O::I32x4ExtendHighI16x8U => self.operate(VectorOp::Extend(I16ToI32, High, Unsigned), 1),
            O::I64x2ExtendLowI32x4S => self.operate(VectorOp::Extend(I32ToI64, Low, Signed), 1),
            O::I64x2ExtendLowI32x4U => self.operate(VectorOp::Extend(I32ToI64, Low, Unsigned), 1),
            O::I64x2ExtendHighI32x4S => self.operate(VectorOp::Extend(I32ToI64, High, Signed), 1),
            O::I64x2ExtendHighI32x4U => self.operate(VectorOp::Extend(I32ToI64, High, Unsigned), 1),
            O::I16x8ExtMulLowI8x16S => self.operate(VectorOp::ExtMul(I8ToI16, Low, Signed), 2),
            O::I16x8ExtMulLowI8x16U => self.operate(VectorOp::ExtMul(I8ToI16, Low, Unsigned), 2),
            O::I16x8ExtMulHighI8x16S => self.operate(VectorOp::ExtMul(I8ToI16, High, Signed), 2),
            O::I16x8ExtMulHighI8x16U => self.operate(VectorOp::ExtMul(I8ToI16, High, Unsigned), 2),
            O::I32x4ExtMulLowI16x8S => self.operate(VectorOp::ExtMul(I16ToI32, Low, Signed), 2),
            O::I32x4ExtMulLowI16x8U => self.operate(VectorOp::ExtMul(I16ToI32, Low, Unsigned), 2),
            O::I32x4ExtMulHighI16x8S => self.operate(VectorOp::ExtMul(I16ToI32, High, Signed), 2),
            O::I32x4ExtMulHighI16x8U => self.operate(VectorOp::ExtMul(I16ToI32, High, Unsigned), 2),
            O::I64x2ExtMulLowI32x4S => self.operate(VectorOp::ExtMul(I32ToI64, Low, Signed), 2),
            O::I64x2ExtMulLowI32x4U => self.operate(VectorOp::ExtMul(I32ToI64, Low, Unsigned), 2),
            O::I64x2ExtMulHighI32x4S => self.operate(VectorOp::ExtMul(I32ToI64, High, Signed), 2),
            O::I64x2ExtMulHighI32x4U => self.operate(VectorOp::ExtMul(I32ToI64, High, Unsigned), 2),
            O::I16x8ExtAddPairwiseI8x16S => self.operate(VectorOp::ExtAddPairwise(I8ToI16, Signed), 1),
            O::I16x8ExtAddPairwiseI8x16U => self.operate(VectorOp::ExtAddPairwise(I8ToI16, Unsigned), 1),
            O::I32x4ExtAddPairwiseI16x8S => self.operate(VectorOp::ExtAddPairwise(I16ToI32, Signed), 1),
            O::I32x4ExtAddPairwiseI16x8U => self.operate(VectorOp::ExtAddPairwise(I16ToI32, Unsigned), 1),

            // Floating point
            O::F32x4Eq => self.operate(VectorOp::FloatCompare(F32x4, FC::Eq), 2),
            O::F32x4Ne => self.operate(VectorOp::FloatCompare(F32x4, FC::Ne), 2),
            O::F32x4Lt => self.operate(VectorOp::FloatCompare(F32x4, FC::Lt), 2),
            O::F32x4Gt => self.operate(VectorOp::FloatCompare(F32x4, FC::Gt), 2),
            O::F32x4Le => self.operate(VectorOp::FloatCompare(F32x4, FC::Le), 2),
            O::F32x4Ge => self.operate(VectorOp::FloatCompare(F32x4, FC::Ge), 2),
            O::F64x2Eq => self.operate(VectorOp::FloatCompare(F64x2, FC::Eq), 2),
            O::F64x2Ne => self.operate(VectorOp::FloatCompare(F64x2, FC::Ne), 2),
            O::F64x2Lt => self.operate(VectorOp::FloatCompare(F64x2, FC::Lt), 2),
            O::F64x2Gt => self.operate(VectorOp::FloatCompare(F64x2, FC::Gt), 2),
            O::F64x2Le => self.operate(VectorOp::FloatCompare(F64x2, FC::Le), 2),
            O::F64x2Ge => self.operate(VectorOp::FloatCompare(F64x2, FC::Ge), 2),
            O::F32x4Abs => self.operate(VectorOp::FloatUnary(F32x4, FU::Abs), 1),
            O::F32x4Neg => self.operate(VectorOp::FloatUnary(F32x4, FU::Neg), 1),
            O::F32x4Ceil => self.operate(VectorOp::FloatUnary(F32x4, FU::Ceil), 1),
            O::F32x4Floor => self.operate(VectorOp::FloatUnary(F32x4, FU::Floor), 1),
            O::F32x4Trunc => self.operate(VectorOp::FloatUnary(F32x4, FU::Trunc), 1),
            O::F32x4Nearest => self.operate(VectorOp::FloatUnary(F32x4, FU::Nearest), 1),
            O::F32x4Sqrt => self.operate(VectorOp::FloatUnary(F32x4, FU::Sqrt), 1),
            O::F64x2Abs => self.operate(VectorOp::FloatUnary(F64x2, FU::Abs), 1),
            O::F64x2Neg => self.operate(VectorOp::FloatUnary(F64x2, FU::Neg), 1),
            O::F64x2Ceil => self.operate(VectorOp::FloatUnary(F64x2, FU::Ceil), 1),
            O::F64x2Floor => self.operate(VectorOp::FloatUnary(F64x2, FU::Floor), 1),
            O::F64x2Trunc => self.operate(VectorOp::FloatUnary(F64x2, FU::Trunc), 1),
            O::F64x2Nearest => self.operate(VectorOp::FloatUnary(F64x2, FU::Nearest), 1),
            O::F64x2Sqrt => self.operate(VectorOp::FloatUnary(F64x2, FU::Sqrt), 1),
            O::F32x4Add => self.operate(VectorOp::FloatBinary(F32x4, FB::Add), 2),
            O::F32x4Sub => self.operate(VectorOp::FloatBinary(F32x4, FB::Sub), 2),
            O::F32x4Mul => self.operate(VectorOp::FloatBinary(F32x4, FB::Mul), 2),
            O::F32x4Div => self.operate(VectorOp::FloatBinary(F32x4, FB::Div), 2),
            O::F32x4Min => self.operate(VectorOp::FloatBinary(F32x4, FB::Min), 2),
            O::F32x4Max => self.operate(VectorOp::FloatBinary(F32x4, FB::Max), 2),
            O::F32x4PMin => self.operate(VectorOp::FloatBinary(F32x4, FB::PMin), 2),
            O::F32x4PMax => self.operate(VectorOp::FloatBinary(F32x4, FB::PMax), 2),
            O::F64x2Add => self.operate(VectorOp::FloatBinary(F64x2, FB::Add), 2),
            O::F64x2Sub => self.operate(VectorOp::FloatBinary(F64x2, FB::Sub), 2),
            O::F64x2Mul => self.operate(VectorOp::FloatBinary(F64x2, FB::Mul), 2),
            O::F64x2Div => self.operate(VectorOp::FloatBinary(F64x2, FB::Div), 2),
            O::F64x2Min => self.operate(VectorOp::FloatBinary(F64x2, FB::Min), 2),
            O::F64x2Max => self.operate(VectorOp::FloatBinary(F64x2, FB::Max), 2),
            O::F64x2PMin => self.operate(VectorOp::FloatBinary(F64x2, FB::PMin), 2),
            O::F64x2PMax => self.operate(VectorOp::FloatBinary(F64x2, FB::PMax), 2),

            // Conversions
            O::I32x4TruncSatF32x4S => self.lanes_to(VectorConvert::TruncSat { from: F32x4, sign: Signed }),
            O::I32x4TruncSatF32x4U => self.lanes_to(VectorConvert::TruncSat { from: F32x4, sign: Unsigned }),
            O::I32x4TruncSatF64x2SZero => self.lanes_to(VectorConvert::TruncSat { from: F64x2, sign: Signed }),
            O::I32x4TruncSatF64x2UZero => self.lanes_to(VectorConvert::TruncSat { from: F64x2, sign: Unsigned }),
            O::F32x4ConvertI32x4S => self.lanes_to(VectorConvert::FromInt { to: F32x4, sign: Signed }),
            O::F32x4ConvertI32x4U => self.lanes_to(VectorConvert::FromInt { to: F32x4, sign: Unsigned }),
            O::F64x2ConvertLowI32x4S => self.lanes_to(VectorConvert::FromInt { to: F64x2, sign: Signed }),
            O::F64x2ConvertLowI32x4U => self.lanes_to(VectorConvert::FromInt { to: F64x2, sign: Unsigned }),
            O::F32x4DemoteF64x2Zero => self.lanes_to(VectorConvert::Demote),
            O::F64x2PromoteLowF32x4 => self.lanes_to(VectorConvert::Promote),

            // Relaxed
            O::I8x16RelaxedSwizzle => self.relaxed(Relaxed::Swizzle, 2),
            O::I32x4RelaxedTruncF32x4S => self.relaxed(Relaxed::Trunc { from: F32x4, sign: Signed }, 1),
            O::I32x4RelaxedTruncF32x4U => self.relaxed(Relaxed::Trunc { from: F32x4, sign: Unsigned }, 1),
            O::I32x4RelaxedTruncF64x2SZero => self.relaxed(Relaxed::Trunc { from: F64x2, sign: Signed }, 1),
            O::I32x4RelaxedTruncF64x2UZero => self.relaxed(Relaxed::Trunc { from: F64x2, sign: Unsigned }, 1),
            O::F32x4RelaxedMadd => self.relaxed(Relaxed::Madd(F32x4), 3),
            O::F32x4RelaxedNmadd => self.relaxed(Relaxed::Nmadd(F32x4), 3),
            O::F64x2RelaxedMadd => self.relaxed(Relaxed::Madd(F64x2), 3),
            O::F64x2RelaxedNmadd => self.relaxed(Relaxed::Nmadd(F64x2), 3),
            O::I8x16RelaxedLaneselect => self.relaxed(Relaxed::Laneselect(I8x16), 3),
            O::I16x8RelaxedLaneselect => self.relaxed(Relaxed::Laneselect(I16x8), 3),
            O::I32x4RelaxedLaneselect => self.relaxed(Relaxed::Laneselect(I32x4), 3),
            O::I64x2RelaxedLaneselect => self.relaxed(Relaxed::Laneselect(I64x2), 3),
            O::F32x4RelaxedMin => self.relaxed(Relaxed::Min(F32x4), 2),
            O::F32x4RelaxedMax => self.relaxed(Relaxed::Max(F32x4), 2),
            O::F64x2RelaxedMin => self.relaxed(Relaxed::Min(F64x2), 2),
            O::F64x2RelaxedMax => self.relaxed(Relaxed::Max(F64x2), 2),
            O::I16x8RelaxedQ15mulrS => self.relaxed(Relaxed::Q15Mulr, 2),
            O::I16x8RelaxedDotI8x16I7x16S => self.relaxed(Relaxed::Dot, 2),
            O::I32x4RelaxedDotI8x16I7x16AddS => self.relaxed(Relaxed::DotAdd, 3),

            other => return Err(self.unsupported(&other)),
        }
        Ok(())
    }

    /// An operator whose result is a vector.
    fn operate(&mut self, op: VectorOp, operands: usize) {
        self.emit_with(Op::Vector(op), operands, &[V128]);
    }

    fn test(&mut self, op: VectorOp) {
        self.emit_with(Op::Vector(op), 1, &[I32]);
    }

    fn splat(&mut self, shape: Shape) {
        self.operate(VectorOp::Splat(shape), 1);
    }

    fn extract_lane(&mut self, shape: Shape, lane: u8, sign: Sign) {
        self.emit_with(Op::Vector(VectorOp::ExtractLane { shape, lane, sign }), 1, &[shape.lane_type()]);
    }

    fn lanes_to(&mut self, convert: VectorConvert) {
        self.operate(VectorOp::Convert(convert), 1);
    }

    fn relaxed(&mut self, op: Relaxed, operands: usize) {
        self.operate(VectorOp::Relaxed(op), operands);
    }

    fn vector_load(&mut self, memarg: MemArg, bytes: u8, kind: VectorLoad) -> Done {
        let access = self.access(memarg, bytes)?;
        self.emit_with(Op::VectorLoad { access, kind }, 1, &[V128]);
        Ok(())
    }

    fn load_lane(&mut self, memarg: MemArg, bytes: u8, lane: u8) -> Done {
        let access = self.access(memarg, bytes)?;
        self.emit_with(Op::VectorLoadLane { access, lane }, 2, &[V128]);
        Ok(())
    }

    fn store_lane(&mut self, memarg: MemArg, bytes: u8, lane: u8) -> Done {
        let access = self.access(memarg, bytes)?;
        self.emit_with(Op::VectorStoreLane { access, lane }, 2, &[]);
        Ok(())
    }
}
