//! LLVM's intrinsics, declared on first use, once per module.

use std::cell::RefCell;
use std::collections::BTreeMap;

use inkwell::module::Module;
use inkwell::types::BasicTypeEnum;
use inkwell::values::FunctionValue;
use wootz_wasm_ir::ir::{FloatWidth, IntWidth};

use crate::error::CompileError;
use crate::types::Types;

/// An intrinsic at the widths we use it with.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Intrinsic {
    /// Traps with a code in the instruction.
    Ubsantrap,
    /// The stack pointer, after the function's frame has been allocated.
    Stacksave,
    /// An integer operator on one type.
    Int(IntIntrinsic, Bits),
    /// A float operator on one type.
    Float(FloatIntrinsic, Bits),
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
    /// The identity, except that a signalling NaN becomes a quiet one.
    Canonicalize,
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

impl Intrinsic {
    fn name(self) -> &'static str {
        match self {
            Self::Ubsantrap => "llvm.ubsantrap",
            Self::Stacksave => "llvm.stacksave",
            Self::Int(IntIntrinsic::Ctlz, _) => "llvm.ctlz",
            Self::Int(IntIntrinsic::Cttz, _) => "llvm.cttz",
            Self::Int(IntIntrinsic::Ctpop, _) => "llvm.ctpop",
            Self::Int(IntIntrinsic::Fshl, _) => "llvm.fshl",
            Self::Int(IntIntrinsic::Fshr, _) => "llvm.fshr",
            Self::Int(IntIntrinsic::UsubSat, _) => "llvm.usub.sat",
            Self::Float(FloatIntrinsic::Fabs, _) => "llvm.fabs",
            Self::Float(FloatIntrinsic::Ceil, _) => "llvm.ceil",
            Self::Float(FloatIntrinsic::Floor, _) => "llvm.floor",
            Self::Float(FloatIntrinsic::Trunc, _) => "llvm.trunc",
            Self::Float(FloatIntrinsic::Nearbyint, _) => "llvm.nearbyint",
            Self::Float(FloatIntrinsic::Sqrt, _) => "llvm.sqrt",
            Self::Float(FloatIntrinsic::Copysign, _) => "llvm.copysign",
            Self::Float(FloatIntrinsic::Minimum, _) => "llvm.minimum",
            Self::Float(FloatIntrinsic::Maximum, _) => "llvm.maximum",
            Self::Float(FloatIntrinsic::Canonicalize, _) => "llvm.canonicalize",
            Self::TruncSat { signed: true, .. } => "llvm.fptosi.sat",
            Self::TruncSat { signed: false, .. } => "llvm.fptoui.sat",
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
            Self::Stacksave => vec![types.ptr.into()],
            Self::Int(_, bits) => vec![int(bits)],
            Self::Float(_, bits) => vec![float(bits)],
            Self::TruncSat { from, to, .. } => vec![int(to), float(from)],
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
}
