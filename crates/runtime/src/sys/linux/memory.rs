//! Reserved address space, for code, memories, tables and signal stacks.
//!
//! Everything is mapped `MAP_NORESERVE`: what a guest may touch is limited by its module and the machine, not by a promise
//! of swap. Pages are zero when they first become accessible.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;

use region::Protection;
use rustix::fd::{AsFd as _, BorrowedFd};
use rustix::mm::{
    Advice, MapFlags, MprotectFlags, MremapFlags, ProtFlags, madvise, mmap, mmap_anonymous, mprotect,
    mremap_fixed, munmap,
};

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

    /// Makes a page-aligned range of bytes readable and writable, with pages that also appear, to read only, at an offset of
    /// another mapping.
    ///
    /// # Safety
    /// Nothing may refer to either range.
    pub(crate) unsafe fn commit_with_view(
        &self,
        range: Range<usize>,
        view: &Self,
        at: usize,
    ) -> io::Result<()> {
        let ((start, len), (view, _)) = (self.check(&range), view.check(&(at..at + range.len())));
        let flags = MapFlags::SHARED | MapFlags::NORESERVE | MapFlags::FIXED;
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: both ranges are in mappings of ours that nothing refers to. Asked for a copy of length 0, the system leaves a
        // shared mapping where it is and maps its pages once more.
        unsafe {
            mmap_anonymous(start.cast::<c_void>(), len, protection, flags)?;
            mremap_fixed(start.cast(), 0, len, MremapFlags::MAYMOVE, view.cast())?;
            mprotect(view.cast(), len, MprotectFlags::READ)?;
        }
        Ok(())
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

    /// Takes every right to a page-aligned range away.
    ///
    /// # Safety
    /// As for [`protect`](Self::protect).
    pub(crate) unsafe fn decommit(&self, range: Range<usize>) -> io::Result<()> {
        let (start, len) = self.check(&range);
        // SAFETY: the range is inside this mapping; the caller vouches for the uses of it.
        Ok(unsafe { mprotect(start.cast::<c_void>(), len, MprotectFlags::empty()) }?)
    }

    /// Forgets what was written to a page-aligned range: it is zero again, or what the file mapped there has.
    ///
    /// # Safety
    /// Nobody may rely on the contents.
    pub(crate) unsafe fn discard(&self, range: Range<usize>) -> io::Result<()> {
        let (start, len) = self.check(&range);
        // SAFETY: the range is inside this mapping; the caller gives up the contents.
        Ok(unsafe { madvise(start.cast::<c_void>(), len, Advice::LinuxDontNeed) }?)
    }

    /// The first page of a file, as code that nobody runs: whoever records what the process maps sees the file.
    pub(crate) fn of_code_in(file: &File) -> io::Result<Self> {
        let mapping = Self::reserve(page_size())?;
        // SAFETY: nothing refers to the new mapping, and nobody reads it.
        unsafe { mapping.map_file(0..page_size(), file.as_fd(), 0, Protection::READ_EXECUTE) }?;
        Ok(mapping)
    }

    /// Puts the contents of a file from an offset on over a page-aligned range; what is written stays here.
    ///
    /// # Safety
    /// Nobody may rely on what the range held, or on the file keeping what it has.
    pub(crate) unsafe fn map_file(
        &self,
        range: Range<usize>,
        file: BorrowedFd<'_>,
        offset: u64,
        protection: Protection,
    ) -> io::Result<()> {
        let (start, len) = self.check(&range);
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        // SAFETY: the range is inside this mapping; the caller gives up what it held.
        unsafe { mmap(start.cast::<c_void>(), len, flags_of(protection), flags, file, offset) }?;
        Ok(())
    }

    /// Puts zeroes over a page-aligned range, readable and writable, whatever was mapped there.
    ///
    /// # Safety
    /// Nobody may rely on what the range held.
    pub(crate) unsafe fn map_zeroes(&self, range: Range<usize>) -> io::Result<()> {
        let (start, len) = self.check(&range);
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the range is inside this mapping; the caller gives up what it held.
        unsafe { mmap_anonymous(start.cast::<c_void>(), len, protection, flags) }?;
        Ok(())
    }

    /// Makes a page-aligned range of an accessible mapping fault without splitting it, if the system can (Linux 6.13).
    ///
    /// # Safety
    /// Nothing may refer to the range.
    pub(crate) unsafe fn install_guard(&self, range: Range<usize>) -> bool {
        /// MADV_GUARD_INSTALL.
        const GUARD_INSTALL: i32 = 102;
        let (start, len) = self.check(&range);
        // SAFETY: the range is inside this mapping, and nothing refers to it.
        unsafe { libc::madvise(start.cast(), len, GUARD_INSTALL) == 0 }
    }

    /// Keeps small pages, where neighbours in the mapping have different owners. A system without large pages needs no such
    /// wish, so that it may refuse.
    pub(crate) fn keep_small_pages(&self) {
        // SAFETY: the advice changes no contents.
        let _ = unsafe { madvise(self.base.as_ptr().cast(), self.len, Advice::LinuxNoHugepage) };
    }

    /// Moves the pages of `from..from + len` of this mapping, all of them accessible, to `to` in another. Zeroes stay behind.
    ///
    /// # Safety
    /// Nothing may refer to either range.
    pub(crate) unsafe fn move_pages(
        &self,
        from: usize,
        len: usize,
        target: &Self,
        to: usize,
    ) -> io::Result<()> {
        let ((old, len), (new, _)) = (self.check(&(from..from + len)), target.check(&(to..to + len)));
        // Without leaving the old range mapped, another thread's mapping could get in between and be unmapped with ours.
        let flags = MremapFlags::MAYMOVE | MremapFlags::DONTUNMAP;
        // SAFETY: both ranges are inside of mappings of ours that nothing refers to.
        unsafe { mremap_fixed(old.cast(), len, len, flags, new.cast()) }?;
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

/// Leaves whole pages readable and nothing more; whether the system did. Allowed in a signal handler.
///
/// # Safety
/// The pages must be mapped, and nobody may rely on executing or writing them.
pub(crate) unsafe fn only_read(pages: Range<usize>) -> bool {
    let start = std::ptr::with_exposed_provenance_mut(pages.start);
    // SAFETY: as the caller promises.
    pages.is_empty() || unsafe { mprotect(start, pages.len(), MprotectFlags::READ) }.is_ok()
}

/// Puts zeros in the place of the page at an address, readable; whether the system did. Allowed in a signal handler.
///
/// # Safety
/// The page must be mapped, and nobody may rely on what it holds, or execute or write it.
pub(crate) unsafe fn zero_page(address: usize) -> bool {
    let page = address / page_size() * page_size();
    let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
    let start = std::ptr::with_exposed_provenance_mut(page);
    // SAFETY: as the caller promises.
    unsafe { mmap_anonymous(start, page_size(), ProtFlags::READ, flags) }.is_ok()
}

fn flags_of(protection: Protection) -> ProtFlags {
    let pairs = [
        (Protection::READ, ProtFlags::READ),
        (Protection::WRITE, ProtFlags::WRITE),
        (Protection::EXECUTE, ProtFlags::EXEC),
    ];
    pairs.iter().filter(|(one, _)| protection.contains(*one)).map(|(_, flag)| *flag).collect()
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
    fn pages_move_with_their_contents() {
        let page = page_size();
        let (from, to) = (Mapping::allocate(3 * page).unwrap(), Mapping::reserve(5 * page).unwrap());
        // SAFETY: the mappings are known here alone, and the pages read are mapped.
        unsafe {
            from.base().add(page + 7).write(42);
            from.move_pages(page, 2 * page, &to, 3 * page).unwrap();
            assert_eq!(to.base().add(3 * page + 7).read(), 42);
            assert_eq!(from.base().add(page + 7).read(), 0);
        }
        assert_eq!(protection(to.addresses().start + 2 * page), Protection::NONE);
        assert_eq!(protection(to.addresses().start + 4 * page), Protection::READ_WRITE);
    }

    #[test]
    fn discarded_pages_are_zero() {
        let mapping = Mapping::allocate(page_size()).unwrap();
        // SAFETY: the mapping is known here alone.
        unsafe {
            mapping.base().write(1);
            mapping.discard(0..page_size()).unwrap();
            assert_eq!(mapping.base().read(), 0);
            mapping.base().write(1);
            mapping.map_zeroes(0..page_size()).unwrap();
            assert_eq!(mapping.base().read(), 0);
            mapping.decommit(0..page_size()).unwrap();
        }
        assert_eq!(protection(mapping.addresses().start), Protection::NONE);
    }

    #[test]
    fn impossible_sizes_are_errors() {
        assert!(Mapping::reserve(usize::MAX).is_err());
        assert!(Mapping::reserve(1 << 60).is_err());
        assert!(Mapping::allocate(1 << 60).is_err());
    }

    #[test]
    #[should_panic(expected = "outside the mapping")]
    fn a_range_past_the_end_is_refused() {
        Mapping::reserve(1).unwrap().commit(0..2 * page_size()).unwrap();
    }
}
