//! The frame of a function: places for values, shared by those that are not needed at the same time.
//!
//! ```text
//! rbp + 16 …   stack parameters
//! rbp + 8      return address
//! rbp          caller's rbp
//! rbp - 40 …   registers that callees keep
//!      …       slots, results of callees in memory
//! rsp …        stack arguments of callees
//! ```

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::ir::Value;

use crate::function::Function;
use crate::machine::{Kind, SAVED};

/// No slot: where the caller's frame pointer is.
pub(crate) const NO_SLOT: i32 = 0;
/// Where stack parameters begin.
pub(crate) const PARAMETERS: i32 = 16;

/// The places below the saved registers.
pub(crate) struct Frame {
    /// Bytes below the frame pointer.
    size: i32,
    /// Bytes at the stack pointer for arguments of callees.
    outgoing: i32,
    /// Free places of 8 and of 16 bytes.
    free: [Vec<i32>; 2],
    /// Places that are taken, with the position up to which they are.
    taken: BinaryHeap<Reverse<(u32, i32, usize)>>,
}

impl Frame {
    pub(crate) fn new() -> Self {
        Self {
            size: SAVED.len() as i32 * 8,
            outgoing: 0,
            free: [Vec::new(), Vec::new()],
            taken: BinaryHeap::new(),
        }
    }

    /// Bytes from the stack pointer to the frame pointer.
    pub(crate) fn total(&self) -> i32 {
        (self.size + self.outgoing + 15) / 16 * 16
    }

    /// Makes room for so many bytes of arguments.
    pub(crate) fn reserve_outgoing(&mut self, bytes: i32) {
        self.outgoing = self.outgoing.max(bytes);
    }

    /// A place that nothing else gets, a multiple of 16 bytes.
    pub(crate) fn reserve(&mut self, bytes: i32) -> i32 {
        self.size = (self.size + 15) / 16 * 16 + bytes;
        -self.size
    }

    /// A place for a value up to a position.
    pub(crate) fn take(&mut self, kind: Kind, position: u32, until: u32) -> i32 {
        while let Some(Reverse((end, slot, class))) = self.taken.peek().copied() {
            if end >= position {
                break;
            }
            self.taken.pop();
            self.free[class].push(slot);
        }
        let class = usize::from(kind == Kind::V128);
        let slot = self.free[class].pop().unwrap_or_else(|| {
            let bytes = 8 << class;
            self.size = (self.size + bytes - 1) / bytes * bytes + bytes;
            -self.size
        });
        self.taken.push(Reverse((until, slot, class)));
        slot
    }
}

impl Function<'_> {
    /// The place of a value in the frame, which it has to the end of its life.
    pub(crate) fn slot(&mut self, value: Value) -> i32 {
        let known = self.slot_of[value.index()];
        if known != NO_SLOT {
            return known;
        }
        let slot = self.frame.take(self.kind(value), self.position, self.ranges.until[value.index()]);
        self.slot_of[value.index()] = slot;
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_needed_together_share_a_place() {
        let mut frame = Frame::new();
        let places: Vec<i32> =
            (0..100).map(|step| frame.take(Kind::I64, 10 * step + 1, 10 * step + 5)).collect();
        assert!(places.windows(2).all(|pair| pair[0] == pair[1]));
        let long = frame.take(Kind::I64, 1001, u32::MAX);
        let other = frame.take(Kind::F32, 1002, 1003);
        let vector = frame.take(Kind::V128, 1002, 1003);
        assert!(long != other && vector % 16 == 0);
        // A place is free behind the position up to which it is taken, not at it.
        assert_ne!(frame.take(Kind::I64, 1003, 1003), other);
        assert_eq!(frame.take(Kind::V128, 1004, 1004), vector);
        frame.reserve_outgoing(24);
        assert_eq!(frame.total() % 16, 0);
    }
}
