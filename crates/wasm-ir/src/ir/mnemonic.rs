//! The specification's name of each operator.

use std::fmt::{self, Display, Formatter};

use crate::ValType;

use super::atomic::AtomicMnemonic;
use super::vector_mnemonic::{self, VectorMnemonic};
use super::{
    Constant, Convert, FloatBinary, FloatCompare, FloatUnary, FloatWidth, IntBinary, IntCompare, IntUnary,
    IntWidth, Op, Sign, WideArithmetic,
};

/// An operator's name without immediates. A store's name needs the type of the value it stores.
pub(super) struct Mnemonic(pub(super) Op, pub(super) Option<ValType>);

impl Display for Mnemonic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Op::Const(constant) => write!(f, "{}.const", constant_type(constant)),
            Op::IntUnary(width, op) => write!(f, "{}.{}", int(width), int_unary(op)),
            Op::IntBinary(width, op) => write!(f, "{}.{}", int(width), int_binary(op)),
            Op::WideArithmetic(op) => wide_arithmetic(f, op),
            Op::IntEqz(width) => write!(f, "{}.eqz", int(width)),
            Op::IntCompare(width, op) => write!(f, "{}.{}", int(width), int_compare(op)),
            Op::FloatUnary(width, op) => write!(f, "{}.{}", float(width), float_unary(op)),
            Op::FloatBinary(width, op) => write!(f, "{}.{}", float(width), float_binary(op)),
            Op::FloatCompare(width, op) => write!(f, "{}.{}", float(width), float_compare(op)),
            Op::Convert(convert) => conversion(f, convert),
            Op::Vector(op) => VectorMnemonic(op).fmt(f),
            Op::VectorLoad { access, kind } => vector_mnemonic::load(f, kind, access.bytes),
            Op::VectorLoadLane { access, .. } => write!(f, "v128.load{}_lane", u32::from(access.bytes) * 8),
            Op::VectorStoreLane { access, .. } => write!(f, "v128.store{}_lane", u32::from(access.bytes) * 8),
            Op::Load { access, ty, sign } => {
                write!(f, "{ty}.load")?;
                narrow(f, access.bytes, ty)?;
                if u32::from(access.bytes) < size(ty) { write!(f, "_{}", suffix(sign)) } else { Ok(()) }
            }
            Op::Store { access } => match self.1 {
                Some(ty) => {
                    write!(f, "{ty}.store")?;
                    narrow(f, access.bytes, ty)
                }
                None => f.write_str("store"),
            },
            Op::Atomic(op, access) => AtomicMnemonic(op, access).fmt(f),
            op => f.write_str(fixed(op)),
        }
    }
}

/// The names that depend on nothing but the variant.
fn fixed(op: Op) -> &'static str {
    match op {
        Op::Select => "select",
        Op::MemoryLength(_) => "memory.length",
        Op::Likely => "likely",
        Op::EffectBarrier => "effect_barrier",
        Op::FuelLeft => "fuel.left",
        Op::TakeFuel => "fuel.take",
        Op::Prefetch(_) => "prefetch",
        Op::MemorySize(_) => "memory.size",
        Op::MemoryGrow(_) => "memory.grow",
        Op::MemoryFill(_) => "memory.fill",
        Op::MemoryCopy { .. } => "memory.copy",
        Op::MemoryInit(..) => "memory.init",
        Op::DataDrop(_) => "data.drop",
        Op::AtomicFence => "atomic.fence",
        Op::TableGet(_) => "table.get",
        Op::TableSet(_) => "table.set",
        Op::TableSize(_) => "table.size",
        Op::TableGrow(_) => "table.grow",
        Op::TableFill(_) => "table.fill",
        Op::TableCopy { .. } => "table.copy",
        Op::TableInit(..) => "table.init",
        Op::ElemDrop(_) => "elem.drop",
        Op::RefNull(_) => "ref.null",
        Op::RefFunc(_) => "ref.func",
        Op::RefIsNull => "ref.is_null",
        Op::RefAsNonNull => "ref.as_non_null",
        Op::RefKnownNonNull => "ref.known_non_null",
        Op::GlobalGet(_) => "global.get",
        Op::GlobalSet(_) => "global.set",
        Op::Call(_) => "call",
        Op::CallIndirect { .. } => "call_indirect",
        Op::CallRef(_) => "call_ref",
        Op::Const(_)
        | Op::IntUnary(..)
        | Op::IntBinary(..)
        | Op::WideArithmetic(_)
        | Op::IntEqz(_)
        | Op::IntCompare(..)
        | Op::FloatUnary(..)
        | Op::FloatBinary(..)
        | Op::FloatCompare(..)
        | Op::Convert(_)
        | Op::Vector(_)
        | Op::VectorLoad { .. }
        | Op::VectorLoadLane { .. }
        | Op::VectorStoreLane { .. }
        | Op::Load { .. }
        | Op::Store { .. }
        | Op::Atomic(..) => unreachable!("has a name with a type in it"),
    }
}

fn int(width: IntWidth) -> &'static str {
    match width {
        IntWidth::I32 => "i32",
        IntWidth::I64 => "i64",
    }
}

fn float(width: FloatWidth) -> &'static str {
    match width {
        FloatWidth::F32 => "f32",
        FloatWidth::F64 => "f64",
    }
}

pub(super) fn suffix(sign: Sign) -> &'static str {
    match sign {
        Sign::Signed => "s",
        Sign::Unsigned => "u",
    }
}

fn constant_type(constant: Constant) -> &'static str {
    match constant {
        Constant::I32(_) => "i32",
        Constant::I64(_) => "i64",
        Constant::F32(_) => "f32",
        Constant::F64(_) => "f64",
        Constant::V128(_) => "v128",
    }
}

fn size(ty: ValType) -> u32 {
    match ty {
        ValType::I32 | ValType::F32 => 4,
        ValType::I64 | ValType::F64 | ValType::Ref(_) => 8,
        ValType::V128 => 16,
    }
}

/// The bits of an access that is narrower than its value.
fn narrow(f: &mut Formatter<'_>, bytes: u8, ty: ValType) -> fmt::Result {
    if u32::from(bytes) < size(ty) { write!(f, "{}", u32::from(bytes) * 8) } else { Ok(()) }
}

fn int_unary(op: IntUnary) -> &'static str {
    match op {
        IntUnary::Clz => "clz",
        IntUnary::Ctz => "ctz",
        IntUnary::Popcnt => "popcnt",
        IntUnary::Extend8S => "extend8_s",
        IntUnary::Extend16S => "extend16_s",
        IntUnary::Extend32S => "extend32_s",
    }
}

fn int_binary(op: IntBinary) -> &'static str {
    match op {
        IntBinary::Add => "add",
        IntBinary::Sub => "sub",
        IntBinary::Mul => "mul",
        IntBinary::DivS => "div_s",
        IntBinary::DivU => "div_u",
        IntBinary::RemS => "rem_s",
        IntBinary::RemU => "rem_u",
        IntBinary::And => "and",
        IntBinary::Or => "or",
        IntBinary::Xor => "xor",
        IntBinary::Shl => "shl",
        IntBinary::ShrS => "shr_s",
        IntBinary::ShrU => "shr_u",
        IntBinary::Rotl => "rotl",
        IntBinary::Rotr => "rotr",
    }
}

fn wide_arithmetic(f: &mut Formatter<'_>, op: WideArithmetic) -> fmt::Result {
    match op {
        WideArithmetic::Add128 => f.write_str("i64.add128"),
        WideArithmetic::Sub128 => f.write_str("i64.sub128"),
        WideArithmetic::MulWide(sign) => write!(f, "i64.mul_wide_{}", suffix(sign)),
    }
}

pub(super) fn int_compare(op: IntCompare) -> &'static str {
    match op {
        IntCompare::Eq => "eq",
        IntCompare::Ne => "ne",
        IntCompare::LtS => "lt_s",
        IntCompare::LtU => "lt_u",
        IntCompare::GtS => "gt_s",
        IntCompare::GtU => "gt_u",
        IntCompare::LeS => "le_s",
        IntCompare::LeU => "le_u",
        IntCompare::GeS => "ge_s",
        IntCompare::GeU => "ge_u",
    }
}

pub(super) fn float_unary(op: FloatUnary) -> &'static str {
    match op {
        FloatUnary::Abs => "abs",
        FloatUnary::Neg => "neg",
        FloatUnary::Ceil => "ceil",
        FloatUnary::Floor => "floor",
        FloatUnary::Trunc => "trunc",
        FloatUnary::Nearest => "nearest",
        FloatUnary::Sqrt => "sqrt",
    }
}

fn float_binary(op: FloatBinary) -> &'static str {
    match op {
        FloatBinary::Add => "add",
        FloatBinary::Sub => "sub",
        FloatBinary::Mul => "mul",
        FloatBinary::Div => "div",
        FloatBinary::Min => "min",
        FloatBinary::Max => "max",
        FloatBinary::Copysign => "copysign",
    }
}

pub(super) fn float_compare(op: FloatCompare) -> &'static str {
    match op {
        FloatCompare::Eq => "eq",
        FloatCompare::Ne => "ne",
        FloatCompare::Lt => "lt",
        FloatCompare::Gt => "gt",
        FloatCompare::Le => "le",
        FloatCompare::Ge => "ge",
    }
}

fn conversion(f: &mut Formatter<'_>, convert: Convert) -> fmt::Result {
    match convert {
        Convert::Wrap => f.write_str("i32.wrap_i64"),
        Convert::Extend(sign) => write!(f, "i64.extend_i32_{}", suffix(sign)),
        Convert::Demote => f.write_str("f32.demote_f64"),
        Convert::Promote => f.write_str("f64.promote_f32"),
        Convert::Trunc { from, to, sign } => {
            write!(f, "{}.trunc_{}_{}", int(to), float(from), suffix(sign))
        }
        Convert::TruncSat { from, to, sign } => {
            write!(f, "{}.trunc_sat_{}_{}", int(to), float(from), suffix(sign))
        }
        Convert::FromInt { from, to, sign } => {
            write!(f, "{}.convert_{}_{}", float(to), int(from), suffix(sign))
        }
        Convert::IntToFloat(FloatWidth::F32) => f.write_str("f32.reinterpret_i32"),
        Convert::IntToFloat(FloatWidth::F64) => f.write_str("f64.reinterpret_i64"),
        Convert::FloatToInt(IntWidth::I32) => f.write_str("i32.reinterpret_f32"),
        Convert::FloatToInt(IntWidth::I64) => f.write_str("i64.reinterpret_f64"),
    }
}
