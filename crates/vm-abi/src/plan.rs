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
    /// Guard of a guarded memory. Static offsets at or past it are checked explicitly.
    pub const GUARDED_GUARD: u64 = 1 << 31;

    /// Most that is reserved for a shared memory that is not guarded, unless its minimum is larger. Its type may promise more
    /// than any machine has.
    pub const SHARED_RESERVATION: u64 = 1 << 40;

    /// The plan for a memory under a strategy.
    pub fn new(ty: &MemoryType, strategy: CheckStrategy) -> Self {
        // A page smaller than the system's cannot end at a protection boundary, and a 64-bit address can skip any guard.
        let guardable = !ty.memory64 && ty.page_size_log2 == 16;
        if guardable && strategy != CheckStrategy::Explicit {
            return Self {
                guarded: true,
                reservation: Self::GUARDED_RESERVATION,
                guard: Self::GUARDED_GUARD,
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

    /// Whether an access of `bytes` at static offset `offset` is caught by the guard region for every 32-bit address.
    pub fn covers(&self, offset: u64, bytes: u8) -> bool {
        self.guarded && offset.checked_add(u64::from(bytes)).is_some_and(|end| end <= self.guard)
    }
}
