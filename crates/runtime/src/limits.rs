//! How much a store may hold.

use std::fmt;

/// Most that the instances of one store may have, together or each. What would go past a limit is refused: growing returns
/// −1, instantiating an error.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct StoreLimits {
    /// Bytes of one memory. A larger shared memory is not imported.
    pub memory_bytes: u64,
    /// Bytes of all memories. A shared memory counts in every store that has it, with all its bytes, whoever added them.
    pub total_memory_bytes: u64,
    /// Elements of one table. No table has more than ten million.
    pub table_elements: u64,
    /// Elements of all tables.
    pub total_table_elements: u64,
    /// Instances, also those whose start function failed.
    pub instances: u64,
    /// Memories.
    pub memories: u64,
    /// Tables.
    pub tables: u64,
}

impl StoreLimits {
    /// No limits but those of addresses and of the machine.
    pub const NONE: Self = Self {
        memory_bytes: u64::MAX,
        total_memory_bytes: u64::MAX,
        table_elements: u64::MAX,
        total_table_elements: u64::MAX,
        instances: u64::MAX,
        memories: u64::MAX,
        tables: u64::MAX,
    };
}

impl Default for StoreLimits {
    /// Twenty million table elements, whose memory is the machine's at once if they are not null; no other limit: an
    /// untouched memory costs nothing.
    fn default() -> Self {
        Self { total_table_elements: 20_000_000, ..Self::NONE }
    }
}

/// What is limited.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Limit {
    /// [`StoreLimits::memory_bytes`].
    MemoryBytes,
    /// [`StoreLimits::total_memory_bytes`].
    TotalMemoryBytes,
    /// [`StoreLimits::table_elements`].
    TableElements,
    /// [`StoreLimits::total_table_elements`].
    TotalTableElements,
    /// [`StoreLimits::instances`].
    Instances,
    /// [`StoreLimits::memories`].
    Memories,
    /// [`StoreLimits::tables`].
    Tables,
}

/// Something would go past a limit of the store; nothing was made.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct LimitError {
    /// Which.
    pub limit: Limit,
    /// What it is.
    pub allowed: u64,
    /// What there would be.
    pub wanted: u128,
}

impl LimitError {
    /// An error if there would be more than is allowed. The largest number allows everything.
    pub(crate) fn check(limit: Limit, allowed: u64, wanted: u128) -> Result<(), Self> {
        if allowed != u64::MAX && wanted > u128::from(allowed) {
            Err(Self { limit, allowed, wanted })
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.limit {
            Limit::MemoryBytes => "bytes in one memory",
            Limit::TotalMemoryBytes => "bytes in all memories",
            Limit::TableElements => "elements in one table",
            Limit::TotalTableElements => "elements in all tables",
            Limit::Instances => "instances",
            Limit::Memories => "memories",
            Limit::Tables => "tables",
        };
        write!(f, "over a limit of the store: {} {what}, of at most {}", self.wanted, self.allowed)
    }
}

impl std::error::Error for LimitError {}
