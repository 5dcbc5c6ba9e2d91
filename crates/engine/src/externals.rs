//! What crosses instances: functions, memories, tables and globals, as handles into a store.

use wootz_runtime as runtime;
use wootz_wasm_types::{EntityType, GlobalType, MemoryType, TableType};

use crate::error::Error;
use crate::func::Func;
use crate::shared::SharedMemory;
use crate::store::{AsContext, AsContextMut, StoreContext, StoreContextMut, downcast_mut};
use crate::values::Val;

/// An import or export of any kind.
#[derive(Clone, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A memory of the store.
    Memory(Memory),
    /// A memory for several threads, in no store.
    SharedMemory(SharedMemory),
    /// A table.
    Table(Table),
    /// A global.
    Global(Global),
}

impl Extern {
    pub(crate) fn from_runtime(store: &runtime::Store, item: runtime::Extern) -> Self {
        match item {
            runtime::Extern::Func(func) => Self::Func(Func(func)),
            runtime::Extern::Memory(memory) => match memory.shared(store) {
                Some(shared) => Self::SharedMemory(SharedMemory(shared)),
                None => Self::Memory(Memory(memory)),
            },
            runtime::Extern::Table(table) => Self::Table(Table(table)),
            runtime::Extern::Global(global) => Self::Global(Global(global)),
        }
    }

    pub(crate) fn to_runtime(&self, store: &mut runtime::Store) -> runtime::Extern {
        match self {
            Self::Func(func) => runtime::Extern::Func(func.0),
            Self::Memory(memory) => runtime::Extern::Memory(memory.0),
            Self::SharedMemory(memory) => runtime::Extern::Memory(memory.0.attach(store)),
            Self::Table(table) => runtime::Extern::Table(table.0),
            Self::Global(global) => runtime::Extern::Global(global.0),
        }
    }

    /// Its type; limits of memories and tables are the current ones.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn ty(&self, store: impl AsContext) -> EntityType {
        match self {
            Self::Func(func) => EntityType::Function(func.ty(store)),
            Self::Memory(memory) => EntityType::Memory(memory.ty(store)),
            Self::SharedMemory(memory) => EntityType::Memory(memory.ty()),
            Self::Table(table) => EntityType::Table(table.ty(store)),
            Self::Global(global) => EntityType::Global(global.ty(store)),
        }
    }

    /// The function, if it is one.
    pub fn into_func(self) -> Option<Func> {
        if let Self::Func(func) = self { Some(func) } else { None }
    }

    /// The memory, if it is one of the store.
    pub fn into_memory(self) -> Option<Memory> {
        if let Self::Memory(memory) = self { Some(memory) } else { None }
    }

    /// The shared memory, if it is one.
    pub fn into_shared_memory(self) -> Option<SharedMemory> {
        if let Self::SharedMemory(memory) = self { Some(memory) } else { None }
    }

    /// The table, if it is one.
    pub fn into_table(self) -> Option<Table> {
        if let Self::Table(table) = self { Some(table) } else { None }
    }

    /// The global, if it is one.
    pub fn into_global(self) -> Option<Global> {
        if let Self::Global(global) = self { Some(global) } else { None }
    }
}

impl From<Func> for Extern {
    fn from(func: Func) -> Self {
        Self::Func(func)
    }
}

impl From<Memory> for Extern {
    fn from(memory: Memory) -> Self {
        Self::Memory(memory)
    }
}

impl From<SharedMemory> for Extern {
    fn from(memory: SharedMemory) -> Self {
        Self::SharedMemory(memory)
    }
}

impl From<Table> for Extern {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Global> for Extern {
    fn from(global: Global) -> Self {
        Self::Global(global)
    }
}

/// A linear memory.
///
/// ```
/// # fn main() -> Result<(), wootz::Error> {
/// use wootz::{Engine, Memory, MemoryType, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let ty = MemoryType { memory64: false, shared: false, minimum: 1, maximum: Some(2), page_size_log2: 16 };
/// let memory = Memory::new(&mut store, ty)?;
/// memory.write(&mut store, 16, b"wootz")?;
/// assert_eq!(&memory.data(&store)[16..21], b"wootz");
/// assert_eq!(memory.grow(&mut store, 1), Some(1));
/// assert_eq!(memory.grow(&mut store, 1), None);
/// # Ok(())
/// # }
/// ```
#[derive(Copy, Clone, Debug)]
pub struct Memory(pub(crate) runtime::Memory);

impl Memory {
    /// A memory made by the host, zeroed, of the type's minimum size.
    ///
    /// # Errors
    /// [`Error::Memory`] if the type is shared (see [`SharedMemory`]) or impossible, or there is no room.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Self, Error> {
        if ty.shared {
            return Err(runtime::MemoryError::Shared.into());
        }
        Ok(Self(runtime::Memory::new(store.as_context_mut().inner, ty)?))
    }

    /// Its type, with the current size as its minimum.
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        self.0.ty(store.as_context().inner)
    }

    /// Its size in pages.
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.0.size(store.as_context().inner)
    }

    /// Its size in bytes.
    pub fn data_size(&self, store: impl AsContext) -> usize {
        self.0.data(store.as_context().inner).len()
    }

    /// Grows it by `delta` pages of zeros. Returns the old size in pages, or `None` if its limit or the system forbids.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Option<u64> {
        self.0.grow(store.as_context_mut().inner, delta)
    }

    /// Its bytes.
    pub fn data<'a, T: Send + 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        self.0.data(store.into().inner)
    }

    /// Its bytes, to change.
    pub fn data_mut<'a, T: Send + 'static>(&self, store: impl Into<StoreContextMut<'a, T>>) -> &'a mut [u8] {
        self.0.data_mut(store.into().inner)
    }

    /// Copies bytes out, all or none.
    ///
    /// # Errors
    /// [`Error::Access`] if a byte is outside.
    pub fn read(&self, store: impl AsContext, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        Ok(self.0.read(store.as_context().inner, offset, buffer)?)
    }

    /// Copies bytes in, all or none.
    ///
    /// # Errors
    /// [`Error::Access`] if a byte is outside.
    pub fn write(&self, mut store: impl AsContextMut, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.0.write(store.as_context_mut().inner, offset, bytes)?)
    }

    /// Its bytes, and the embedder's data beside them.
    pub fn data_and_store_mut<'a, T: Send + 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T) {
        let (bytes, state) = self.0.data_and_host_mut(store.into().inner);
        (bytes, &mut downcast_mut::<T>(state).data)
    }
}

/// A table of references.
#[derive(Copy, Clone, Debug)]
pub struct Table(pub(crate) runtime::Table);

impl Table {
    /// A table made by the host, every element `init`.
    ///
    /// # Errors
    /// [`Error::Value`] if `init` is not of the element type or the table is too large.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Val) -> Result<Self, Error> {
        Ok(Self(runtime::Table::new(store.as_context_mut().inner, ty, init.to_runtime())?))
    }

    /// Its type, with the current size as its minimum.
    pub fn ty(&self, store: impl AsContext) -> TableType {
        self.0.ty(store.as_context().inner)
    }

    /// Number of elements.
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.0.size(store.as_context().inner)
    }

    /// An element, or `None` past the end.
    pub fn get(&self, store: impl AsContext, index: u64) -> Option<Val> {
        self.0.get(store.as_context().inner, index).map(Val::from_runtime)
    }

    /// Replaces an element.
    ///
    /// # Errors
    /// [`Error::Value`] if `index` is past the end or the value is not of the element type.
    pub fn set(&self, mut store: impl AsContextMut, index: u64, value: Val) -> Result<(), Error> {
        Ok(self.0.set(store.as_context_mut().inner, index, value.to_runtime())?)
    }

    /// Appends `delta` elements and returns the old size.
    ///
    /// # Errors
    /// [`Error::Value`] if its limit or the system forbids, or the value is not of the element type.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, value: Val) -> Result<u64, Error> {
        Ok(self.0.grow(store.as_context_mut().inner, delta, value.to_runtime())?)
    }
}

/// A global variable.
#[derive(Copy, Clone, Debug)]
pub struct Global(pub(crate) runtime::Global);

impl Global {
    /// A global made by the host.
    ///
    /// # Errors
    /// [`Error::Value`] if `init` is not of the global's type.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, init: Val) -> Result<Self, Error> {
        Ok(Self(runtime::Global::new(store.as_context_mut().inner, ty, init.to_runtime())?))
    }

    /// Its type.
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        self.0.ty(store.as_context().inner)
    }

    /// Its value.
    pub fn get(&self, store: impl AsContext) -> Val {
        Val::from_runtime(self.0.get(store.as_context().inner))
    }

    /// Changes its value.
    ///
    /// # Errors
    /// [`Error::Value`] if it is immutable or the value is not of its type.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<(), Error> {
        Ok(self.0.set(store.as_context_mut().inner, value.to_runtime())?)
    }
}
