//! The processor as this compiler sees it: registers and their uses, operands, conditions.

use cranelift_assembler_x64 as assembler;
use cranelift_assembler_x64::{AmodeOffset, AmodeOffsetPlusKnownOffset, AsReg, NonRspGpr};
use wootz_wasm_ir::ValType;
use wootz_wasm_ir::ir::{FloatWidth, IntWidth};

/// A general-purpose register, by its number.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Gp(pub(crate) u8);

/// A vector register, by its number.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Xm(pub(crate) u8);

impl AsReg for Gp {
    fn new(number: u8) -> Self {
        Self(number)
    }
    fn enc(&self) -> u8 {
        self.0
    }
}

impl AsReg for Xm {
    fn new(number: u8) -> Self {
        Self(number)
    }
    fn enc(&self) -> u8 {
        self.0
    }
}

/// The types of registers that the assembler is told.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Regs;

impl assembler::Registers for Regs {
    type ReadGpr = Gp;
    type ReadWriteGpr = Gp;
    type WriteGpr = Gp;
    type ReadXmm = Xm;
    type ReadWriteXmm = Xm;
    type WriteXmm = Xm;
}

pub(crate) type Amode = assembler::Amode<Gp>;
pub(crate) type GpMem = assembler::GprMem<Gp, Gp>;
pub(crate) type XmMem = assembler::XmmMem<Xm, Gp>;

pub(crate) const RAX: Gp = Gp(0);
pub(crate) const RCX: Gp = Gp(1);
pub(crate) const RDX: Gp = Gp(2);
/// The context.
pub(crate) const CONTEXT: Gp = Gp(3);
pub(crate) const RSP: Gp = Gp(4);
/// The frame.
pub(crate) const RBP: Gp = Gp(5);
pub(crate) const RSI: Gp = Gp(6);
pub(crate) const RDI: Gp = Gp(7);
pub(crate) const R8: Gp = Gp(8);
pub(crate) const R9: Gp = Gp(9);
/// Never holds a value from one instruction to the next.
pub(crate) const SCRATCH2: Gp = Gp(10);
/// Never holds a value from one instruction to the next.
pub(crate) const SCRATCH: Gp = Gp(11);
/// The base of memory 0 in functions where it never changes.
pub(crate) const BASE: Gp = Gp(15);
/// Never holds a value from one instruction to the next.
pub(crate) const XSCRATCH: Xm = Xm(15);
/// Never holds a value from one instruction to the next.
pub(crate) const XSCRATCH2: Xm = Xm(14);

/// A register of either class, as one number: vector registers follow the others.
pub(crate) type Reg = u8;
/// Of a value in no register.
pub(crate) const NO_REG: Reg = u8::MAX;
/// How many there are.
pub(crate) const REGS: usize = 32;

pub(crate) const fn vector(xm: Xm) -> Reg {
    16 + xm.0
}

/// General-purpose registers that calls destroy and that may hold values, those first that nothing wants for itself.
pub(crate) const VOLATILE: [Reg; 7] = [6, 7, 8, 9, 0, 2, 1];
/// Those that callees keep.
pub(crate) const KEPT: [Reg; 4] = [12, 13, 14, 15];
/// Vector registers that may hold values.
pub(crate) const VECTORS: [Reg; 14] = [16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29];
/// Registers that callees keep, the context's and the base's among them, in the order of their places in the frame.
pub(crate) const SAVED: [Gp; 5] = [CONTEXT, Gp(12), Gp(13), Gp(14), BASE];

/// How a value is represented.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// 32 bits in a general-purpose register, whose upper half is zero.
    I32,
    /// 64 bits, references among them.
    I64,
    F32,
    F64,
    V128,
}

impl Kind {
    pub(crate) fn of(ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32,
            ValType::I64 | ValType::Ref(_) => Self::I64,
            ValType::F32 => Self::F32,
            ValType::F64 => Self::F64,
            ValType::V128 => Self::V128,
        }
    }

    pub(crate) fn is_vector(self) -> bool {
        !matches!(self, Self::I32 | Self::I64)
    }

    pub(crate) fn int(width: IntWidth) -> Self {
        match width {
            IntWidth::I32 => Self::I32,
            IntWidth::I64 => Self::I64,
        }
    }

    pub(crate) fn float(width: FloatWidth) -> Self {
        match width {
            FloatWidth::F32 => Self::F32,
            FloatWidth::F64 => Self::F64,
        }
    }
}

/// A condition of the flags, by its number in instructions.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Cond {
    Overflow = 0,
    NoOverflow = 1,
    Below = 2,
    AboveEqual = 3,
    Equal = 4,
    NotEqual = 5,
    BelowEqual = 6,
    Above = 7,
    Sign = 8,
    NoSign = 9,
    Parity = 10,
    NoParity = 11,
    Less = 12,
    GreaterEqual = 13,
    LessEqual = 14,
    Greater = 15,
}

impl Cond {
    /// The opposite.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Overflow => Self::NoOverflow,
            Self::NoOverflow => Self::Overflow,
            Self::Below => Self::AboveEqual,
            Self::AboveEqual => Self::Below,
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::BelowEqual => Self::Above,
            Self::Above => Self::BelowEqual,
            Self::Sign => Self::NoSign,
            Self::NoSign => Self::Sign,
            Self::Parity => Self::NoParity,
            Self::NoParity => Self::Parity,
            Self::Less => Self::GreaterEqual,
            Self::GreaterEqual => Self::Less,
            Self::LessEqual => Self::Greater,
            Self::Greater => Self::LessEqual,
        }
    }
}

/// The operand at a distance from a register.
pub(crate) fn at(base: Gp, offset: i32) -> Amode {
    let simm32 = AmodeOffsetPlusKnownOffset { simm32: AmodeOffset::new(offset), offset: None };
    Amode::ImmReg { base, simm32, trap: None }
}

/// The operand at a distance from the sum of two registers, the second times a scale.
pub(crate) fn indexed(base: Gp, index: Gp, scale: assembler::Scale, offset: i32) -> Amode {
    Amode::ImmRegRegShift {
        base,
        index: NonRspGpr::new(index),
        scale,
        simm32: AmodeOffset::new(offset),
        trap: None,
    }
}

/// Appends instructions: `emit!(self.code, addl_rm(dst, src))`.
macro_rules! emit {
    ($code:expr, $($name:ident($($operand:expr),* $(,)?)),+ $(,)?) => {{
        $(cranelift_assembler_x64::inst::$name::<crate::machine::Regs>::new($($operand),*).encode(&mut $code);)+
    }};
}
/// The same for one of two widths: `emit_int!(self.code, width, addl_rm, addq_rm, (dst, src))`.
macro_rules! emit_int {
    ($code:expr, $kind:expr, $narrow:ident, $wide:ident, ($($operand:expr),*)) => {
        if $kind == crate::machine::Kind::I32 {
            emit!($code, $narrow($($operand),*))
        } else {
            emit!($code, $wide($($operand),*))
        }
    };
}
/// The same for one of two floating-point widths.
macro_rules! emit_float {
    ($code:expr, $kind:expr, $narrow:ident, $wide:ident, ($($operand:expr),*)) => {
        if $kind == crate::machine::Kind::F32 {
            emit!($code, $narrow($($operand),*))
        } else {
            emit!($code, $wide($($operand),*))
        }
    };
}
pub(crate) use {emit, emit_float, emit_int};
