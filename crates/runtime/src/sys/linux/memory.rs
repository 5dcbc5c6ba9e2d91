//! Reserved address space, for code, memories, tables and signal stacks.
//!
//! Everything is mapped `MAP_NORESERVE`: what a guest may touch is limited by its module and the machine, not by a promise
//! of swap. Pages are zero when they first become accessible.

use std::ffi::c_void;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;

use region::Protection;
use rustix::mm::{MapFlags, MprotectFlags, MremapFlags, ProtFlags, mmap_anonymous, mprotect, mremap, munmap};

/// Bytes in a page of this system.
pub(crate) fn page_size() -> usize {
    rustix::param::page_size()
}

/// `len` rounded up to whole pages, or `None` if that overflows.
pub(crate) fn round_to_pages(len: usize) -> Option<usize> {
    len.checked_next_multiple_of(page_size())
}

/// An owned range of address space, unmapped on drop. Whole pages; possibly none.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a mapping is a range of addresses of the process; no thread is special to it.
unsafe impl Send for Mapping {}
// SAFETY: the methods on a shared reference only read the two fields or ask the system to change protections.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// A mapping of no pages.
    pub(crate) fn empty() -> Self {
        Self { base: NonNull::dangling(), len: 0 }
    }

    /// Reserves `len` bytes, rounded up to pages, that fault on every access.
    pub(crate) fn reserve(len: usize) -> io::Result<Self> {
        Self::map(len, ProtFlags::empty())
    }

    /// Maps `len` zero bytes, rounded up to pages, for reading and writing.
    pub(crate) fn allocate(len: usize) -> io::Result<Self> {
        Self::map(len, ProtFlags::READ | ProtFlags::WRITE)
    }

    fn map(len: usize, protection: ProtFlags) -> io::Result<Self> {
        let len = round_to_pages(len).ok_or(io::ErrorKind::OutOfMemory)?;
        if len == 0 {
            return Ok(Self::empty());
        }
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new anonymous mapping at an address of the system's choice overlaps nothing.
        let base = unsafe { mmap_anonymous(std::ptr::null_mut(), len, protection, flags) }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { base, len })
    }

    /// First byte; dangling if there is no page.
    pub(crate) fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// Bytes mapped.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The addresses mapped.
    pub(crate) fn addresses(&self) -> Range<usize> {
        let start = self.base.as_ptr().addr();
        start..start + self.len
    }

    /// Makes a page-aligned range of bytes readable and writable.
    pub(crate) fn commit(&self, range: Range<usize>) -> io::Result<()> {
        let (start, len) = self.check(&range);
        // SAFETY: the range is inside this mapping, and more access breaks no reference into it.
        Ok(unsafe { mprotect(start.cast::<c_void>(), len, MprotectFlags::READ | MprotectFlags::WRITE) }?)
    }

    /// Sets the protection of a page-aligned range of bytes.
    ///
    /// # Safety
    /// No reference into the range may outlive an access that it loses; executable bytes must be code.
    pub(crate) unsafe fn protect(&self, range: Range<usize>, protection: Protection) -> io::Result<()> {
        let (start, len) = self.check(&range);
        if len == 0 {
            return Ok(());
        }
        // SAFETY: the range is inside this mapping; the caller vouches for the uses of it.
        unsafe { region::protect(start, len, protection) }.map_err(region::Error::into_io_error)
    }

    /// Makes the mapping, which must be readable and writable as a whole, longer. It may move; contents move along.
    pub(crate) fn grow(&mut self, len: usize) -> io::Result<()> {
        let len = round_to_pages(len).ok_or(io::ErrorKind::OutOfMemory)?;
        assert!(len >= self.len, "a mapping only grows");
        if self.len == 0 {
            *self = Self::allocate(len)?;
        } else if len > self.len {
            // SAFETY: the old range is exactly this mapping, and `&mut self` proves that nothing borrows from it.
            let base = unsafe { mremap(self.base.as_ptr().cast(), self.len, len, MremapFlags::MAYMOVE) }?;
            self.base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
            self.len = len;
        }
        Ok(())
    }

    fn check(&self, range: &Range<usize>) -> (*mut u8, usize) {
        let page = page_size();
        assert!(range.start <= range.end && range.end <= self.len, "{range:?} is outside the mapping");
        assert!(
            range.start.is_multiple_of(page) && range.end.is_multiple_of(page),
            "{range:?} is not whole pages"
        );
        (self.base.as_ptr().wrapping_add(range.start), range.len())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.len != 0 {
            // SAFETY: this is the only owner of exactly this range.
            let result = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
            debug_assert!(result.is_ok(), "unmapping an owned range cannot fail");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protection(address: usize) -> Protection {
        region::query(address as *const u8).unwrap().protection()
    }

    #[test]
    fn reserved_pages_become_accessible_one_by_one() {
        let page = page_size();
        let mapping = Mapping::reserve(3 * page).unwrap();
        let start = mapping.addresses().start;
        assert_eq!(protection(start + page), Protection::NONE);
        mapping.commit(page..2 * page).unwrap();
        assert_eq!(protection(start), Protection::NONE);
        assert_eq!(protection(start + page), Protection::READ_WRITE);
        assert_eq!(protection(start + 2 * page), Protection::NONE);
    }

    #[test]
    fn growing_keeps_contents_and_adds_zeroes() {
        let page = page_size();
        let mut mapping = Mapping::empty();
        mapping.grow(1).unwrap();
        assert_eq!(mapping.len(), page);
        // SAFETY: the first page is mapped and writable.
        unsafe { mapping.base().add(7).write(42) };
        mapping.grow(64 * page).unwrap();
        // SAFETY: all pages are mapped and readable.
        let bytes = unsafe { std::slice::from_raw_parts(mapping.base(), mapping.len()) };
        assert_eq!(bytes[7], 42);
        assert!(bytes[8..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn impossible_sizes_are_errors() {
        assert!(Mapping::reserve(usize::MAX).is_err());
        assert!(Mapping::reserve(1 << 60).is_err());
        let mut mapping = Mapping::allocate(1).unwrap();
        assert!(mapping.grow(1 << 60).is_err());
        assert_eq!(mapping.len(), page_size());
    }

    #[test]
    #[should_panic(expected = "outside the mapping")]
    fn a_range_past_the_end_is_refused() {
        Mapping::reserve(1).unwrap().commit(0..2 * page_size()).unwrap();
    }
}
