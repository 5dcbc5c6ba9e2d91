//! Pools: address space for many memories, reserved once and used again and again.

use std::fmt;
use std::sync::Arc;

use wootz_vm_abi::plan::MemoryPlan;

use crate::MemoryError;
use crate::vm::pool::PoolInner;

/// How large a [`MemoryPool`] is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PoolConfig {
    /// Slots for guarded memories. Each takes 4 GiB and a guard of address space, of which a process has 128 TiB.
    pub guarded_slots: usize,
    /// Bytes of guard between two of them, 2 GiB by default, rounded up to pages. Code compiled for larger guards does not get a
    /// slot; code compiled for smaller ones does.
    pub guard_bytes: usize,
    /// Slots for memories with explicit checks, which are not shared.
    pub explicit_slots: usize,
    /// Bytes in each of the latter, rounded up to pages. A memory that outgrows its slot moves out of it, one that starts
    /// larger does not use it.
    pub explicit_slot_bytes: usize,
    /// Bytes at the start of a slot that stay in memory while nobody uses it: the next instance finds the pages there. Clearing
    /// them costs a few nanoseconds each, touching new ones a microsecond or more.
    pub keep_resident: usize,
    /// What happens when every slot is in use.
    pub when_exhausted: WhenExhausted,
}

/// What a [`MemoryPool`] does for a memory of a kind that it has slots for, when it has none to give.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum WhenExhausted {
    /// The memory is mapped on its own, as without a pool.
    #[default]
    Map,
    /// [`MemoryError::PoolExhausted`]; and [`MemoryError::PoolGuard`] for a memory that needs larger guards than the slots have.
    Fail,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            guarded_slots: 1000,
            guard_bytes: MemoryPlan::DEFAULT_GUARD as usize,
            explicit_slots: 1000,
            explicit_slot_bytes: 1 << 20,
            keep_resident: 128 << 10,
            when_exhausted: WhenExhausted::default(),
        }
    }
}

/// Reusable slots of address space for the linear memories of any number of stores, on any number of threads.
///
/// A memory takes a slot when it is made and gives it back when its store is dropped. Taking one usually needs no
/// system call. Cheap to clone; clones are the same pool.
#[derive(Clone)]
pub struct MemoryPool(pub(crate) Arc<PoolInner>);

impl MemoryPool {
    /// Reserves the address space.
    ///
    /// # Errors
    /// [`MemoryError`] if the system refuses so much.
    pub fn new(config: &PoolConfig) -> Result<Self, MemoryError> {
        Ok(Self(Arc::new(PoolInner::new(config)?)))
    }

    /// Its configuration.
    pub fn config(&self) -> &PoolConfig {
        self.0.config()
    }

    /// How many slots are in use: for guarded memories, and for explicit ones.
    pub fn in_use(&self) -> (usize, usize) {
        self.0.in_use()
    }
}

impl fmt::Debug for MemoryPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (guarded, explicit) = self.in_use();
        f.debug_struct("MemoryPool")
            .field("guarded_in_use", &guarded)
            .field("explicit_in_use", &explicit)
            .finish_non_exhaustive()
    }
}
