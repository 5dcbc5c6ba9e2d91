//! LLVM's intrinsics, declared on first use, once per module.

use std::cell::RefCell;
use std::collections::BTreeMap;

use inkwell::module::Module;
use inkwell::types::BasicTypeEnum;
use inkwell::values::FunctionValue;
use wootz_wasm_ir::ir::{FloatShape, FloatWidth, IntShape, IntWidth, Widening};

use crate::error::CompileError;
use crate::types::Types;

/// An intrinsic at the widths we use it with.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Intrinsic {
    /// Traps with a code in the instruction.
    Ubsantrap,
    /// The stack pointer, after the function's frame has been allocated.
    Stacksave,
    /// Fetches a cache line.
    Prefetch,
    /// Copies bytes as if through a buffer.
    Memmove,
    /// Sets bytes.
    Memset,
    /// An integer operator on one type.
    Int(IntIntrinsic, Bits),
    /// A float operator on one type.
    Float(FloatIntrinsic, Bits),
    /// An integer operator on vectors.
    IntLanes(IntLanes, IntShape),
    /// A float operator on vectors.
    FloatLanes(FloatIntrinsic, FloatShape),
    /// An instruction of x86.
    X86(X86),
    /// An instruction of 64-bit Arm.
    Neon(Neon),
    /// A saturating conversion of lanes to as many of 32 bits.
    TruncSatLanes { signed: bool, from: FloatShape },
    /// A saturating conversion: signed or not, from, to.
    TruncSat { signed: bool, from: Bits, to: Bits },
}

/// Width of an operand. LLVM's types have no order of their own to key a map with.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Bits {
    B32,
    B64,
}

#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum IntIntrinsic {
    Ctlz,
    Cttz,
    Ctpop,
    Fshl,
    Fshr,
    /// The difference, or 0 if it would be negative.
    UsubSat,
}

#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum FloatIntrinsic {
    Fabs,
    Ceil,
    Floor,
    Trunc,
    Nearbyint,
    Sqrt,
    Copysign,
    Minimum,
    Maximum,
    /// Multiply and add with one rounding.
    Fma,
    /// The identity, except that a signalling NaN becomes a quiet one.
    Canonicalize,
    /// The identity, which no optimisation looks through.
    ArithmeticFence,
}

#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum IntLanes {
    Abs,
    Ctpop,
    SaddSat,
    UaddSat,
    SsubSat,
    UsubSat,
    Smin,
    Smax,
    Umin,
    Umax,
}

/// Instructions of x86 on 128-bit vectors, by their mnemonics. The CPU must have them.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum X86 {
    Packsswb,
    Packuswb,
    Packssdw,
    Packusdw,
    Pmaddwd,
    Pmaddubsw,
    Pmulhrsw,
    Pshufb,
    Cvttps2dq,
    Cvttpd2dq,
    Cvttps2udq,
    Cvttpd2udq,
}

/// Instructions of 64-bit Arm on 128-bit vectors, by their mnemonics.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Neon {
    /// Bytes chosen by indices; zero for an index past the end.
    Tbl1,
    /// Twice the product, rounded, the upper half, saturated; of 16 bits.
    Sqrdmulh,
    /// Sums of neighbours in both operands; of 32 bits.
    Addp,
    /// Sums of neighbours at twice their width.
    Saddlp(Widening),
    Uaddlp(Widening),
}

impl From<IntWidth> for Bits {
    fn from(width: IntWidth) -> Self {
        match width {
            IntWidth::I32 => Self::B32,
            IntWidth::I64 => Self::B64,
        }
    }
}

impl From<FloatWidth> for Bits {
    fn from(width: FloatWidth) -> Self {
        match width {
            FloatWidth::F32 => Self::B32,
            FloatWidth::F64 => Self::B64,
        }
    }
}

impl FloatIntrinsic {
    fn name(self) -> &'static str {
        match self {
            Self::Fabs => "llvm.fabs",
            Self::Ceil => "llvm.ceil",
            Self::Floor => "llvm.floor",
            Self::Trunc => "llvm.trunc",
            Self::Nearbyint => "llvm.nearbyint",
            Self::Sqrt => "llvm.sqrt",
            Self::Copysign => "llvm.copysign",
            Self::Minimum => "llvm.minimum",
            Self::Maximum => "llvm.maximum",
            Self::Canonicalize => "llvm.canonicalize",
            Self::ArithmeticFence => "llvm.arithmetic.fence",
            Self::Fma => "llvm.fma",
        }
    }
}

impl Intrinsic {
    fn name(self) -> &'static str {
        match self {
            Self::Ubsantrap => "llvm.ubsantrap",
            Self::Stacksave => "llvm.stacksave",
            Self::Prefetch => "llvm.prefetch",
            Self::Memmove => "llvm.memmove",
            Self::Memset => "llvm.memset",
            Self::Int(IntIntrinsic::Ctlz, _) => "llvm.ctlz",
            Self::Int(IntIntrinsic::Cttz, _) => "llvm.cttz",
            Self::Int(IntIntrinsic::Ctpop, _) => "llvm.ctpop",
            Self::Int(IntIntrinsic::Fshl, _) => "llvm.fshl",
            Self::Int(IntIntrinsic::Fshr, _) => "llvm.fshr",
            Self::Int(IntIntrinsic::UsubSat, _) => "llvm.usub.sat",
            Self::IntLanes(IntLanes::Abs, _) => "llvm.abs",
            Self::IntLanes(IntLanes::Ctpop, _) => "llvm.ctpop",
            Self::IntLanes(IntLanes::SaddSat, _) => "llvm.sadd.sat",
            Self::IntLanes(IntLanes::UaddSat, _) => "llvm.uadd.sat",
            Self::IntLanes(IntLanes::SsubSat, _) => "llvm.ssub.sat",
            Self::IntLanes(IntLanes::UsubSat, _) => "llvm.usub.sat",
            Self::IntLanes(IntLanes::Smin, _) => "llvm.smin",
            Self::IntLanes(IntLanes::Smax, _) => "llvm.smax",
            Self::IntLanes(IntLanes::Umin, _) => "llvm.umin",
            Self::IntLanes(IntLanes::Umax, _) => "llvm.umax",
            Self::X86(X86::Packsswb) => "llvm.x86.sse2.packsswb.128",
            Self::X86(X86::Packuswb) => "llvm.x86.sse2.packuswb.128",
            Self::X86(X86::Packssdw) => "llvm.x86.sse2.packssdw.128",
            Self::X86(X86::Packusdw) => "llvm.x86.sse41.packusdw",
            Self::X86(X86::Pmaddwd) => "llvm.x86.sse2.pmadd.wd",
            Self::X86(X86::Pmaddubsw) => "llvm.x86.ssse3.pmadd.ub.sw.128",
            Self::X86(X86::Pmulhrsw) => "llvm.x86.ssse3.pmul.hr.sw.128",
            Self::X86(X86::Pshufb) => "llvm.x86.ssse3.pshuf.b.128",
            Self::X86(X86::Cvttps2dq) => "llvm.x86.sse2.cvttps2dq",
            Self::X86(X86::Cvttpd2dq) => "llvm.x86.sse2.cvttpd2dq",
            Self::X86(X86::Cvttps2udq) => "llvm.x86.avx512.mask.cvttps2udq.128",
            Self::X86(X86::Cvttpd2udq) => "llvm.x86.avx512.mask.cvttpd2udq.128",
            Self::Neon(Neon::Tbl1) => "llvm.aarch64.neon.tbl1",
            Self::Neon(Neon::Sqrdmulh) => "llvm.aarch64.neon.sqrdmulh",
            Self::Neon(Neon::Addp) => "llvm.aarch64.neon.addp",
            Self::Neon(Neon::Saddlp(_)) => "llvm.aarch64.neon.saddlp",
            Self::Neon(Neon::Uaddlp(_)) => "llvm.aarch64.neon.uaddlp",
            Self::Float(op, _) | Self::FloatLanes(op, _) => op.name(),
            Self::TruncSat { signed: true, .. } | Self::TruncSatLanes { signed: true, .. } => {
                "llvm.fptosi.sat"
            }
            Self::TruncSat { signed: false, .. } | Self::TruncSatLanes { signed: false, .. } => {
                "llvm.fptoui.sat"
            }
        }
    }

    /// The types that its overload is chosen by.
    fn overload<'ctx>(self, types: &Types<'ctx>) -> Vec<BasicTypeEnum<'ctx>> {
        let int = |bits: Bits| match bits {
            Bits::B32 => types.i32.into(),
            Bits::B64 => types.i64.into(),
        };
        let float = |bits: Bits| match bits {
            Bits::B32 => types.f32.into(),
            Bits::B64 => types.f64.into(),
        };
        match self {
            Self::Ubsantrap => vec![],
            Self::Stacksave | Self::Prefetch => vec![types.ptr.into()],
            Self::Memmove => vec![types.ptr.into(), types.ptr.into(), types.i64.into()],
            Self::Memset => vec![types.ptr.into(), types.i64.into()],
            Self::Int(_, bits) => vec![int(bits)],
            Self::Float(_, bits) => vec![float(bits)],
            Self::IntLanes(_, shape) => vec![types.ints(shape).into()],
            Self::FloatLanes(_, shape) => vec![types.floats(shape).into()],
            Self::X86(_) => vec![],
            Self::Neon(Neon::Tbl1) => vec![types.v128.into()],
            Self::Neon(Neon::Sqrdmulh) => vec![types.ints(IntShape::I16x8).into()],
            Self::Neon(Neon::Addp) => vec![types.ints(IntShape::I32x4).into()],
            Self::Neon(Neon::Saddlp(step) | Neon::Uaddlp(step)) => {
                vec![types.ints(step.wide()).into(), types.ints(step.narrow()).into()]
            }
            Self::TruncSat { from, to, .. } => vec![int(to), float(from)],
            Self::TruncSatLanes { from, .. } => {
                let to = types.i32.vec_type(from.bits().lanes());
                vec![to.into(), types.floats(from).into()]
            }
        }
    }
}

/// The intrinsics declared in a module so far.
#[derive(Debug, Default)]
pub(crate) struct Intrinsics<'ctx> {
    declared: RefCell<BTreeMap<Intrinsic, FunctionValue<'ctx>>>,
}

impl<'ctx> Intrinsics<'ctx> {
    pub(crate) fn get(
        &self,
        module: &Module<'ctx>,
        types: &Types<'ctx>,
        intrinsic: Intrinsic,
    ) -> Result<FunctionValue<'ctx>, CompileError> {
        if let Some(function) = self.declared.borrow().get(&intrinsic) {
            return Ok(*function);
        }
        let function = inkwell::intrinsics::Intrinsic::find(intrinsic.name())
            .and_then(|found| found.get_declaration(module, &intrinsic.overload(types)))
            .ok_or_else(|| CompileError::InvalidLlvm(format!("no intrinsic {}", intrinsic.name())))?;
        self.declared.borrow_mut().insert(intrinsic, function);
        Ok(function)
    }

    /// Forgets which are declared.
    pub(crate) fn forget(&self) {
        self.declared.borrow_mut().clear();
    }
}
