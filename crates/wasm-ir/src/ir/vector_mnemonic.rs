//! The specification's name of each vector operator.

use std::fmt::{self, Display, Formatter};

use super::mnemonic::{float_compare, float_unary, int_compare, suffix};
use super::{
    Bitwise, FloatShape, Half, IntShape, Relaxed, Shape, VectorConvert, VectorFloatBinary, VectorIntBinary,
    VectorIntUnary, VectorLoad, VectorOp, VectorShift,
};

/// An operator's name without immediates.
pub(super) struct VectorMnemonic(pub(super) VectorOp);

impl Display for VectorMnemonic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            VectorOp::Splat(shape) => write!(f, "{shape}.splat"),
            VectorOp::ExtractLane { shape, sign, .. } => {
                write!(f, "{shape}.extract_lane")?;
                if is_narrow(shape) { write!(f, "_{}", suffix(sign)) } else { Ok(()) }
            }
            VectorOp::ReplaceLane { shape, .. } => write!(f, "{shape}.replace_lane"),
            VectorOp::Shuffle(_) => f.write_str("i8x16.shuffle"),
            VectorOp::Swizzle => f.write_str("i8x16.swizzle"),
            VectorOp::Bitwise(op) => write!(f, "v128.{}", bitwise(op)),
            VectorOp::AnyTrue => f.write_str("v128.any_true"),
            VectorOp::AllTrue(shape) => write!(f, "{shape}.all_true"),
            VectorOp::Bitmask(shape) => write!(f, "{shape}.bitmask"),
            VectorOp::IntUnary(shape, op) => write!(f, "{shape}.{}", int_unary(op)),
            VectorOp::IntBinary(shape, op) => int_binary(f, shape, op),
            VectorOp::IntCompare(shape, op) => write!(f, "{shape}.{}", int_compare(op)),
            VectorOp::Shift(shape, op) => write!(f, "{shape}.{}", shift(op)),
            VectorOp::FloatUnary(shape, op) => write!(f, "{shape}.{}", float_unary(op)),
            VectorOp::FloatBinary(shape, op) => write!(f, "{shape}.{}", float_binary(op)),
            VectorOp::FloatCompare(shape, op) => write!(f, "{shape}.{}", float_compare(op)),
            VectorOp::Narrow(step, sign) => {
                write!(f, "{}.narrow_{}_{}", step.narrow(), step.wide(), suffix(sign))
            }
            VectorOp::Extend(step, h, sign) => {
                write!(f, "{}.extend_{}_{}_{}", step.wide(), half(h), step.narrow(), suffix(sign))
            }
            VectorOp::ExtMul(step, h, sign) => {
                write!(f, "{}.extmul_{}_{}_{}", step.wide(), half(h), step.narrow(), suffix(sign))
            }
            VectorOp::ExtAddPairwise(step, sign) => {
                write!(f, "{}.extadd_pairwise_{}_{}", step.wide(), step.narrow(), suffix(sign))
            }
            VectorOp::Dot => f.write_str("i32x4.dot_i16x8_s"),
            VectorOp::Convert(op) => convert(f, op),
            VectorOp::Relaxed(op) => relaxed(f, op),
        }
    }
}

/// A load's name; `bytes` are those it accesses.
pub(super) fn load(f: &mut Formatter<'_>, op: VectorLoad, bytes: u8) -> fmt::Result {
    let bits = u32::from(bytes) * 8;
    match op {
        VectorLoad::Splat => write!(f, "v128.load{bits}_splat"),
        VectorLoad::Zero => write!(f, "v128.load{bits}_zero"),
        VectorLoad::Extend(step, sign) => {
            let narrow = step.narrow();
            write!(f, "v128.load{}x{}_{}", narrow.lane_bits(), narrow.lanes() / 2, suffix(sign))
        }
    }
}

/// Whether a scalar of the lane's type is wider than the lane.
fn is_narrow(shape: Shape) -> bool {
    matches!(shape, Shape::Int(IntShape::I8x16 | IntShape::I16x8))
}

fn half(half: Half) -> &'static str {
    match half {
        Half::Low => "low",
        Half::High => "high",
    }
}

fn bitwise(op: Bitwise) -> &'static str {
    match op {
        Bitwise::Not => "not",
        Bitwise::And => "and",
        Bitwise::AndNot => "andnot",
        Bitwise::Or => "or",
        Bitwise::Xor => "xor",
        Bitwise::Bitselect => "bitselect",
    }
}

fn int_unary(op: VectorIntUnary) -> &'static str {
    match op {
        VectorIntUnary::Abs => "abs",
        VectorIntUnary::Neg => "neg",
        VectorIntUnary::Popcnt => "popcnt",
    }
}

fn int_binary(f: &mut Formatter<'_>, shape: IntShape, op: VectorIntBinary) -> fmt::Result {
    match op {
        VectorIntBinary::Add => write!(f, "{shape}.add"),
        VectorIntBinary::Sub => write!(f, "{shape}.sub"),
        VectorIntBinary::Mul => write!(f, "{shape}.mul"),
        VectorIntBinary::AddSat(sign) => write!(f, "{shape}.add_sat_{}", suffix(sign)),
        VectorIntBinary::SubSat(sign) => write!(f, "{shape}.sub_sat_{}", suffix(sign)),
        VectorIntBinary::Min(sign) => write!(f, "{shape}.min_{}", suffix(sign)),
        VectorIntBinary::Max(sign) => write!(f, "{shape}.max_{}", suffix(sign)),
        VectorIntBinary::AvgrU => write!(f, "{shape}.avgr_u"),
        VectorIntBinary::Q15MulrSat => write!(f, "{shape}.q15mulr_sat_s"),
    }
}

fn shift(op: VectorShift) -> &'static str {
    match op {
        VectorShift::Shl => "shl",
        VectorShift::ShrS => "shr_s",
        VectorShift::ShrU => "shr_u",
    }
}

fn float_binary(op: VectorFloatBinary) -> &'static str {
    match op {
        VectorFloatBinary::Add => "add",
        VectorFloatBinary::Sub => "sub",
        VectorFloatBinary::Mul => "mul",
        VectorFloatBinary::Div => "div",
        VectorFloatBinary::Min => "min",
        VectorFloatBinary::Max => "max",
        VectorFloatBinary::PMin => "pmin",
        VectorFloatBinary::PMax => "pmax",
    }
}

/// What the names of conversions from `f64x2` end with: two lanes of the result have no source.
fn zero(from: FloatShape) -> &'static str {
    match from {
        FloatShape::F32x4 => "",
        FloatShape::F64x2 => "_zero",
    }
}

fn convert(f: &mut Formatter<'_>, op: VectorConvert) -> fmt::Result {
    match op {
        VectorConvert::TruncSat { from, sign } => {
            write!(f, "i32x4.trunc_sat_{from}_{}{}", suffix(sign), zero(from))
        }
        VectorConvert::FromInt { to: FloatShape::F32x4, sign } => {
            write!(f, "f32x4.convert_i32x4_{}", suffix(sign))
        }
        VectorConvert::FromInt { to: FloatShape::F64x2, sign } => {
            write!(f, "f64x2.convert_low_i32x4_{}", suffix(sign))
        }
        VectorConvert::Demote => f.write_str("f32x4.demote_f64x2_zero"),
        VectorConvert::Promote => f.write_str("f64x2.promote_low_f32x4"),
    }
}

fn relaxed(f: &mut Formatter<'_>, op: Relaxed) -> fmt::Result {
    match op {
        Relaxed::Swizzle => f.write_str("i8x16.relaxed_swizzle"),
        Relaxed::Trunc { from, sign } => {
            write!(f, "i32x4.relaxed_trunc_{from}_{}{}", suffix(sign), zero(from))
        }
        Relaxed::Madd(shape) => write!(f, "{shape}.relaxed_madd"),
        Relaxed::Nmadd(shape) => write!(f, "{shape}.relaxed_nmadd"),
        Relaxed::Laneselect(shape) => write!(f, "{shape}.relaxed_laneselect"),
        Relaxed::Min(shape) => write!(f, "{shape}.relaxed_min"),
        Relaxed::Max(shape) => write!(f, "{shape}.relaxed_max"),
        Relaxed::Q15Mulr => f.write_str("i16x8.relaxed_q15mulr_s"),
        Relaxed::Dot => f.write_str("i16x8.relaxed_dot_i8x16_i7x16_s"),
        Relaxed::DotAdd => f.write_str("i32x4.relaxed_dot_i8x16_i7x16_add_s"),
    }
}
