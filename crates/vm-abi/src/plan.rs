//! Check strategies and what they need of a linear memory.

use serde::{Deserialize, Serialize};
use wootz_wasm_types::MemoryType;

/// How out-of-bounds accesses are found: what the user asks for.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum CheckStrategy {
    /// Reserved address space behind the memory: the access faults and the fault becomes the trap.
    Guard,
    /// Compare and branch before each access.
    Explicit,
    /// `Guard` where the memory allows it, else `Explicit`.
    #[default]
    Auto,
}

/// How one memory is laid out and checked: the strategy decided for it.
///
/// ```text
/// base                base + length       base + reservation          + guard
///  │  accessible         │  reserved, faults     │  never accessible      │
///  └─────────────────────┴───────────────────────┴────────────────────────┘
/// ```
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct MemoryPlan {
    /// `true`: accesses below `guard` bytes of static offset are unchecked, and the base never moves.
    /// `false`: every access is compared with the current length, and the base may move when the memory grows, unless
    /// it is shared.
    pub guarded: bool,
    /// Bytes of address space that can become accessible; 0 if the memory moves when it grows.
    pub reservation: u64,
    /// Bytes after the reservation that never become accessible.
    pub guard: u64,
}

impl MemoryPlan {
    /// Reservation of a guarded memory: everything a 32-bit address can reach.
    pub const GUARDED_RESERVATION: u64 = 1 << 32;
    /// Guard of a guarded memory, unless another is asked for. Static offsets that reach past it are checked explicitly.
    pub const DEFAULT_GUARD: u64 = 1 << 31;
    /// Guards are multiples of this, and at least as large: a page of any system.
    pub const GUARD_STEP: u64 = 1 << 16;
    /// More than any static offset of a 32-bit memory reaches.
    pub const LARGEST_GUARD: u64 = (1 << 32) + Self::GUARD_STEP;

    /// Most that is reserved for a shared memory that is not guarded, unless its minimum is larger. Its type may promise more
    /// than any machine has.
    pub const SHARED_RESERVATION: u64 = 1 << 40;

    /// The plan for a memory under a strategy. If it is guarded, then by about `guard` bytes: the next multiple of
    /// [`GUARD_STEP`](Self::GUARD_STEP), up to [`LARGEST_GUARD`](Self::LARGEST_GUARD).
    pub fn new(ty: &MemoryType, strategy: CheckStrategy, guard: u64) -> Self {
        if Self::is_guardable(ty) && strategy != CheckStrategy::Explicit {
            return Self {
                guarded: true,
                reservation: Self::GUARDED_RESERVATION,
                guard: guard.clamp(1, Self::LARGEST_GUARD).next_multiple_of(Self::GUARD_STEP),
            };
        }
        // Other threads use a shared memory while it grows, so it cannot move.
        let reservation = match ty.maximum.filter(|_| ty.shared) {
            Some(maximum) => {
                let bytes = |pages: u64| pages.min(ty.absolute_maximum()).saturating_mul(ty.page_size());
                bytes(maximum).min(Self::SHARED_RESERVATION.max(bytes(ty.minimum)))
            }
            None => 0,
        };
        Self { guarded: false, reservation, guard: 0 }
    }

    /// A page smaller than the system's cannot end at a protection boundary, and a 64-bit address can skip any guard.
    fn is_guardable(ty: &MemoryType) -> bool {
        !ty.memory64 && ty.page_size_log2 == 16
    }

    /// Whether [`new`](Self::new) makes such a plan for the type, as far as unchecked accesses depend on it.
    pub fn suits(&self, ty: &MemoryType) -> bool {
        let is_size = self.guard.is_multiple_of(Self::GUARD_STEP)
            && (Self::GUARD_STEP..=Self::LARGEST_GUARD).contains(&self.guard);
        !self.guarded || (Self::is_guardable(ty) && self.reservation == Self::GUARDED_RESERVATION && is_size)
    }

    /// Whether code compiled for `needed` can use a memory that is laid out like this.
    pub fn serves(&self, needed: &Self) -> bool {
        !needed.guarded
            || (self.guarded && self.reservation >= needed.reservation && self.guard >= needed.guard)
    }

    /// Whether an access of `bytes` at static offset `offset` is caught by the guard region for every 32-bit address.
    pub fn covers(&self, offset: u64, bytes: u8) -> bool {
        self.guarded && offset.checked_add(u64::from(bytes)).is_some_and(|end| end <= self.guard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: MemoryType =
        MemoryType { memory64: false, shared: false, minimum: 1, maximum: None, page_size_log2: 16 };

    #[test]
    fn guards_come_in_steps() {
        for (asked, guard) in [
            (0, 1 << 16),
            (1, 1 << 16),
            (1 << 16, 1 << 16),
            ((1 << 16) + 1, 1 << 17),
            (1 << 31, 1 << 31),
            (1 << 32, 1 << 32),
            (u64::MAX, (1 << 32) + (1 << 16)),
        ] {
            for strategy in [CheckStrategy::Guard, CheckStrategy::Auto] {
                let plan = MemoryPlan::new(&SMALL, strategy, asked);
                assert_eq!((plan.guarded, plan.guard), (true, guard), "{asked}");
                assert!(plan.suits(&SMALL) && plan.serves(&plan), "{plan:?}");
            }
            let plan = MemoryPlan::new(&SMALL, CheckStrategy::Explicit, asked);
            assert_eq!((plan.guarded, plan.guard), (false, 0));
        }
    }

    #[test]
    fn an_access_is_covered_up_to_the_last_byte_of_the_guard() {
        let small = MemoryPlan::new(&SMALL, CheckStrategy::Guard, 1 << 16);
        let large = MemoryPlan::new(&SMALL, CheckStrategy::Guard, u64::MAX);
        for bytes in [1, 2, 4, 8, 16] {
            let last = (1 << 16) - u64::from(bytes);
            assert!(small.covers(0, bytes) && small.covers(last, bytes) && !small.covers(last + 1, bytes));
            assert!(large.covers(u64::from(u32::MAX), bytes), "every offset of a 32-bit memory");
            assert!(!large.covers(u64::MAX, bytes));
        }
        let explicit = MemoryPlan::new(&SMALL, CheckStrategy::Explicit, 1 << 31);
        assert!(!explicit.covers(0, 1));
    }

    #[test]
    fn code_is_served_by_its_guard_or_a_larger_one() {
        let plan = |guard| MemoryPlan::new(&SMALL, CheckStrategy::Guard, guard);
        let explicit = MemoryPlan::new(&SMALL, CheckStrategy::Explicit, 0);
        assert!(plan(1 << 20).serves(&plan(1 << 16)) && !plan(1 << 16).serves(&plan(1 << 20)));
        assert!(plan(1 << 16).serves(&explicit) && !explicit.serves(&plan(1 << 16)));
        assert!(explicit.serves(&explicit));
    }

    #[test]
    fn other_plans_do_not_suit() {
        let plan = MemoryPlan::new(&SMALL, CheckStrategy::Guard, 1 << 20);
        for wrong in [
            MemoryPlan { guard: 0, ..plan },
            MemoryPlan { guard: (1 << 20) + 1, ..plan },
            MemoryPlan { guard: 1 << 40, ..plan },
            MemoryPlan { reservation: 1 << 31, ..plan },
        ] {
            assert!(!wrong.suits(&SMALL), "{wrong:?}");
        }
        assert!(!plan.suits(&MemoryType { memory64: true, ..SMALL }));
        assert!(!plan.suits(&MemoryType { page_size_log2: 0, ..SMALL }));
    }
}
