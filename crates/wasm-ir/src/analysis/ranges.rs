//! The largest number that an `i32` value can be.
//!
//! One pass in order; a block parameter can be anything, and so can whatever no operator limits. With it an access of a table
//! by a masked index, or of a variable at a constant address, is known to lie in the part of the memory that the module
//! declares and that therefore always exists.

use super::definitions::i32_of;
use crate::ir::{Body, Constant, InstData, IntBinary, IntUnary, IntWidth, MemoryAccess, Op, Sign, Value};
use crate::{MemoryType, ValType};

/// Upper bounds, one for each value.
#[derive(Clone, Debug)]
pub(crate) struct Ranges {
    most: Vec<u32>,
}

impl Ranges {
    /// Bounds for all values of a body. Those of other types than `i32` have none that says anything.
    pub(crate) fn new(body: &Body) -> Self {
        let mut ranges = Self { most: vec![u32::MAX; body.values.len()] };
        for inst in body.blocks.values().flat_map(|block| &block.insts) {
            let data = &body.insts[*inst];
            if let [result] = *body.results(*inst)
                && body.ty(result) == ValType::I32
            {
                ranges.most[result.0 as usize] = ranges.result(body, data, body.args(*inst));
            }
        }
        ranges
    }

    /// The largest number that a value can be, unsigned.
    pub(crate) fn most(&self, value: Value) -> u32 {
        self.most[value.0 as usize]
    }

    fn result(&self, body: &Body, data: &InstData, args: &[Value]) -> u32 {
        let most = |index: usize| u64::from(self.most(args[index]));
        let known = |index: usize| i32_of(body, args[index]).map(u64::from);
        let bound = match data.op {
            Op::Const(Constant::I32(number)) => u64::from(number as u32),
            Op::IntBinary(IntWidth::I32, op) => match op {
                IntBinary::And => most(0).min(most(1)),
                IntBinary::Add => most(0) + most(1),
                IntBinary::Mul => most(0) * most(1),
                IntBinary::Or | IntBinary::Xor => (most(0).max(most(1)) + 1).next_power_of_two() - 1,
                IntBinary::ShrU => most(0) >> (known(1).unwrap_or(0) & 31),
                IntBinary::Shl => match known(1) {
                    Some(count) => most(0) << (count & 31),
                    None => return u32::MAX,
                },
                IntBinary::RemU => most(0).min(most(1).saturating_sub(1)),
                IntBinary::DivU => most(0) / known(1).filter(|divisor| *divisor != 0).unwrap_or(1),
                _ => return u32::MAX,
            },
            Op::IntUnary(_, IntUnary::Clz | IntUnary::Ctz | IntUnary::Popcnt) => 64,
            Op::IntEqz(_) | Op::IntCompare(..) | Op::FloatCompare(..) | Op::RefIsNull => 1,
            Op::Load { access, sign: Sign::Unsigned, .. } if access.bytes < 4 => {
                (1 << (8 * u32::from(access.bytes))) - 1
            }
            Op::Select => most(0).max(most(1)),
            _ => return u32::MAX,
        };
        // What may exceed 32 bits wraps, and then it is anything.
        u32::try_from(bound).unwrap_or(u32::MAX)
    }
}

/// Whether an access lies in the declared part of a memory, whatever its address operand is, up to `most`.
pub(crate) fn is_declared(ty: &MemoryType, access: &MemoryAccess, most: u32) -> bool {
    let end = u64::from(most).checked_add(access.offset).and_then(|end| end.checked_add(access.bytes.into()));
    !ty.memory64 && end.is_some_and(|end| end <= ty.minimum.saturating_mul(ty.page_size()))
}
