//! Operators on 128-bit vectors (specification: Vector Instructions): shapes, and families over them.
//!
//! A value of type `v128` has no shape of its own; each operator says how it reads its operands. Lane 0 is in the lowest
//! bytes, as in memory.

use std::fmt;

use super::{FloatCompare, FloatUnary, FloatWidth, IntCompare, Sign};
use crate::ValType;

/// A vector of integers.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's shape of the same name")]
pub enum IntShape {
    I8x16,
    I16x8,
    I32x4,
    I64x2,
}

/// A vector of floats.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's shape of the same name")]
pub enum FloatShape {
    F32x4,
    F64x2,
}

/// How a vector is read.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Shape {
    /// As integers.
    Int(IntShape),
    /// As floats.
    Float(FloatShape),
}

impl IntShape {
    /// Bits of a lane.
    pub fn lane_bits(self) -> u32 {
        match self {
            Self::I8x16 => 8,
            Self::I16x8 => 16,
            Self::I32x4 => 32,
            Self::I64x2 => 64,
        }
    }

    /// Number of lanes.
    pub fn lanes(self) -> u32 {
        128 / self.lane_bits()
    }

    /// The shape whose lanes have this many bytes.
    pub fn of_lane_bytes(bytes: u8) -> Option<Self> {
        Some(match bytes {
            1 => Self::I8x16,
            2 => Self::I16x8,
            4 => Self::I32x4,
            8 => Self::I64x2,
            _ => return None,
        })
    }
}

impl FloatShape {
    /// Width of a lane.
    pub fn width(self) -> FloatWidth {
        match self {
            Self::F32x4 => FloatWidth::F32,
            Self::F64x2 => FloatWidth::F64,
        }
    }

    /// The integers that have lanes of the same width.
    pub fn bits(self) -> IntShape {
        match self {
            Self::F32x4 => IntShape::I32x4,
            Self::F64x2 => IntShape::I64x2,
        }
    }
}

impl Shape {
    /// Number of lanes.
    pub fn lanes(self) -> u32 {
        match self {
            Self::Int(shape) => shape.lanes(),
            Self::Float(shape) => shape.bits().lanes(),
        }
    }

    /// Type of a lane as a scalar: narrow integers are `i32`.
    pub fn lane_type(self) -> ValType {
        match self {
            Self::Int(IntShape::I64x2) => ValType::I64,
            Self::Int(_) => ValType::I32,
            Self::Float(shape) => shape.width().ty(),
        }
    }
}

impl fmt::Display for IntShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "i{}x{}", self.lane_bits(), self.lanes())
    }
}

impl fmt::Display for FloatShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f{}x{}", self.bits().lane_bits(), self.bits().lanes())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(shape) => shape.fmt(f),
            Self::Float(shape) => shape.fmt(f),
        }
    }
}

/// Two integer shapes of which one has lanes twice as wide.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Widening {
    /// `i8x16` and `i16x8`.
    I8ToI16,
    /// `i16x8` and `i32x4`.
    I16ToI32,
    /// `i32x4` and `i64x2`.
    I32ToI64,
}

impl Widening {
    /// The shape with narrow lanes.
    pub fn narrow(self) -> IntShape {
        match self {
            Self::I8ToI16 => IntShape::I8x16,
            Self::I16ToI32 => IntShape::I16x8,
            Self::I32ToI64 => IntShape::I32x4,
        }
    }

    /// The shape with wide lanes.
    pub fn wide(self) -> IntShape {
        match self {
            Self::I8ToI16 => IntShape::I16x8,
            Self::I16ToI32 => IntShape::I32x4,
            Self::I32ToI64 => IntShape::I64x2,
        }
    }
}

/// The lanes of a vector that an operator with wider results takes.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Half {
    /// The lower half.
    Low,
    /// The upper half.
    High,
}

/// Operators on all bits.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's operator of the same name")]
pub enum Bitwise {
    Not,
    And,
    /// The first operand where the second has no bit.
    AndNot,
    Or,
    Xor,
    /// Operands (if set, if clear, mask).
    Bitselect,
}

/// Integer operators of one operand.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's operator of the same name")]
pub enum VectorIntUnary {
    Abs,
    Neg,
    /// Only of `i8x16`.
    Popcnt,
}

/// Integer operators of two operands.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum VectorIntBinary {
    /// Wrapping sum.
    Add,
    /// Wrapping difference.
    Sub,
    /// Wrapping product; not of `i8x16`.
    Mul,
    /// Saturating sum of lanes of up to 16 bits.
    AddSat(Sign),
    /// Saturating difference of lanes of up to 16 bits.
    SubSat(Sign),
    /// Minimum; not of `i64x2`.
    Min(Sign),
    /// Maximum; not of `i64x2`.
    Max(Sign),
    /// Unsigned average, rounded up, of lanes of up to 16 bits.
    AvgrU,
    /// Rounding, saturating product of fixed-point numbers with 15 fractional bits; only of `i16x8`.
    Q15MulrSat,
}

/// Shifts of all lanes by one count modulo their width: operands (vector, `i32`).
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's operator of the same name")]
pub enum VectorShift {
    Shl,
    ShrS,
    ShrU,
}

/// Floating-point operators of two operands.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's operator of the same name")]
pub enum VectorFloatBinary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    /// The second operand if it is less, else the first, bit for bit.
    PMin,
    /// The second operand if it is greater, else the first, bit for bit.
    PMax,
}

/// Conversions between lanes of integers and floats.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum VectorConvert {
    /// `i32x4.trunc_sat_*`: saturates, NaN becomes zero; of `f64x2`, the upper half of the result is zero.
    TruncSat {
        /// Source.
        from: FloatShape,
        /// Signedness of the result.
        sign: Sign,
    },
    /// `f32x4.convert_i32x4_*` and `f64x2.convert_low_i32x4_*`.
    FromInt {
        /// Result.
        to: FloatShape,
        /// Signedness of the source.
        sign: Sign,
    },
    /// `f32x4.demote_f64x2_zero`.
    Demote,
    /// `f64x2.promote_low_f32x4`.
    Promote,
}

/// Operators whose results the specification leaves open in part (specification: Relaxed Operations).
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Relaxed {
    /// Open: indices from 16 to 127.
    Swizzle,
    /// `i32x4.relaxed_trunc_*`. Open: NaN and what is out of range.
    Trunc {
        /// Source.
        from: FloatShape,
        /// Signedness of the result.
        sign: Sign,
    },
    /// The first operand times the second, plus the third. Open: whether the product is rounded.
    Madd(FloatShape),
    /// The same with the product negated.
    Nmadd(FloatShape),
    /// Operands (if set, if clear, mask). Open: lanes of the mask with set and clear bits.
    Laneselect(IntShape),
    /// Open: NaN, and zeros of different signs.
    Min(FloatShape),
    /// Open: NaN, and zeros of different signs.
    Max(FloatShape),
    /// `i16x8.relaxed_q15mulr_s`. Open: the square of the least integer.
    Q15Mulr,
    /// `i16x8.relaxed_dot_i8x16_i7x16_s`. Open: the sign of the second operand's lanes.
    Dot,
    /// `i32x4.relaxed_dot_i8x16_i7x16_add_s`: operands (i8x16, i7x16, i32x4).
    DotAdd,
}

/// An operator on vectors. Operands and results are `v128` unless it says otherwise.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum VectorOp {
    /// All lanes the same: operand (lane).
    Splat(Shape),
    /// A lane as a scalar.
    ExtractLane {
        /// Shape of the operand.
        shape: Shape,
        /// Number of the lane.
        lane: u8,
        /// Extension of a narrow integer.
        sign: Sign,
    },
    /// The vector with one lane replaced: operands (vector, lane).
    ReplaceLane {
        /// Shape of the vector.
        shape: Shape,
        /// Number of the lane.
        lane: u8,
    },
    /// Bytes by constant numbers: 0 to 15 of the first operand, 16 to 31 of the second.
    Shuffle([u8; 16]),
    /// Bytes of the first operand by the numbers in the second; zero where they are past the end.
    Swizzle,
    /// All bits.
    Bitwise(Bitwise),
    /// Whether any bit is set: an `i32` 0 or 1.
    AnyTrue,
    /// Whether no lane is zero: an `i32` 0 or 1.
    AllTrue(IntShape),
    /// The sign bits of all lanes, lane 0 lowest: an `i32`.
    Bitmask(IntShape),
    /// An integer operator of one operand.
    IntUnary(IntShape, VectorIntUnary),
    /// An integer operator of two operands.
    IntBinary(IntShape, VectorIntBinary),
    /// An integer comparison: all bits of a lane, or none.
    IntCompare(IntShape, IntCompare),
    /// A shift.
    Shift(IntShape, VectorShift),
    /// A floating-point operator of one operand.
    FloatUnary(FloatShape, FloatUnary),
    /// A floating-point operator of two operands.
    FloatBinary(FloatShape, VectorFloatBinary),
    /// A floating-point comparison: all bits of a lane, or none.
    FloatCompare(FloatShape, FloatCompare),
    /// Both operands' lanes, read as signed and saturated to half their width.
    Narrow(Widening, Sign),
    /// Half of the lanes at twice their width.
    Extend(Widening, Half, Sign),
    /// The whole products of half of the lanes.
    ExtMul(Widening, Half, Sign),
    /// The whole sums of neighbouring lanes; not of `i32x4`.
    ExtAddPairwise(Widening, Sign),
    /// `i32x4.dot_i16x8_s`: the sums of neighbouring products.
    Dot,
    /// A conversion.
    Convert(VectorConvert),
    /// An operator with results that are open in part.
    Relaxed(Relaxed),
}

/// Loads that fill a vector from fewer bytes.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum VectorLoad {
    /// Every lane is what is loaded.
    Splat,
    /// The lowest lane is what is loaded, the others are zero.
    Zero,
    /// Eight bytes of narrow lanes, each extended.
    Extend(Widening, Sign),
}
