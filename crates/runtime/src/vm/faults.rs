//! What a signal handler may look at: the address ranges of a store's code and of its guarded memories.
//!
//! Append-only while the store's code runs, so a handler on the thread that runs the store can read it at any moment
//! without a lock, even if the fault interrupted an append.

use std::ops::Range;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::image::LoadedImage;

/// A list that grows in chunks which never move.
struct AppendOnly<T> {
    /// Chunk `n` has room for `FIRST << n` items.
    chunks: [AtomicPtr<T>; CHUNKS],
    len: AtomicUsize,
}

const CHUNKS: usize = 24;
const FIRST: usize = 16;

impl<T: Copy> AppendOnly<T> {
    const fn new() -> Self {
        Self { chunks: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS], len: AtomicUsize::new(0) }
    }

    fn push(&mut self, item: T) {
        let index = self.len.load(Ordering::Relaxed);
        let (chunk, offset) = Self::position(index);
        let mut items = self.chunks[chunk].load(Ordering::Relaxed);
        if items.is_null() {
            let room = Box::<[T]>::new_uninit_slice(FIRST << chunk);
            items = Box::into_raw(room).cast::<T>();
            self.chunks[chunk].store(items, Ordering::Release);
        }
        // SAFETY: `offset` is within the chunk's room, and readers stop before `index` until `len` says more.
        unsafe { items.add(offset).write(item) };
        self.len.store(index + 1, Ordering::Release);
    }

    /// Removes items. For a moment at which no handler reads.
    fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let kept: Vec<T> = self.iter().filter(keep).collect();
        self.len.store(0, Ordering::Release);
        kept.into_iter().rev().for_each(|item| self.push(item));
    }

    /// Items, newest first.
    fn iter(&self) -> impl Iterator<Item = T> + '_ {
        (0..self.len.load(Ordering::Acquire)).rev().map(|index| {
            let (chunk, offset) = Self::position(index);
            let items = self.chunks[chunk].load(Ordering::Acquire);
            // SAFETY: items before `len` are written, and their chunks live as long as the list.
            unsafe { items.add(offset).read() }
        })
    }

    fn position(index: usize) -> (usize, usize) {
        let chunk = (index / FIRST + 1).ilog2() as usize;
        (chunk, index - FIRST * ((1 << chunk) - 1))
    }
}

impl<T> Drop for AppendOnly<T> {
    fn drop(&mut self) {
        for (number, chunk) in self.chunks.iter_mut().enumerate() {
            let items = *chunk.get_mut();
            if !items.is_null() {
                let room = ptr::slice_from_raw_parts_mut(items, FIRST << number);
                // SAFETY: `push` made the chunk as a box of this many items, which need no drop themselves.
                drop(unsafe { Box::from_raw(room as *mut [std::mem::MaybeUninit<T>]) });
            }
        }
    }
}

#[derive(Copy, Clone)]
struct Code {
    start: usize,
    end: usize,
    image: NonNull<LoadedImage>,
}

#[derive(Copy, Clone)]
struct Memory {
    start: usize,
    end: usize,
}

/// The code and the guarded memories of one store.
pub(crate) struct FaultRegions {
    code: AppendOnly<Code>,
    memories: AppendOnly<Memory>,
}

impl FaultRegions {
    pub(crate) const fn new() -> Self {
        Self { code: AppendOnly::new(), memories: AppendOnly::new() }
    }

    /// Adds an image's code.
    ///
    /// # Safety
    /// The image must outlive these regions.
    pub(crate) unsafe fn add_code(&mut self, image: &LoadedImage) {
        let Range { start, end } = image.text();
        self.code.push(Code { start, end, image: NonNull::from(image) });
    }

    /// Removes an image's code.
    ///
    /// # Safety
    /// No code of the store may run.
    pub(crate) unsafe fn remove_code(&mut self, image: &LoadedImage) {
        self.code.retain(|code| !std::ptr::eq(code.image.as_ptr(), image));
    }

    /// Adds a guarded memory: its reservation and the guard behind it.
    pub(crate) fn add_memory(&mut self, addresses: Range<usize>) {
        self.memories.push(Memory { start: addresses.start, end: addresses.end });
    }

    /// The image whose code is at `address`.
    pub(crate) fn image_at(&self, address: usize) -> Option<&LoadedImage> {
        let code = self.code.iter().find(|code| (code.start..code.end).contains(&address))?;
        // SAFETY: `add_code`'s caller promised that the image lives as long as `self`.
        Some(unsafe { code.image.as_ref() })
    }

    /// Whether an access at `address` can be an out-of-bounds access of one of the memories.
    pub(crate) fn is_guarded_memory(&self, address: usize) -> bool {
        self.memories.iter().any(|memory| (memory.start..memory.end).contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_place_over_many_chunks() {
        let mut list = AppendOnly::new();
        for i in 0..1000usize {
            list.push(i);
            assert_eq!(list.iter().next(), Some(i));
        }
        assert!(list.iter().eq((0..1000).rev()));
    }

    #[test]
    fn memories_are_found_by_address() {
        let mut regions = FaultRegions::new();
        regions.add_memory(0x1000..0x2000);
        regions.add_memory(0x8000..0x9000);
        assert!(regions.is_guarded_memory(0x1000) && regions.is_guarded_memory(0x8fff));
        assert!(!regions.is_guarded_memory(0x2000) && !regions.is_guarded_memory(0));
        assert!(regions.image_at(0x1000).is_none());
    }
}
