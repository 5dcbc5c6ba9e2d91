//! Shared memories, for the host.

use std::cell::UnsafeCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use wootz_vm_abi::plan::{CheckStrategy, MemoryPlan};
use wootz_wasm_types::MemoryType;

pub use crate::vm::wait::WaitOutcome;

use crate::vm::memory::StoreMemory;
use crate::vm::shared::SharedInner;
use crate::vm::wait::Interrupted;
use crate::{AccessError, Memory, MemoryError, MemorySettings, Store, TrapCode};

/// A memory that instances in any number of stores, on any number of threads, use at the same time.
///
/// It belongs to no store and lives as long as any clone of this or any store that it was put into. It never shrinks or
/// moves. Nothing gives out its bytes as a slice, because they change at any time: the host reads and writes copies, or
/// uses atomics.
#[derive(Clone)]
pub struct SharedMemory(pub(crate) Arc<SharedInner>);

impl fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedMemory").field(&self.ty()).finish()
    }
}

/// Whether both are the same memory.
impl PartialEq for SharedMemory {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SharedMemory {}

impl SharedMemory {
    /// A zeroed memory. `ty` must be shared and have a maximum, all of which is reserved. Of the settings only the guards
    /// concern it.
    ///
    /// # Errors
    /// [`MemoryError`] if the type is none of a shared memory or there is no room.
    pub fn new(
        ty: MemoryType,
        checks: CheckStrategy,
        settings: &MemorySettings,
    ) -> Result<Self, MemoryError> {
        if !ty.shared || ty.maximum.is_none() {
            return Err(MemoryError::Shared);
        }
        let plan = MemoryPlan::new(&ty, checks, settings.guard);
        Ok(Self(Arc::new(SharedInner::new(ty, plan, settings)?)))
    }

    /// Its type; the minimum is its current size.
    pub fn ty(&self) -> MemoryType {
        self.0.ty()
    }

    /// Its size in pages.
    pub fn size(&self) -> u64 {
        self.0.pages()
    }

    /// Its size in bytes.
    pub fn data_size(&self) -> usize {
        self.0.length()
    }

    /// Adds `delta` pages of zeroes while others use it; returns the old size in pages, or `None` if it cannot.
    pub fn grow(&self, delta: u64) -> Option<u64> {
        self.0.grow(delta, u64::MAX)
    }

    /// Copies bytes at `offset` out. Bytes that others write meanwhile may be old or new, each for itself.
    ///
    /// # Errors
    /// [`AccessError`] if they are not all inside; nothing is copied then.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), AccessError> {
        self.0.read(offset, buffer)
    }

    /// Copies bytes to `offset`.
    ///
    /// # Errors
    /// [`AccessError`] if they do not all fit inside; nothing is copied then.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), AccessError> {
        self.0.write(offset, bytes)
    }

    /// The byte at `offset` as an atomic.
    ///
    /// # Errors
    /// [`AccessError`] if it is outside.
    pub fn atomic_u8(&self, offset: u64) -> Result<&AtomicU8, AccessError> {
        let Some(atom) = self.0.atom(offset)? else { unreachable!("a byte is aligned") };
        Ok(atom)
    }

    /// The four bytes at `offset` as an atomic.
    ///
    /// # Errors
    /// [`AccessError`] if they are not all inside.
    ///
    /// # Panics
    /// If `offset` is not a multiple of 4.
    pub fn atomic_u32(&self, offset: u64) -> Result<&AtomicU32, AccessError> {
        let atom = self.0.atom(offset)?;
        Ok(atom.unwrap_or_else(|| panic!("the offset {offset} is not a multiple of 4")))
    }

    /// The eight bytes at `offset` as an atomic.
    ///
    /// # Errors
    /// [`AccessError`] if they are not all inside.
    ///
    /// # Panics
    /// If `offset` is not a multiple of 8.
    pub fn atomic_u64(&self, offset: u64) -> Result<&AtomicU64, AccessError> {
        let atom = self.0.atom(offset)?;
        Ok(atom.unwrap_or_else(|| panic!("the offset {offset} is not a multiple of 8")))
    }

    /// All bytes there are now. To look into one takes unsafe code, which must reckon with others that write.
    pub fn cells(&self) -> &[UnsafeCell<u8>] {
        self.0.cells()
    }

    /// Wakes up to `count` threads that wait at `offset`, those that came first; returns how many.
    ///
    /// # Errors
    /// [`AccessError`] if four bytes at `offset` are not all inside.
    ///
    /// # Panics
    /// If `offset` is not a multiple of 4.
    pub fn notify(&self, offset: u64, count: u32) -> Result<u32, AccessError> {
        self.atomic_u32(offset)?;
        Ok(self.0.queues.notify(offset, count))
    }

    /// Waits at `offset` if the four bytes there are `expected`, until woken or for the time given.
    ///
    /// # Errors
    /// [`WaitError`] if the bytes are outside or waits were interrupted.
    ///
    /// # Panics
    /// If `offset` is not a multiple of 4.
    pub fn wait32(
        &self,
        offset: u64,
        expected: u32,
        timeout: Option<Duration>,
    ) -> Result<WaitOutcome, WaitError> {
        let atom = self.atomic_u32(offset)?;
        Ok(self.0.queues.wait(offset, || atom.load(Ordering::SeqCst) == expected, timeout)?)
    }

    /// As [`wait32`](Self::wait32), for eight bytes.
    ///
    /// # Errors
    /// As [`wait32`](Self::wait32).
    ///
    /// # Panics
    /// If `offset` is not a multiple of 8.
    pub fn wait64(
        &self,
        offset: u64,
        expected: u64,
        timeout: Option<Duration>,
    ) -> Result<WaitOutcome, WaitError> {
        let atom = self.atomic_u64(offset)?;
        Ok(self.0.queues.wait(offset, || atom.load(Ordering::SeqCst) == expected, timeout)?)
    }

    /// Ends every wait at the memory, now and later: in WebAssembly code by the trap [`TrapCode::Interrupted`]. For the end
    /// of a program whose threads wait for what never comes.
    pub fn interrupt_waits(&self) {
        self.0.queues.interrupt();
    }

    /// Puts the memory into a store, for the imports of its instances.
    pub fn attach(&self, store: &mut Store) -> Memory {
        let index = store.inner.add_shared_memory(&self.0);
        Memory { store: store.inner.id(), index }
    }
}

impl StoreMemory {
    /// The shared memory, if it is one.
    pub(crate) fn as_shared(&self) -> Option<SharedMemory> {
        self.shared().map(|inner| SharedMemory(Arc::clone(inner)))
    }
}

/// Why a wait of the host did not end as waits do.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum WaitError {
    /// The bytes are not all inside.
    Access(AccessError),
    /// [`SharedMemory::interrupt_waits`] was called.
    Interrupted,
}

impl From<AccessError> for WaitError {
    fn from(error: AccessError) -> Self {
        Self::Access(error)
    }
}

impl From<Interrupted> for WaitError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access(error) => error.fmt(f),
            Self::Interrupted => TrapCode::Interrupted.fmt(f),
        }
    }
}

impl std::error::Error for WaitError {}
