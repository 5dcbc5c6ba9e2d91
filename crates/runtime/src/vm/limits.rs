//! Keeping a store within its limits: what it holds, what may come, what may grow.

use wootz_wasm_types::{Declarations, MemoryType, TableType};

use super::memory::StoreMemory;
use super::store::StoreInner;
use crate::limits::{Limit, LimitError};

/// What a store holds.
#[derive(Clone, Default)]
pub(crate) struct Usage {
    /// Bytes of the memories that are the store's own.
    pub(crate) own_memory_bytes: u128,
    /// The others, by index: other stores grow them as well.
    pub(crate) shared_memories: Vec<u32>,
    pub(crate) table_elements: u128,
}

fn bytes(ty: &MemoryType) -> u128 {
    // A size that no page has is refused where the memory is made.
    u128::from(ty.minimum).checked_shl(ty.page_size_log2.into()).unwrap_or(0)
}

impl StoreInner {
    /// Whether there is room for what a module defines, and for its instance.
    pub(crate) fn check_instance(&self, declarations: &Declarations) -> Result<(), LimitError> {
        let instances = self.instances.count() as u128 + 1;
        LimitError::check(Limit::Instances, self.config().limits.instances, instances)?;
        let memories = declarations.memories.values().skip(declarations.imported_memories);
        self.check_memories(memories)?;
        let tables = declarations.tables.values().skip(declarations.imported_tables);
        self.check_tables(tables.map(|table| &table.ty))
    }

    /// Whether there is room for memories.
    pub(crate) fn check_memories<'a>(
        &self,
        types: impl Iterator<Item = &'a MemoryType>,
    ) -> Result<(), LimitError> {
        let limits = &self.config().limits;
        let mut count = self.memories.len() as u128;
        let mut total = self.memory_bytes();
        for ty in types {
            LimitError::check(Limit::MemoryBytes, limits.memory_bytes, bytes(ty))?;
            count += 1;
            total += bytes(ty);
        }
        LimitError::check(Limit::Memories, limits.memories, count)?;
        LimitError::check(Limit::TotalMemoryBytes, limits.total_memory_bytes, total)
    }

    /// Whether there is room for tables.
    pub(crate) fn check_tables<'a>(
        &self,
        types: impl Iterator<Item = &'a TableType>,
    ) -> Result<(), LimitError> {
        let limits = &self.config().limits;
        let mut count = self.tables.len() as u128;
        let mut total = self.usage.table_elements;
        for ty in types {
            LimitError::check(Limit::TableElements, limits.table_elements, ty.minimum.into())?;
            count += 1;
            total += u128::from(ty.minimum);
        }
        LimitError::check(Limit::Tables, limits.tables, count)?;
        LimitError::check(Limit::TotalTableElements, limits.total_table_elements, total)
    }

    /// Whether a memory from outside may be imported: shared memories are made without regard to any store.
    pub(crate) fn check_imported_memory(&self, memory: &StoreMemory) -> Result<(), LimitError> {
        let allowed = self.config().limits.memory_bytes;
        LimitError::check(Limit::MemoryBytes, allowed, memory.length() as u128)
    }

    /// Bytes of all memories, now.
    fn memory_bytes(&self) -> u128 {
        let shared = self.usage.shared_memories.iter();
        let shared = shared.map(|index| self.memories[*index as usize].length() as u128);
        self.usage.own_memory_bytes + shared.sum::<u128>()
    }

    /// Grows a memory and returns the old size in pages; `None`, and no change, if it cannot or may not.
    pub(crate) fn grow_memory(&mut self, index: usize, delta: u64) -> Option<u64> {
        let limits = &self.config().limits;
        let length = self.memories[index].length() as u128;
        let others = self.memory_bytes().saturating_sub(length);
        let room = u128::from(limits.total_memory_bytes).saturating_sub(others);
        let most = limits.memory_bytes.min(u64::try_from(room).unwrap_or(u64::MAX));
        let memory = &mut self.memories[index];
        let old = memory.grow(delta, most)?;
        if memory.shared().is_none() {
            self.usage.own_memory_bytes += memory.length() as u128 - length;
        }
        Some(old)
    }

    /// Grows a table and returns the old size; `None`, and no change, if it cannot or may not.
    pub(crate) fn grow_table(&mut self, index: usize, delta: u64, init: usize) -> Option<u64> {
        let limits = self.config().limits;
        let table = &mut self.tables[index];
        let elements = u128::from(table.elements().ty().minimum) + u128::from(delta);
        let total = self.usage.table_elements + u128::from(delta);
        if elements > limits.table_elements.into() || total > limits.total_table_elements.into() {
            return None;
        }
        let old = table.grow(delta, init)?;
        self.usage.table_elements = total;
        Some(old)
    }
}
