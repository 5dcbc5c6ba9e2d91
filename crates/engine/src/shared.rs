//! Shared memories: what threads with stores of their own have in common.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64};
use std::time::Duration;

use wootz_runtime as runtime;
use wootz_wasm_types::MemoryType;

pub use wootz_runtime::{WaitError, WaitOutcome};

use crate::engine::Engine;
use crate::error::Error;

/// A memory that instances in any number of stores, on any number of threads, use at the same time.
///
/// It is in no store: give a clone to each thread. It never shrinks or moves, and nothing gives out its bytes as a slice,
/// because they change at any time.
///
/// ```
/// # fn main() -> Result<(), wootz::Error> {
/// use std::sync::atomic::Ordering;
/// use wootz::{Engine, Instance, MemoryType, Module, SharedMemory, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"
///     (module
///       (import "host" "memory" (memory 1 1 shared))
///       (func (export "count")
///         (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))))
/// "#)?;
/// let ty = MemoryType { memory64: false, shared: true, minimum: 1, maximum: Some(1), page_size_log2: 16 };
/// let memory = SharedMemory::new(&engine, ty)?;
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| -> Result<(), wootz::Error> {
///             let mut store = Store::new(&engine, ());
///             let instance = Instance::new(&mut store, &module, &[memory.clone().into()])?;
///             instance.get_typed_func::<(), ()>(&store, "count")?.call(&mut store, ())
///         });
///     }
/// });
/// assert_eq!(memory.atomic_u32(0)?.load(Ordering::SeqCst), 4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedMemory(pub(crate) runtime::SharedMemory);

impl SharedMemory {
    /// A memory of zeros, of the type's minimum size. The type must be shared; all of its maximum is reserved.
    ///
    /// # Errors
    /// [`Error::Memory`] if the type is none of a shared memory, or there is no room.
    pub fn new(engine: &Engine, ty: MemoryType) -> Result<Self, Error> {
        let config = engine.config();
        Ok(Self(runtime::SharedMemory::new(ty, config.checks, &config.memory)?))
    }

    /// Its type, with the current size as its minimum.
    pub fn ty(&self) -> MemoryType {
        self.0.ty()
    }

    /// Its size in pages.
    pub fn size(&self) -> u64 {
        self.0.size()
    }

    /// Its size in bytes.
    pub fn data_size(&self) -> usize {
        self.0.data_size()
    }

    /// Grows it by `delta` pages of zeros while others use it. Returns the old size in pages, or `None` if its limit or the
    /// system forbids.
    pub fn grow(&self, delta: u64) -> Option<u64> {
        self.0.grow(delta)
    }

    /// Copies bytes out, all or none. Bytes that others write meanwhile are old or new, each for itself.
    ///
    /// # Errors
    /// [`Error::Access`] if a byte is outside.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        Ok(self.0.read(offset, buffer)?)
    }

    /// Copies bytes in, all or none.
    ///
    /// # Errors
    /// [`Error::Access`] if a byte is outside.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.0.write(offset, bytes)?)
    }

    /// The byte at `offset` as an atomic.
    ///
    /// # Errors
    /// [`Error::Access`] if it is outside.
    pub fn atomic_u8(&self, offset: u64) -> Result<&AtomicU8, Error> {
        Ok(self.0.atomic_u8(offset)?)
    }

    /// The four bytes at `offset` as an atomic.
    ///
    /// # Errors
    /// [`Error::Access`] if a byte is outside.
    ///
    /// # Panics
    /// If `offset` is not a multiple of 4.
    pub fn atomic_u32(&self, offset: u64) -> Result<&AtomicU32, Error> {
        Ok(self.0.atomic_u32(offset)?)
    }

    /// The eight bytes at `offset` as an atomic.
    ///
    /// # Errors
    /// [`Error::Access`] if a byte is outside.
    ///
    /// # Panics
    /// If `offset` is not a multiple of 8.
    pub fn atomic_u64(&self, offset: u64) -> Result<&AtomicU64, Error> {
        Ok(self.0.atomic_u64(offset)?)
    }

    /// Wakes up to `count` threads that wait at `offset`, those that came first; returns how many.
    ///
    /// # Errors
    /// [`Error::Access`] if four bytes at `offset` are not all inside.
    ///
    /// # Panics
    /// If `offset` is not a multiple of 4.
    pub fn notify(&self, offset: u64, count: u32) -> Result<u32, Error> {
        Ok(self.0.notify(offset, count)?)
    }

    /// Waits at `offset` if the four bytes there are `expected`, until woken or for the time given.
    ///
    /// # Errors
    /// [`WaitError`] if a byte is outside or waits were interrupted.
    ///
    /// # Panics
    /// If `offset` is not a multiple of 4.
    pub fn wait32(
        &self,
        offset: u64,
        expected: u32,
        timeout: Option<Duration>,
    ) -> Result<WaitOutcome, WaitError> {
        self.0.wait32(offset, expected, timeout)
    }

    /// As [`wait32`](Self::wait32), for eight bytes at a multiple of 8.
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
        self.0.wait64(offset, expected, timeout)
    }

    /// Ends every wait at the memory, now and later: in WebAssembly code by the trap
    /// [`TrapCode::Interrupted`](crate::TrapCode::Interrupted).
    pub fn interrupt_waits(&self) {
        self.0.interrupt_waits();
    }
}
