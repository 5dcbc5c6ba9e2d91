//! Where files of images are mapped, and what happens when a page of one is gone because its file was shortened.
//!
//! The system answers an access to such a page with SIGBUS. Compiled code that comes to one ends with an error, as if it trapped. The
//! runtime cannot end in the middle of its own work: it reads zeros in place of the page, and since it never believes what an image says without
//! looking, that is an error or nothing. Either way the image is lost: no thread executes its code any more, because the system is told so.
//!
//! The list is for a signal handler on any thread: entries are never freed, only taken by the next image.

use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use crate::sys::memory;

/// Times that an image maps its file: to read all of it, its segments, and its code once more where that cannot be read.
const MAPPINGS: usize = 3;

/// An image whose file is mapped.
#[derive(Default)]
struct Entry {
    is_taken: AtomicBool,
    is_lost: AtomicBool,
    mapped: [AtomicRange; MAPPINGS],
    code: AtomicRange,
    next: AtomicPtr<Entry>,
}

static FIRST: AtomicPtr<Entry> = AtomicPtr::new(ptr::null_mut());

/// Addresses, none at first.
#[derive(Default)]
struct AtomicRange {
    start: AtomicUsize,
    end: AtomicUsize,
}

impl AtomicRange {
    fn get(&self) -> Range<usize> {
        // The end is stored last and cleared first, so a range that is seen while it changes is empty.
        let end = self.end.load(Ordering::Acquire);
        self.start.load(Ordering::Relaxed)..end
    }

    fn set(&self, range: &Range<usize>) {
        self.start.store(range.start, Ordering::Relaxed);
        self.end.store(range.end, Ordering::Release);
    }

    fn clear(&self) {
        self.end.store(0, Ordering::Release);
    }
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    let load = |pointer: &AtomicPtr<Entry>| {
        // SAFETY: entries are leaked boxes, or none.
        unsafe { pointer.load(Ordering::Acquire).as_ref() }
    };
    std::iter::successors(load(&FIRST), move |entry| load(&entry.next))
}

/// The pages of one image's file, as long as they are mapped.
pub(crate) struct FilePages(&'static Entry);

impl FilePages {
    /// None yet.
    pub(crate) fn new() -> Self {
        let free = |entry: &&Entry| !entry.is_taken.swap(true, Ordering::Acquire);
        if let Some(entry) = entries().find(free) {
            return Self(entry);
        }
        let entry: &'static Entry =
            Box::leak(Box::new(Entry { is_taken: AtomicBool::new(true), ..Entry::default() }));
        let mut first = FIRST.load(Ordering::Acquire);
        loop {
            entry.next.store(first, Ordering::Relaxed);
            let new = ptr::from_ref(entry).cast_mut();
            match FIRST.compare_exchange_weak(first, new, Ordering::Release, Ordering::Acquire) {
                Ok(_) => return Self(entry),
                Err(other) => first = other,
            }
        }
    }

    /// Adds a mapping of the file.
    ///
    /// # Panics
    /// If an image maps its file more often than there is room for.
    pub(crate) fn add(&self, mapped: &Range<usize>) {
        let free = self.0.mapped.iter().find(|range| range.get().is_empty());
        free.expect("an image maps its file at most three times").set(mapped);
    }

    /// Says where the code is, in whole pages.
    pub(crate) fn set_code(&self, code: &Range<usize>) {
        self.0.code.set(code);
    }

    /// Whether a page was found to be gone.
    pub(crate) fn are_lost(&self) -> bool {
        self.0.is_lost.load(Ordering::Acquire)
    }
}

impl Drop for FilePages {
    fn drop(&mut self) {
        self.0.mapped.iter().chain([&self.0.code]).for_each(AtomicRange::clear);
        self.0.is_lost.store(false, Ordering::Relaxed);
        self.0.is_taken.store(false, Ordering::Release);
    }
}

/// A page of a file is gone at this address: puts zeros there and declares the image lost. Returns whether it is an image's.
///
/// For the signal handler: after this, the access that failed succeeds, if it reads.
pub(crate) fn lose(address: usize) -> bool {
    let is_mapped = |entry: &&Entry| entry.mapped.iter().any(|range| range.get().contains(&address));
    let Some(entry) = entries().find(is_mapped) else { return false };
    entry.is_lost.store(true, Ordering::Release);
    // SAFETY: the pages are code and constants of an image, which are not written, and to which zeros are a value. From here on,
    // an instruction of the code is a fault.
    unsafe { memory::only_read(entry.code.get()) && memory::zero_page(address) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_taken_again() {
        let (first, second) = (FilePages::new(), FilePages::new());
        assert!(!ptr::eq(first.0, second.0));
        first.add(&(0x1000..0x2000));
        first.add(&(0x5000..0x6000));
        assert_eq!(first.0.mapped[1].get(), 0x5000..0x6000);
        let address = ptr::from_ref(first.0);
        drop(first);
        let again: Vec<_> = (0..100).map(|_| FilePages::new()).collect();
        let mut taken = again.iter().filter(|pages| ptr::eq(pages.0, address));
        assert!(taken.all(|pages| pages.0.mapped.iter().all(|range| range.get().is_empty())));
    }

    #[test]
    fn other_addresses_are_nobodys() {
        let pages = FilePages::new();
        pages.add(&(0x1000..0x2000));
        assert!(!lose(0x2000) && !lose(0));
        assert!(!pages.are_lost());
    }
}
