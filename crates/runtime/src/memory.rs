//! Linear memories.

use std::any::Any;

use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_types::MemoryType;

use crate::vm::memory::{LinearMemory, StoreMemory};
use crate::{AccessError, MemoryError, SharedMemory, Store};

/// A linear memory. A handle: it belongs to one store, which owns the memory.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Memory {
    pub(crate) store: u64,
    pub(crate) index: u32,
}

impl Memory {
    /// A memory, zeroed, under the store's check strategy.
    ///
    /// # Errors
    /// [`MemoryError`] if there is no room.
    pub fn new(store: &mut Store, ty: MemoryType) -> Result<Self, MemoryError> {
        store.inner.check_memories(std::iter::once(&ty)).map_err(MemoryError::Limit)?;
        if ty.shared {
            return Ok(SharedMemory::new(ty, store.config().checks, &store.config().memory)?.attach(store));
        }
        let settings = &store.config().memory;
        let plan = MemoryPlan::new(&ty, store.config().checks, settings.guard);
        let memory = LinearMemory::new(ty, plan, settings, None)?;
        let index = store.inner.add_memory(StoreMemory::owned(memory));
        Ok(Self { store: store.inner.id(), index })
    }

    /// Its type; the minimum is its current size.
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn ty(&self, store: &Store) -> MemoryType {
        self.inner(store).ty()
    }

    /// Its plan.
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn plan(&self, store: &Store) -> MemoryPlan {
        self.inner(store).plan()
    }

    /// Its size in pages.
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn size(&self, store: &Store) -> u64 {
        self.inner(store).pages()
    }

    /// Adds `delta` pages of zeroes; returns the old size in pages, or `None` if it cannot grow so far.
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn grow(&self, store: &mut Store, delta: u64) -> Option<u64> {
        let index = store.own("memory", self.store, self.index);
        store.inner.grow_memory(index, delta)
    }

    /// The memory outside of the store, if it is shared.
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn shared(&self, store: &Store) -> Option<SharedMemory> {
        self.inner(store).as_shared()
    }

    /// Its bytes.
    ///
    /// # Panics
    /// If the memory is of another store, or [shared](Self::shared).
    pub fn data<'a>(&self, store: &'a Store) -> &'a [u8] {
        self.inner(store).own().expect(SHARED).bytes()
    }

    /// Its bytes.
    ///
    /// # Panics
    /// If the memory is of another store, or [shared](Self::shared).
    pub fn data_mut<'a>(&self, store: &'a mut Store) -> &'a mut [u8] {
        self.data_and_host_mut(store).0
    }

    /// Its bytes, and the host's data of the store beside them.
    ///
    /// # Panics
    /// If the memory is of another store, or [shared](Self::shared).
    pub fn data_and_host_mut<'a>(&self, store: &'a mut Store) -> (&'a mut [u8], &'a mut (dyn Any + Send)) {
        let index = store.own("memory", self.store, self.index);
        let inner = &mut *store.inner;
        (inner.memories[index].own_mut().expect(SHARED).bytes_mut(), &mut *inner.data)
    }

    fn inner<'a>(&self, store: &'a Store) -> &'a StoreMemory {
        &store.inner.memories[store.own("memory", self.store, self.index)]
    }

    /// Copies bytes at `offset` out.
    ///
    /// # Errors
    /// [`AccessError`] if they are not all inside; nothing is copied then.
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn read(&self, store: &Store, offset: u64, buffer: &mut [u8]) -> Result<(), AccessError> {
        if let Some(shared) = self.shared(store) {
            return shared.read(offset, buffer);
        }
        let data = self.data(store);
        buffer.copy_from_slice(&data[range(offset, buffer.len(), data.len())?]);
        Ok(())
    }

    /// Copies bytes to `offset`.
    ///
    /// # Errors
    /// [`AccessError`] if they do not all fit inside; nothing is copied then.
    ///
    /// # Panics
    /// If the memory is of another store.
    pub fn write(&self, store: &mut Store, offset: u64, bytes: &[u8]) -> Result<(), AccessError> {
        if let Some(shared) = self.shared(store) {
            return shared.write(offset, bytes);
        }
        let data = self.data_mut(store);
        let range = range(offset, bytes.len(), data.len())?;
        data[range].copy_from_slice(bytes);
        Ok(())
    }
}

/// Why a shared memory's bytes are not given out.
const SHARED: &str = "a shared memory's bytes change at any time: use SharedMemory";

fn range(offset: u64, count: usize, length: usize) -> Result<std::ops::Range<usize>, AccessError> {
    let inside = || {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(count)?;
        (end <= length).then_some(start..end)
    };
    inside().ok_or(AccessError { start: offset, count: count as u64, length: length as u64 })
}
