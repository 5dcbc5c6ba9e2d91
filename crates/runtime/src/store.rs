//! The store: everything that instances own and share, and the host's data beside it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use wootz_vm_abi::plan::{CheckStrategy, MemoryPlan};
use wootz_wasm_types::{FuncType, TypeIndex};

use crate::limits::StoreLimits;
use crate::vm::store::StoreBox;
use crate::{Instance, MemoryCreator, MemoryPool};

/// How a store behaves.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Stack that WebAssembly code may use, in bytes, counted from the outermost entry.
    pub max_wasm_stack: usize,
    /// The plan of memories that the host makes.
    pub checks: CheckStrategy,
    /// Where linear memories come from.
    pub memory: MemorySettings,
    /// Fuel to begin with. If it is given, an image whose code consumes none is refused.
    pub fuel: Option<u64>,
    /// How much it may hold.
    pub limits: StoreLimits,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            max_wasm_stack: 1 << 20,
            checks: CheckStrategy::Auto,
            memory: MemorySettings::default(),
            fuel: None,
            limits: StoreLimits::default(),
        }
    }
}

/// Where a store's linear memories come from, and how much address space they take. Shared memories are always reserved for
/// themselves.
#[derive(Clone, Debug)]
pub struct MemorySettings {
    /// Asked first, for every memory.
    pub creator: Option<Arc<dyn MemoryCreator>>,
    /// Asked next.
    pub pool: Option<MemoryPool>,
    /// Bytes of guard behind a guarded memory that the host makes; those of a module have what its code was compiled for. See
    /// [`MemoryPlan::new`](crate::MemoryPlan::new).
    pub guard: u64,
    /// Bytes of guard in front of a guarded memory, in whole pages and at least one. No code depends on it. In a pool it is
    /// [`PoolConfig::guard_bytes`](crate::PoolConfig::guard_bytes).
    pub guard_before: usize,
    /// Bytes reserved for a memory with explicit checks, so that it can grow to so many without moving.
    pub small_reservation: usize,
    /// Bytes that a growing memory with explicit checks gets ahead of its length, so that the next growth asks the system for
    /// nothing.
    pub growth_ahead: usize,
    /// Whether large initial data is mapped from the module, copy-on-write, and not copied.
    pub copy_on_write: bool,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            creator: None,
            pool: None,
            guard: MemoryPlan::DEFAULT_GUARD,
            guard_before: MemoryPlan::DEFAULT_GUARD as usize,
            small_reservation: 1 << 20,
            growth_ahead: 1 << 20,
            copy_on_write: true,
        }
    }
}

/// A store. Owns all its instances, memories, tables, globals and functions until it is dropped.
///
/// A store may move between threads and is used by one at a time. Handles ([`Func`](crate::Func),
/// [`Memory`](crate::Memory), …) name something in one store; using one with another store panics.
///
/// A host function gets the store it runs in by `&mut`. Exchanging that store for another (`std::mem::swap`) aborts the
/// process when the host function returns: compiled code is still running in it.
pub struct Store {
    pub(crate) inner: StoreBox,
}

impl Store {
    /// A store holding the host's `data`.
    pub fn new(config: StoreConfig, data: Box<dyn Any + Send>) -> Self {
        Self { inner: StoreBox::new(config, data) }
    }

    /// The host's data.
    pub fn data(&self) -> &(dyn Any + Send) {
        &*self.inner.data
    }

    /// The host's data.
    pub fn data_mut(&mut self) -> &mut (dyn Any + Send) {
        &mut *self.inner.data
    }

    /// The host's data, back.
    pub fn into_data(mut self) -> Box<dyn Any + Send> {
        std::mem::replace(&mut self.inner.data, Box::new(()))
    }

    /// The store's number of a function type, equal for equal types, which a concrete heap type in a type of the store is:
    /// that of a function, table or global. A concrete heap type in `ty` is such a number, too.
    ///
    /// # Panics
    /// If `ty` mentions a type that the store does not have.
    pub fn type_index(&mut self, ty: &FuncType) -> TypeIndex {
        TypeIndex(self.inner.intern_type(ty).0)
    }

    /// Its instances in the order in which they were made, those whose start function failed too. One that was made after another was
    /// removed stands in that one's place.
    pub fn instances(&self) -> impl ExactSizeIterator<Item = Instance> + use<> {
        let store = self.inner.id();
        let numbers: Vec<_> = self.inner.instances.iter().map(|(index, _)| index as u32).collect();
        numbers.into_iter().map(move |index| Instance { store, index })
    }

    /// Its configuration.
    pub fn config(&self) -> &StoreConfig {
        self.inner.config()
    }

    /// Index `index` of a handle, if the handle is of this store.
    pub(crate) fn own(&self, what: &str, store: u64, index: u32) -> usize {
        assert!(store == self.inner.id(), "the {what} belongs to another store");
        index as usize
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("id", &self.inner.id())
            .field("config", self.config())
            .finish_non_exhaustive()
    }
}
