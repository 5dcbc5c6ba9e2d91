//! Pages for what the runtime keeps for compiled code, between pages without access: mapped once, or twice with different
//! rights to the same bytes.
//!
//! Pages with two views are shared with nobody but would be with a process forked from this one: there they do not exist, and a
//! [`ForkMark`] tells that it is another process.

use std::io;
use std::ops::Range;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use rustix::mm::{Advice, madvise};

use super::memory::{Mapping, page_size, round_to_pages};

/// Zeroed pages with a guard page before and behind each view, unmapped on drop.
#[derive(Debug)]
pub(crate) struct Pages {
    writable: Mapping,
    /// The view that compiled code gets, if it may only read.
    readable: Option<Mapping>,
    len: usize,
}

impl Pages {
    /// Pages that everyone may read and write.
    pub(crate) fn once(len: usize) -> io::Result<Self> {
        let (writable, len) = Self::reserve(len)?;
        writable.commit(page_size()..page_size() + len)?;
        Ok(Self { writable, readable: None, len })
    }

    /// Pages with a view to read and write, and another to read only.
    pub(crate) fn twice(len: usize) -> io::Result<Self> {
        let (writable, len) = Self::reserve(len)?;
        let (readable, _) = Self::reserve(len)?;
        let page = page_size();
        // SAFETY: nothing refers to either mapping yet; the advice is about processes to come.
        unsafe {
            writable.commit_with_view(page..page + len, &readable, page)?;
            for view in [&writable, &readable] {
                madvise(view.base().wrapping_add(page).cast(), len, Advice::LinuxDontFork)?;
            }
        }
        Ok(Self { writable, readable: Some(readable), len })
    }

    fn reserve(len: usize) -> io::Result<(Mapping, usize)> {
        let len = round_to_pages(len).filter(|len| *len > 0).ok_or(io::ErrorKind::InvalidInput)?;
        let total = len.checked_add(2 * page_size()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok((Mapping::reserve(total)?, len))
    }

    /// Bytes of one view, guards not counted.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The first byte, to write.
    pub(crate) fn writable(&self) -> NonNull<u8> {
        Self::first(&self.writable)
    }

    /// The first byte as compiled code knows it.
    pub(crate) fn readable(&self) -> NonNull<u8> {
        Self::first(self.readable.as_ref().unwrap_or(&self.writable))
    }

    fn first(mapping: &Mapping) -> NonNull<u8> {
        let address = mapping.base().wrapping_add(page_size());
        NonNull::new(address).expect("the second page of a mapping does not lie at 0")
    }

    /// The addresses of the view to write, guards included.
    pub(crate) fn writable_addresses(&self) -> Range<usize> {
        self.writable.addresses()
    }

    /// The addresses of the view that can only be read, guards included, if there is one.
    pub(crate) fn readable_addresses(&self) -> Option<Range<usize>> {
        self.readable.as_ref().map(Mapping::addresses)
    }
}

/// Tells a process from one forked from it: a page that the system clears in the child.
pub(crate) struct ForkMark(Mapping);

impl ForkMark {
    /// A mark of this process.
    pub(crate) fn new() -> io::Result<Self> {
        let page = Mapping::allocate(1)?;
        // SAFETY: the page was just mapped for this, readable and writable.
        unsafe {
            madvise(page.base().cast(), page.len(), Advice::LinuxWipeOnFork)?;
            page.base().write_volatile(1);
        }
        Ok(Self(page))
    }

    /// Whether this process is a fork of the one that made the mark.
    pub(crate) fn is_forked(&self) -> bool {
        // SAFETY: the page is mapped and readable as long as `self` lives.
        unsafe { self.0.base().read_volatile() == 0 }
    }
}

/// Whether pages can be executed and yet not be read: on x86-64 that takes protection keys, of which the kernel uses one for all
/// such pages.
pub(crate) fn can_execute_only() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        // SAFETY: the calls take and free a key that protects nothing.
        unsafe {
            let key = libc::syscall(libc::SYS_pkey_alloc, 0, 0);
            key >= 0 && libc::syscall(libc::SYS_pkey_free, key) == 0
        }
    })
}

/// Bytes of these addresses that are in memory now; whole pages count.
pub(crate) fn resident(addresses: &Range<usize>) -> usize {
    let page = page_size();
    let start = addresses.start / page * page;
    let mut count = 0;
    let mut states = [0u8; 4096];
    for start in (start..addresses.end).step_by(states.len() * page) {
        let bytes = (addresses.end - start).min(states.len() * page);
        if residency(start, bytes, &mut states) {
            count += states[..bytes.div_ceil(page)].iter().filter(|state| **state & 1 != 0).count();
        }
    }
    count * page
}

/// Notes for each page from `start` on whether it is in memory, in the lowest bit; `false` if the system does not say.
pub(crate) fn residency(start: usize, bytes: usize, states: &mut [u8]) -> bool {
    assert!(states.len() * page_size() >= bytes, "a state for each page");
    // SAFETY: the kernel only looks up the pages, and writes a byte for each into `states`, which has as many.
    unsafe { libc::mincore(ptr::without_provenance_mut(start), bytes, states.as_mut_ptr()) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use region::Protection;

    fn protection(address: usize) -> Protection {
        region::query(address as *const u8).unwrap().protection()
    }

    #[test]
    fn what_is_written_through_one_view_is_read_through_the_other() {
        let pages = Pages::twice(3).unwrap();
        let (write, read) = (pages.writable(), pages.readable());
        assert_ne!(write, read);
        // SAFETY: both views are mapped for a page.
        unsafe {
            write.add(100).write(7);
            assert_eq!(read.add(100).read(), 7);
        }
        assert_eq!(protection(write.addr().get()), Protection::READ_WRITE);
        assert_eq!(protection(read.addr().get()), Protection::READ);
        for view in [write, read] {
            assert_eq!(protection(view.addr().get() - 1), Protection::NONE);
            assert_eq!(protection(view.addr().get() + page_size()), Protection::NONE);
        }
    }

    #[test]
    fn pages_with_one_view_are_written_where_they_are_read() {
        let pages = Pages::once(2 * page_size()).unwrap();
        assert_eq!((pages.writable(), pages.len()), (pages.readable(), 2 * page_size()));
        assert_eq!(protection(pages.writable().addr().get() + page_size()), Protection::READ_WRITE);
        assert_eq!(pages.readable_addresses(), None);
    }

    #[test]
    fn residency_follows_use() {
        let pages = Pages::once(64 * page_size()).unwrap();
        let start = pages.writable().addr().get();
        let addresses = start..start + 64 * page_size();
        assert_eq!(resident(&addresses), 0);
        // SAFETY: the pages are mapped.
        unsafe { pages.writable().add(5 * page_size()).write(1) };
        assert_eq!(resident(&addresses), page_size());
        assert!(!ForkMark::new().unwrap().is_forked());
    }

    #[test]
    fn impossible_sizes_are_errors() {
        assert!(Pages::once(0).is_err());
        assert!(Pages::twice(usize::MAX).is_err());
        assert!(Pages::twice(1 << 60).is_err());
    }
}
