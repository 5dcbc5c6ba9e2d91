//! Atomic operators (threads proposal): a family each, by width of the value and bytes of the access.
//!
//! The alignment of an atomic access is exact: `align_log2` says the width accessed, and an address that is no multiple of
//! it traps. Narrow accesses are extended with zeros and wrap what they store.

use std::fmt::{self, Display, Formatter};

use crate::ValType;

use super::{IntWidth, MemoryAccess};

/// How a read-modify-write makes the new value from the old one and its operand.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is the specification's operator of the same name")]
pub enum AtomicBinary {
    Add,
    Sub,
    And,
    Or,
    Xor,
    /// The operand replaces the old value.
    Xchg,
}

/// An atomic operator; each is sequentially consistent.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum AtomicOp {
    /// `i*.atomic.load*`: operand (address).
    Load(IntWidth),
    /// `i*.atomic.store*`: operands (address, value).
    Store(IntWidth),
    /// `i*.atomic.rmw*.*`: operands (address, value); the old value.
    Rmw(IntWidth, AtomicBinary),
    /// `i*.atomic.rmw*.cmpxchg*`: operands (address, expected, replacement); the old value. The whole of `expected` is
    /// compared with the extended old value.
    Cmpxchg(IntWidth),
    /// `memory.atomic.wait*`: operands (address, expected, timeout in nanoseconds); 0 woken, 1 not equal, 2 timed out.
    Wait(IntWidth),
    /// `memory.atomic.notify`: operands (address, count); how many were woken.
    Notify,
}

impl AtomicOp {
    /// Types of the operands after the address, and of the result.
    pub fn ty(self) -> (&'static [ValType], Option<ValType>) {
        use ValType::{I32, I64};
        match self {
            Self::Load(width) => (&[], Some(width.ty())),
            Self::Store(IntWidth::I32) => (&[I32], None),
            Self::Store(IntWidth::I64) => (&[I64], None),
            Self::Rmw(IntWidth::I32, _) => (&[I32], Some(I32)),
            Self::Rmw(IntWidth::I64, _) => (&[I64], Some(I64)),
            Self::Cmpxchg(IntWidth::I32) => (&[I32, I32], Some(I32)),
            Self::Cmpxchg(IntWidth::I64) => (&[I64, I64], Some(I64)),
            Self::Wait(IntWidth::I32) => (&[I32, I64], Some(I32)),
            Self::Wait(IntWidth::I64) => (&[I64, I64], Some(I32)),
            Self::Notify => (&[I32], Some(I32)),
        }
    }

    /// Why an access cannot be this operator's, if it cannot.
    pub(super) fn check(self, access: MemoryAccess) -> Result<(), String> {
        let fits = match self {
            Self::Load(width) | Self::Store(width) | Self::Rmw(width, _) | Self::Cmpxchg(width) => {
                matches!(access.bytes, 1 | 2 | 4 | 8) && u32::from(access.bytes) * 8 <= width.bits()
            }
            Self::Wait(width) => u32::from(access.bytes) * 8 == width.bits(),
            Self::Notify => access.bytes == 4,
        };
        if !fits {
            return Err(format!("an access of {} bytes for {self:?}", access.bytes));
        }
        if u32::from(access.align_log2) != access.bytes.trailing_zeros() {
            return Err(format!("an atomic access of {} bytes with another alignment", access.bytes));
        }
        Ok(())
    }
}

/// The specification's name of an atomic operator over an access.
pub(super) struct AtomicMnemonic(pub(super) AtomicOp, pub(super) MemoryAccess);

impl Display for AtomicMnemonic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let bits = u32::from(self.1.bytes) * 8;
        let (prefix, width, suffix) = match self.0 {
            AtomicOp::Load(width) => ("load", width, ""),
            AtomicOp::Store(width) => {
                let narrow = if bits < width.bits() { bits.to_string() } else { String::new() };
                return write!(f, "{}.atomic.store{narrow}", width.ty());
            }
            AtomicOp::Rmw(width, op) => ("rmw", width, binary(op)),
            AtomicOp::Cmpxchg(width) => ("rmw", width, ".cmpxchg"),
            AtomicOp::Wait(width) => return write!(f, "memory.atomic.wait{}", width.bits()),
            AtomicOp::Notify => return f.write_str("memory.atomic.notify"),
        };
        write!(f, "{}.atomic.{prefix}", width.ty())?;
        if bits < width.bits() { write!(f, "{bits}{suffix}_u") } else { f.write_str(suffix) }
    }
}

fn binary(op: AtomicBinary) -> &'static str {
    match op {
        AtomicBinary::Add => ".add",
        AtomicBinary::Sub => ".sub",
        AtomicBinary::And => ".and",
        AtomicBinary::Or => ".or",
        AtomicBinary::Xor => ".xor",
        AtomicBinary::Xchg => ".xchg",
    }
}
