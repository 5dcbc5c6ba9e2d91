//! Operators as structured data: a family is one variant with a width and an operation, so that a back end writes it once.

use super::vector::{VectorLoad, VectorOp};
use super::{AtomicOp, Bounds};
use crate::{
    DataIndex, ElementIndex, FuncIndex, GlobalIndex, HeapType, IntWidth, MemoryIndex, TableIndex, TypeIndex,
    ValType,
};

/// Width of a floating-point operator.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum FloatWidth {
    /// binary32.
    F32,
    /// binary64.
    F64,
}

impl FloatWidth {
    /// The value type.
    pub fn ty(self) -> ValType {
        match self {
            Self::F32 => ValType::F32,
            Self::F64 => ValType::F64,
        }
    }
    /// Bits.
    pub fn bits(self) -> u32 {
        match self {
            Self::F32 => 32,
            Self::F64 => 64,
        }
    }
    /// The bits of the canonical NaN, with a positive sign.
    pub fn canonical_nan(self) -> u64 {
        match self {
            Self::F32 => 0x7fc0_0000,
            Self::F64 => 0x7ff8_0000_0000_0000,
        }
    }
}

/// A constant.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Constant {
    /// `i32.const`.
    I32(i32),
    /// `i64.const`.
    I64(i64),
    /// `f32.const`, by its bits, so that NaN payloads survive.
    F32(u32),
    /// `f64.const`, by its bits.
    F64(u64),
    /// `v128.const`, by its bytes in memory order: lane 0 first.
    V128([u8; 16]),
}

/// Integer operators of one operand.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum IntUnary {
    /// Leading zeros; the width for zero.
    Clz,
    /// Trailing zeros; the width for zero.
    Ctz,
    /// Set bits.
    Popcnt,
    /// Sign-extend the low 8 bits.
    Extend8S,
    /// Sign-extend the low 16 bits.
    Extend16S,
    /// Sign-extend the low 32 bits (64-bit only).
    Extend32S,
}

/// Integer operators of two operands.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's operator of the same name")]
pub enum IntBinary {
    Add,
    Sub,
    Mul,
    /// Traps on a zero divisor and on overflow.
    DivS,
    /// Traps on a zero divisor.
    DivU,
    /// Traps on a zero divisor.
    RemS,
    /// Traps on a zero divisor.
    RemU,
    And,
    Or,
    Xor,
    Shl,
    ShrS,
    ShrU,
    Rotl,
    Rotr,
}

/// Integer comparisons; the result is an `i32` 0 or 1.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's operator of the same name")]
pub enum IntCompare {
    Eq,
    Ne,
    LtS,
    LtU,
    GtS,
    GtU,
    LeS,
    LeU,
    GeS,
    GeU,
}

/// 128-bit arithmetic on pairs of `i64`, the low half first in operands and results.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum WideArithmetic {
    /// `i64.add128`: the sum of two pairs.
    Add128,
    /// `i64.sub128`: the difference of two pairs.
    Sub128,
    /// `i64.mul_wide_*`: the whole product of two `i64`.
    MulWide(Sign),
}

/// Floating-point operators of one operand.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's operator of the same name")]
pub enum FloatUnary {
    Abs,
    Neg,
    Ceil,
    Floor,
    Trunc,
    Nearest,
    Sqrt,
}

/// Floating-point operators of two operands.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's operator of the same name")]
pub enum FloatBinary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    Copysign,
}

/// Floating-point comparisons; the result is an `i32` 0 or 1.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's operator of the same name")]
pub enum FloatCompare {
    Eq,
    Ne,
    Lt,
    Gt,
    Le,
    Ge,
}

/// Whether an operand or a narrow memory access is read as signed.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Sign {
    /// Two's complement.
    Signed,
    /// Unsigned.
    Unsigned,
}

/// Conversions between value types.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Convert {
    /// `i32.wrap_i64`.
    Wrap,
    /// `i64.extend_i32_*`.
    Extend(Sign),
    /// `f32.demote_f64`.
    Demote,
    /// `f64.promote_f32`.
    Promote,
    /// `i*.trunc_f*`: traps on NaN and out of range.
    Trunc {
        /// Source width.
        from: FloatWidth,
        /// Result width.
        to: IntWidth,
        /// Signedness of the result.
        sign: Sign,
    },
    /// `i*.trunc_sat_f*`: saturates, NaN becomes zero.
    TruncSat {
        /// Source width.
        from: FloatWidth,
        /// Result width.
        to: IntWidth,
        /// Signedness of the result.
        sign: Sign,
    },
    /// `f*.convert_i*`.
    FromInt {
        /// Source width.
        from: IntWidth,
        /// Result width.
        to: FloatWidth,
        /// Signedness of the source.
        sign: Sign,
    },
    /// `f*.reinterpret_i*`.
    IntToFloat(FloatWidth),
    /// `i*.reinterpret_f*`.
    FloatToInt(IntWidth),
}

/// A memory access: where and how wide.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct MemoryAccess {
    /// The memory.
    pub memory: MemoryIndex,
    /// Static offset added to the address, without wrapping.
    pub offset: u64,
    /// Bytes accessed: 1, 2, 4, 8 or 16.
    pub bytes: u8,
    /// The alignment hint, as a power of two; not a promise.
    pub align_log2: u8,
    /// What is known of where it lands.
    pub bounds: Bounds,
}

impl Op {
    /// The access that an instruction makes of a memory, atomic ones aside.
    pub fn access(&self) -> Option<&MemoryAccess> {
        match self {
            Self::Load { access, .. }
            | Self::Store { access }
            | Self::VectorLoad { access, .. }
            | Self::VectorLoadLane { access, .. }
            | Self::VectorStoreLane { access, .. } => Some(access),
            _ => None,
        }
    }

    /// The same, to change it.
    pub fn access_mut(&mut self) -> Option<&mut MemoryAccess> {
        match self {
            Self::Load { access, .. }
            | Self::Store { access }
            | Self::VectorLoad { access, .. }
            | Self::VectorLoadLane { access, .. }
            | Self::VectorStoreLane { access, .. } => Some(access),
            _ => None,
        }
    }

    /// Whether a back end makes a call of it, of a function or of the runtime.
    pub fn calls(&self) -> bool {
        matches!(
            self,
            Self::Call(_)
                | Self::CallIndirect { .. }
                | Self::CallRef(_)
                | Self::MemoryGrow(_)
                | Self::MemoryFill(_)
                | Self::MemoryCopy { .. }
                | Self::MemoryInit(..)
                | Self::DataDrop(_)
                | Self::Atomic(AtomicOp::Wait(_) | AtomicOp::Notify, _)
                | Self::TableSet(_)
                | Self::TableGrow(_)
                | Self::TableFill(_)
                | Self::TableCopy { .. }
                | Self::TableInit(..)
                | Self::ElemDrop(_)
        )
    }

    /// Whether it is an access that writes, atomic ones aside.
    pub fn stores(&self) -> bool {
        matches!(self, Self::Store { .. } | Self::VectorStoreLane { .. })
    }
}

/// What an instruction does. Operands and results are typed values; the families are in this module.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Op {
    /// A constant.
    Const(Constant),
    /// An integer operator of one operand.
    IntUnary(IntWidth, IntUnary),
    /// An integer operator of two operands.
    IntBinary(IntWidth, IntBinary),
    /// 128-bit arithmetic: the results are the low and the high half.
    WideArithmetic(WideArithmetic),
    /// `i*.eqz`: an `i32` 0 or 1.
    IntEqz(IntWidth),
    /// An integer comparison.
    IntCompare(IntWidth, IntCompare),
    /// A floating-point operator of one operand.
    FloatUnary(FloatWidth, FloatUnary),
    /// A floating-point operator of two operands.
    FloatBinary(FloatWidth, FloatBinary),
    /// A floating-point comparison.
    FloatCompare(FloatWidth, FloatCompare),
    /// A conversion.
    Convert(Convert),
    /// An operator on vectors.
    Vector(VectorOp),
    /// `select`: operands (if non-zero, if zero, condition).
    Select,

    /// A load: operand (address). The result has type `ty`; narrower integers are extended by `sign`.
    Load {
        /// Where and how wide.
        access: MemoryAccess,
        /// Type of the result.
        ty: ValType,
        /// Extension of a narrow integer.
        sign: Sign,
    },
    /// A store: operands (address, value). Narrower integers are wrapped.
    Store {
        /// Where and how wide.
        access: MemoryAccess,
    },
    /// A load that fills a vector from fewer bytes: operand (address).
    VectorLoad {
        /// Where and how wide.
        access: MemoryAccess,
        /// How it fills the vector.
        kind: VectorLoad,
    },
    /// A load of one lane, as wide as the access: operands (address, vector with the other lanes).
    VectorLoadLane {
        /// Where and how wide.
        access: MemoryAccess,
        /// Number of the lane.
        lane: u8,
    },
    /// A store of one lane, as wide as the access: operands (address, vector).
    VectorStoreLane {
        /// Where and how wide.
        access: MemoryAccess,
        /// Number of the lane.
        lane: u8,
    },
    /// The length of a memory in bytes, an `i64`.
    MemoryLength(MemoryIndex),
    /// The operand, an `i32`, which is hardly ever zero.
    Likely,
    /// Nothing, but effects on memories and globals stay on the side of it where they stand.
    EffectBarrier,
    /// The fuel that is left, a signed `i64`.
    FuelLeft,
    /// Takes fuel, without looking whether so much is left: operand (an `i64`).
    TakeFuel,
    /// Nothing, but the line of a memory that an address is in will be read: operand (address). See [`hint`](crate::hint).
    Prefetch(MemoryIndex),
    /// `memory.size`, in pages.
    MemorySize(MemoryIndex),
    /// `memory.grow`: operand (pages); the old size in pages or -1.
    MemoryGrow(MemoryIndex),
    /// `memory.fill`: operands (address, byte, length).
    MemoryFill(MemoryIndex),
    /// `memory.copy`: operands (destination, source, length).
    MemoryCopy {
        /// Written.
        dst: MemoryIndex,
        /// Read.
        src: MemoryIndex,
    },
    /// `memory.init`: operands (destination, source offset, length).
    MemoryInit(MemoryIndex, DataIndex),
    /// `data.drop`.
    DataDrop(DataIndex),

    /// An atomic access.
    Atomic(AtomicOp, MemoryAccess),
    /// `atomic.fence`.
    AtomicFence,

    /// `table.get`: operand (index).
    TableGet(TableIndex),
    /// `table.set`: operands (index, reference).
    TableSet(TableIndex),
    /// `table.size`, in elements.
    TableSize(TableIndex),
    /// `table.grow`: operands (reference, elements); the old size or -1.
    TableGrow(TableIndex),
    /// `table.fill`: operands (index, reference, length).
    TableFill(TableIndex),
    /// `table.copy`: operands (destination, source, length).
    TableCopy {
        /// Written.
        dst: TableIndex,
        /// Read.
        src: TableIndex,
    },
    /// `table.init`: operands (destination, source offset, length).
    TableInit(TableIndex, ElementIndex),
    /// `elem.drop`.
    ElemDrop(ElementIndex),

    /// `ref.null`.
    RefNull(HeapType),
    /// `ref.func`.
    RefFunc(FuncIndex),
    /// `ref.is_null`: an `i32` 0 or 1.
    RefIsNull,
    /// `ref.as_non_null`: traps on null.
    RefAsNonNull,
    /// The same reference with the type that excludes null, after a branch on null. It may be null only where nothing
    /// uses it.
    RefKnownNonNull,

    /// `global.get`.
    GlobalGet(GlobalIndex),
    /// `global.set`: operand (value).
    GlobalSet(GlobalIndex),

    /// `call`: operands are the arguments.
    Call(FuncIndex),
    /// `call_indirect`: operands are the arguments, then the table index.
    CallIndirect {
        /// The table.
        table: TableIndex,
        /// The expected type.
        ty: TypeIndex,
    },
    /// `call_ref`: operands are the arguments, then the reference. Traps on null.
    CallRef(TypeIndex),
}
