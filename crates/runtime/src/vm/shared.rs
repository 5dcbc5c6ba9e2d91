//! Shared memories: bytes that threads access at the same time, outside of every store.
//!
//! The base never moves: everything up to the maximum is reserved. Growing takes a lock, makes the pages accessible and then
//! stores the length; who reads the new length can access the new bytes. Bytes are only ever accessed through raw
//! pointers, as atomics or by copies that the compiler does not look into: there is no Rust reference to them.

use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use wootz_vm_abi::context::VMMemory;
use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_types::MemoryType;

use super::memory::LinearMemory;
use super::wait::WaitQueues;
use crate::sys::racing;
use crate::{AccessError, MemoryError, MemorySettings};

/// A shared memory and its wait queues.
pub(crate) struct SharedInner {
    /// Owns the pages; locked while it grows.
    memory: Mutex<LinearMemory>,
    definition: UnsafeCell<VMMemory>,
    ty: MemoryType,
    plan: MemoryPlan,
    guarded: Option<std::ops::Range<usize>>,
    pub(crate) queues: WaitQueues,
}

// SAFETY: the base in the definition is constant and leads to pages that any thread may use; the length is atomic.
unsafe impl Send for SharedInner {}
// SAFETY: as above; everything else is behind a lock or immutable.
unsafe impl Sync for SharedInner {}

/// A type that the host accesses atomically.
pub(crate) trait Atom: Sized {
    /// The atomic at an address.
    ///
    /// # Safety
    /// As `from_ptr` of the atomic types.
    unsafe fn at<'a>(address: *mut u8) -> &'a Self;
}

macro_rules! atoms {
    ($($ty:ident)*) => {$(
        impl Atom for $ty {
            unsafe fn at<'a>(address: *mut u8) -> &'a Self {
                // SAFETY: as the caller promises.
                unsafe { Self::from_ptr(address.cast()) }
            }
        }
    )*};
}

atoms! { AtomicU8 AtomicU32 AtomicU64 }

impl SharedInner {
    pub(crate) fn new(
        ty: MemoryType,
        plan: MemoryPlan,
        settings: &MemorySettings,
    ) -> Result<Self, MemoryError> {
        let memory = LinearMemory::new(ty, plan, settings, None)?;
        let definition = UnsafeCell::new(memory.definition());
        let guarded = memory.guarded_addresses();
        let queues = WaitQueues::default();
        Ok(Self { memory: Mutex::new(memory), definition, ty, plan, guarded, queues })
    }

    /// What compiled code reads; lives as long as this.
    pub(crate) fn definition(&self) -> NonNull<VMMemory> {
        NonNull::from(&self.definition).cast()
    }

    fn length_cell(&self) -> &AtomicUsize {
        // SAFETY: the field is aligned and lives as long as `self`; everyone accesses it atomically.
        unsafe { AtomicUsize::from_ptr(&raw mut (*self.definition.get()).length) }
    }

    fn base(&self) -> *mut u8 {
        // SAFETY: the base is written once, before anyone else knows of the definition.
        unsafe { (*self.definition.get()).base }
    }

    pub(crate) fn length(&self) -> usize {
        self.length_cell().load(Ordering::SeqCst)
    }

    pub(crate) fn pages(&self) -> u64 {
        self.length() as u64 >> self.ty.page_size_log2
    }

    /// Its type, the minimum being the current size.
    pub(crate) fn ty(&self) -> MemoryType {
        MemoryType { minimum: self.pages(), ..self.ty }
    }

    pub(crate) fn plan(&self) -> MemoryPlan {
        self.plan
    }

    pub(crate) fn guarded_addresses(&self) -> Option<std::ops::Range<usize>> {
        self.guarded.clone()
    }

    /// The parts of its address space, now.
    pub(crate) fn parts(&self) -> Vec<super::space::Part> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).parts()
    }

    /// Adds zeroed pages and returns the old size in pages; `None`, and no change, if it cannot, or if it would have more than
    /// `most` bytes.
    pub(crate) fn grow(&self, delta: u64, most: u64) -> Option<u64> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let old = memory.grow(delta, most)?;
        debug_assert_eq!(memory.definition().base, self.base(), "a shared memory does not move");
        self.length_cell().store(memory.length(), Ordering::SeqCst);
        Some(old)
    }

    /// The address of `count` bytes at `start`, if they are inside.
    fn range(&self, start: u64, count: usize) -> Result<*mut u8, AccessError> {
        let length = self.length() as u64;
        match start.checked_add(count as u64) {
            Some(end) if end <= length => Ok(self.base().wrapping_add(start as usize)),
            _ => Err(AccessError { start, count: count as u64, length }),
        }
    }

    pub(crate) fn read(&self, start: u64, buffer: &mut [u8]) -> Result<(), AccessError> {
        let source = self.range(start, buffer.len())?;
        // SAFETY: both are valid for the length, and a memory and a buffer of the host do not overlap.
        unsafe { racing::copy(buffer.as_mut_ptr(), source, buffer.len()) };
        Ok(())
    }

    pub(crate) fn write(&self, start: u64, bytes: &[u8]) -> Result<(), AccessError> {
        let target = self.range(start, bytes.len())?;
        // SAFETY: as in `read`.
        unsafe { racing::copy(target, bytes.as_ptr(), bytes.len()) };
        Ok(())
    }

    pub(crate) fn fill(&self, start: u64, value: u8, count: usize) -> Result<(), AccessError> {
        let target = self.range(start, count)?;
        // SAFETY: the range is inside the memory.
        unsafe { racing::fill(target, value, count) };
        Ok(())
    }

    /// Copies from a memory, possibly this one, as if through a buffer.
    pub(crate) fn copy_from(
        &self,
        to: u64,
        other: &Self,
        from: u64,
        count: usize,
    ) -> Result<(), AccessError> {
        let (source, target) = (other.range(from, count)?, self.range(to, count)?);
        // SAFETY: both ranges are inside their memories.
        unsafe { racing::copy_overlapping(target, source, count) };
        Ok(())
    }

    /// The atomic at an address that is a multiple of its size.
    pub(crate) fn atom<T: Atom>(&self, start: u64) -> Result<Option<&T>, AccessError> {
        let address = self.range(start, size_of::<T>())?;
        if !address.addr().is_multiple_of(size_of::<T>()) {
            return Ok(None);
        }
        // SAFETY: inside the memory and aligned; it is never unmapped while `self` lives, and other accesses of it are
        // atomic or made by compiled code, outside of Rust's memory model.
        Ok(Some(unsafe { T::at(address) }))
    }

    /// All bytes there are now. To look into one takes unsafe code.
    pub(crate) fn cells(&self) -> &[UnsafeCell<u8>] {
        // SAFETY: the bytes are mapped as long as `self` lives, and a cell promises nothing of its contents.
        unsafe { std::slice::from_raw_parts(self.base().cast(), self.length()) }
    }
}
