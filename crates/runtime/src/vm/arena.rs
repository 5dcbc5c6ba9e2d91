//! Blocks for contexts and tables: small things, many of them, which must cost neither a mapping nor a system call each.
//!
//! ```text
//! slab of contexts     │guard│ block │ block │ block │ …  │guard│        read, write
//! slab of tables       │guard│ block │ block │ block │ …  │guard│        read, write: the runtime's view
//!                      │guard│ same  │ same  │ same  │ …  │guard│        read:        what compiled code is told
//! ```
//!
//! The arenas belong to the process: blocks of all stores lie side by side, because a store of one instance is common and two
//! mappings for it would cost more than the rest of it. A slab holds blocks of one size, a power of two. It is unmapped when its
//! last block is freed, except for one of each size, which the next instance finds ready. What is too large for a slab has pages of its own.

use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sys::pages::{ForkMark, Pages};

/// Contexts: read and written by everyone.
static CONTEXTS: Arena = Arena::new(Pages::once);
/// Elements of tables: compiled code only reads them.
static TABLES: Arena = Arena::new(Pages::twice);

/// Bytes in a slab.
const SLAB: usize = 256 << 10;
/// Bytes in a block of the smallest size, as a power of two. A cache line, so that blocks of two threads share none.
const SMALLEST: u32 = 6;
/// Bytes in a block of the largest size, as a power of two. Larger ones have pages of their own.
const LARGEST: u32 = 15;
const SIZES: usize = (LARGEST - SMALLEST + 1) as usize;

struct Arena {
    make: fn(usize) -> io::Result<Pages>,
    state: Mutex<State>,
}

struct State {
    /// Of the process that the slabs belong to.
    mark: Option<ForkMark>,
    /// Slabs with a free block, by size; the last one is used first.
    free: [Vec<Arc<Slab>>; SIZES],
}

/// Pages for blocks of one size.
struct Slab {
    pages: Pages,
    blocks: Mutex<Blocks>,
}

struct Blocks {
    /// Numbers of the free ones.
    free: Vec<u16>,
    total: usize,
}

/// Some bytes that stay where they are. Not zeroed, unless they are fresh.
pub(crate) struct Block {
    writable: NonNull<u8>,
    readable: NonNull<u8>,
    len: usize,
    owner: Owner,
}

enum Owner {
    Slab { arena: &'static Arena, slab: Arc<Slab>, number: u16 },
    Pages(Pages),
}

// SAFETY: a block is bytes of the process; no thread is special to it, and its owner is behind locks.
unsafe impl Send for Block {}
// SAFETY: a shared block gives out addresses only.
unsafe impl Sync for Block {}

impl Block {
    /// At least `len` bytes for a context, zeroed.
    pub(crate) fn context(len: usize) -> io::Result<Self> {
        let block = CONTEXTS.allocate(len)?;
        if !block.is_alone() {
            // SAFETY: the block is writable and nobody else knows it.
            unsafe { block.writable.write_bytes(0, len) };
        }
        block.writable.as_ptr().expose_provenance();
        Ok(block)
    }

    /// At least `len` bytes for elements.
    pub(crate) fn table(len: usize) -> io::Result<Self> {
        TABLES.allocate(len)
    }

    /// The first byte, to write.
    pub(crate) fn writable(&self) -> NonNull<u8> {
        self.writable
    }

    /// The first byte as compiled code knows it.
    pub(crate) fn readable(&self) -> NonNull<u8> {
        self.readable
    }

    /// Bytes there are, at least as many as asked for.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether it has pages of its own. Their bytes were zero when the block was made.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(self.owner, Owner::Pages(_))
    }

    /// The pages that the block lies in, perhaps with others: the view to write, and the view to read if it is another.
    /// The first and the last page of each is a guard.
    pub(crate) fn pages(&self) -> (Range<usize>, Option<Range<usize>>) {
        let pages = match &self.owner {
            Owner::Slab { slab, .. } => &slab.pages,
            Owner::Pages(pages) => pages,
        };
        (pages.writable_addresses(), pages.readable_addresses())
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Owner::Slab { arena, slab, number } = &self.owner {
            arena.free(slab, *number, self.len);
        }
    }
}

/// A lock, whatever a thread that panicked did: the lists are never left half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Arena {
    const fn new(make: fn(usize) -> io::Result<Pages>) -> Self {
        Self { make, state: Mutex::new(State { mark: None, free: [const { Vec::new() }; SIZES] }) }
    }

    fn allocate(&'static self, len: usize) -> io::Result<Block> {
        let size = len.next_power_of_two().max(1 << SMALLEST);
        if len > 1 << LARGEST {
            let pages = (self.make)(len)?;
            let (writable, readable, len) = (pages.writable(), pages.readable(), pages.len());
            return Ok(Block { writable, readable, len, owner: Owner::Pages(pages) });
        }
        let mut state = lock(&self.state);
        state.abandon_if_forked()?;
        let slabs = &mut state.free[class(size)];
        let slab = match slabs.last() {
            Some(slab) => Arc::clone(slab),
            None => {
                let slab = Arc::new(Slab::new((self.make)(SLAB)?, size));
                slabs.push(Arc::clone(&slab));
                slab
            }
        };
        let mut blocks = lock(&slab.blocks);
        let number = blocks.free.pop().expect("a slab in the list has a free block");
        if blocks.free.is_empty() {
            slabs.pop();
        }
        drop(blocks);
        let offset = usize::from(number) * size;
        // SAFETY: the block lies inside the slab's pages.
        let (writable, readable) =
            unsafe { (slab.pages.writable().add(offset), slab.pages.readable().add(offset)) };
        Ok(Block { writable, readable, len: size, owner: Owner::Slab { arena: self, slab, number } })
    }

    fn free(&self, slab: &Arc<Slab>, number: u16, size: usize) {
        let mut state = lock(&self.state);
        if state.mark.as_ref().is_none_or(ForkMark::is_forked) {
            // A block of the process that this one was forked from.
            return;
        }
        let slabs = &mut state.free[class(size)];
        let mut blocks = lock(&slab.blocks);
        blocks.free.push(number);
        if blocks.free.len() == 1 {
            slabs.push(Arc::clone(slab));
        } else if blocks.free.len() == blocks.total && slabs.len() > 1 {
            slabs.retain(|other| !Arc::ptr_eq(other, slab));
        }
    }
}

impl State {
    /// The slabs of a forked process are its parent's: it starts without any, and leaves the old ones alone.
    fn abandon_if_forked(&mut self) -> io::Result<()> {
        if self.mark.as_ref().is_none_or(ForkMark::is_forked) {
            std::mem::forget(std::mem::take(&mut self.free));
            self.mark = Some(ForkMark::new()?);
        }
        Ok(())
    }
}

impl Slab {
    fn new(pages: Pages, size: usize) -> Self {
        let total = pages.len() / size;
        // The lowest first, so that few pages are touched.
        let free = (0..total).rev().map(|number| number as u16).collect();
        Self { pages, blocks: Mutex::new(Blocks { free, total }) }
    }
}

fn class(size: usize) -> usize {
    (size.ilog2() - SMALLEST) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arena() -> &'static Arena {
        Box::leak(Box::new(Arena::new(Pages::twice)))
    }

    #[test]
    fn blocks_of_one_size_share_pages_and_are_used_again() {
        let arena = arena();
        let first = arena.allocate(60).unwrap();
        let second = arena.allocate(64).unwrap();
        assert_eq!((first.len(), second.len()), (64, 64));
        assert_eq!(first.pages(), second.pages());
        assert_eq!(second.writable().addr().get(), first.writable().addr().get() + 64);
        let address = first.writable();
        drop(first);
        assert_eq!(arena.allocate(1).unwrap().writable(), address);
        assert!(!second.is_alone());
    }

    #[test]
    fn slabs_come_and_go_but_one() {
        let arena = arena();
        let each = SLAB >> LARGEST;
        let blocks: Vec<_> = (0..5 * each).map(|_| arena.allocate(1 << LARGEST).unwrap()).collect();
        let mut pages: Vec<_> = blocks.iter().map(|block| block.pages().0.start).collect();
        pages.dedup();
        assert_eq!(pages.len(), 5);
        drop(blocks);
        let state = lock(&arena.state);
        assert_eq!(state.free[SIZES - 1].len(), 1);
        assert_eq!(lock(&state.free[SIZES - 1][0].blocks).free.len(), each);
    }

    #[test]
    fn large_blocks_have_pages_of_their_own() {
        let arena = arena();
        let large = arena.allocate((1 << LARGEST) + 1).unwrap();
        assert!(large.is_alone() && large.len() > 1 << LARGEST);
        let (writable, readable) = large.pages();
        assert_eq!(writable.len(), readable.unwrap().len());
        assert!(arena.allocate(1 << 60).is_err());
    }

    #[test]
    fn a_context_is_zero_also_at_a_used_place() {
        for _ in 0..2 {
            let block = Block::context(100).unwrap();
            // SAFETY: the block has 100 bytes that nobody else knows.
            unsafe {
                assert_eq!(std::slice::from_raw_parts(block.writable().as_ptr(), 100), [0; 100]);
                block.writable().write_bytes(1, 100);
            }
        }
    }

    /// The child of a fork neither sees its parent's tables nor writes to them.
    #[test]
    fn a_forked_process_starts_anew() {
        let arena = arena();
        let old = arena.allocate(64).unwrap();
        // SAFETY: the block is known here alone; the child calls nothing but the arena, whose lock is free, and ends at once.
        let child = unsafe {
            old.writable().write(7);
            libc::fork()
        };
        if child == 0 {
            let new = arena.allocate(64);
            let other = new.is_ok_and(|new| new.pages() != old.pages() && new.writable() != old.writable());
            drop(old);
            // SAFETY: nothing is left to do.
            unsafe { libc::_exit(i32::from(!other)) };
        }
        let mut status = 1;
        // SAFETY: the status is written by the call.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0);
        // SAFETY: as above.
        assert_eq!(unsafe { old.readable().read() }, 7);
    }
}
