//! The address space of one linear memory: whose it is, how far it reaches, how much of it can be accessed.
//!
//! ```text
//!  ┌─────────┬──────────────┬────────────────────────────┬─────────┐
//!  │ guard   │ accessible   │ no access until it grows   │ guard   │
//!  └─────────┴──────────────┴────────────────────────────┴─────────┘
//!            base           base + accessible            base + reserved
//! ```
//!
//! It is reserved for the memory alone, a slot of a pool, or the embedder's. The guard in front catches what no correct code does,
//! and costs only addresses. In a pool a slot's guard is the next one's guard in front.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::data_image::DataImage;
use super::host_memory::HostMemory;
use super::pool::Slot;
use crate::regions::Protection;
use crate::sys::memory::{Mapping, page_size, round_to_pages};

/// The address space of a linear memory.
pub(crate) struct Space {
    owner: Owner,
    /// Bytes from the base that can be accessed, in whole pages.
    accessible: usize,
    /// Bytes from the base that the memory ever had, in whole pages: what may have been written to.
    used: usize,
    /// What is mapped over the start, instead of zeroes.
    image: Option<Arc<DataImage>>,
}

enum Owner {
    Own(Own),
    Slot(Slot),
    Host(Box<dyn HostMemory>),
}

/// A reservation for one memory.
struct Own {
    mapping: Mapping,
    /// Bytes before the base.
    before: usize,
    reserved: usize,
}

impl Own {
    fn new(before: usize, reserved: usize, after: usize) -> io::Result<Self> {
        let reserved = round_to_pages(reserved).ok_or(io::ErrorKind::OutOfMemory)?;
        let total = before.checked_add(reserved).and_then(|sum| sum.checked_add(after));
        let mapping = Mapping::reserve(total.ok_or(io::ErrorKind::OutOfMemory)?)?;
        Ok(Self { mapping, before, reserved })
    }
}

/// A part of a space, for people who look at it.
pub(crate) struct Part {
    pub(crate) addresses: Range<usize>,
    pub(crate) protection: Protection,
    pub(crate) is_guard: bool,
}

impl Space {
    /// Reserves `reserved` bytes between guards of `before` and `after`, whole pages. Nothing is accessible.
    pub(crate) fn reserve(before: usize, reserved: usize, after: usize) -> io::Result<Self> {
        Ok(Self {
            owner: Owner::Own(Own::new(before, reserved, after)?),
            accessible: 0,
            used: 0,
            image: None,
        })
    }

    /// A slot of a pool, of which `accessible` bytes are so already.
    pub(crate) fn slot(slot: Slot, accessible: usize, image: Option<Arc<DataImage>>) -> Self {
        Self { owner: Owner::Slot(slot), accessible, used: 0, image }
    }

    /// The embedder's memory.
    pub(crate) fn host(memory: Box<dyn HostMemory>) -> Self {
        let accessible = memory.accessible();
        Self { owner: Owner::Host(memory), accessible, used: 0, image: None }
    }

    /// The mapping, the base's offset in it, and how far it reaches, if the memory is of our making.
    fn place(&self) -> Option<(&Mapping, usize, usize)> {
        match &self.owner {
            Owner::Own(own) => Some((&own.mapping, own.before, own.reserved)),
            Owner::Slot(slot) => Some((slot.mapping(), slot.offset(), slot.reserved())),
            Owner::Host(_) => None,
        }
    }

    /// The first byte.
    pub(crate) fn base(&self) -> *mut u8 {
        match (&self.owner, self.place()) {
            (Owner::Host(memory), _) => memory.base().as_ptr(),
            (_, Some((mapping, offset, _))) => mapping.base().wrapping_add(offset),
            (_, None) => unreachable!("only the embedder's memory has no place"),
        }
    }

    /// Bytes from the base that can be made accessible without moving it.
    pub(crate) fn reserved(&self) -> usize {
        match &self.owner {
            Owner::Own(own) => own.reserved,
            Owner::Slot(slot) => slot.reserved(),
            Owner::Host(memory) => memory.reserved(),
        }
    }

    /// Whether [`relocate`](Self::relocate) may take the memory elsewhere: what is the embedder's stays there.
    pub(crate) fn can_move(&self) -> bool {
        !matches!(self.owner, Owner::Host(_))
    }

    /// What is mapped over the start.
    pub(crate) fn image(&self) -> Option<&Arc<DataImage>> {
        self.image.as_ref()
    }

    /// Makes the first `len` bytes accessible. More may be.
    pub(crate) fn extend(&mut self, len: usize) -> io::Result<()> {
        let len = round_to_pages(len).ok_or(io::ErrorKind::OutOfMemory)?;
        if len <= self.accessible {
            self.used = self.used.max(len);
            return Ok(());
        }
        if let Owner::Host(memory) = &mut self.owner {
            memory.extend(len)?;
        } else if let Some((mapping, offset, reserved)) = self.place() {
            if len > reserved {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            mapping.commit(offset + self.accessible..offset + len)?;
        }
        (self.accessible, self.used) = (len, len);
        Ok(())
    }

    /// As [`extend`](Self::extend), and makes `ahead` bytes more accessible than are asked for, for the next time: none, unless
    /// accesses are compared with the length.
    pub(crate) fn extend_ahead(&mut self, len: usize, ahead: usize) -> io::Result<()> {
        if len <= self.accessible || ahead == 0 || !self.can_move() {
            return self.extend(len);
        }
        let ahead = len.saturating_add(ahead).min(self.reserved());
        self.extend(ahead.max(len)).or_else(|_| self.extend(len))
    }

    /// Makes exactly the first `len` bytes accessible, of a memory that nobody uses.
    pub(crate) fn trim(&mut self, len: usize) -> io::Result<()> {
        let len = round_to_pages(len).ok_or(io::ErrorKind::OutOfMemory)?;
        if len < self.accessible
            && let Some((mapping, offset, _)) = self.place()
        {
            // SAFETY: the caller says that nobody uses the memory.
            unsafe { mapping.decommit(offset + len..offset + self.accessible) }?;
            self.accessible = len;
        }
        self.extend(len)
    }

    /// Maps an image over the start, or zeroes if there is none, of a memory that nobody uses and that is zero behind the start.
    pub(crate) fn show(&mut self, image: Option<&Arc<DataImage>>) -> io::Result<()> {
        if self.image.as_ref().map(Arc::as_ptr) == image.map(Arc::as_ptr) {
            return Ok(());
        }
        let Some((mapping, offset, _)) = self.place() else { return Ok(()) };
        let (old, new) =
            (self.image.as_ref().map_or(0, |image| image.len()), image.map_or(0, |new| new.len()));
        // SAFETY: the caller says that nobody uses the memory; nobody but the image has its file.
        unsafe {
            if old > new {
                mapping.map_zeroes(offset + new..offset + old)?;
            }
            if let Some(image) = image {
                mapping.map_file(offset..offset + new, image.file(), 0, region::Protection::READ_WRITE)?;
            }
        }
        self.image = image.map(Arc::clone);
        self.accessible = self.accessible.max(new);
        Ok(())
    }

    /// Makes the first `len` bytes accessible, at another address: moves what is there, of which `used` bytes matter. Nothing
    /// may refer to the memory. There is room to grow further, but not past `maximum` bytes.
    pub(crate) fn relocate(&mut self, used: usize, len: usize, maximum: usize) -> io::Result<()> {
        let len = round_to_pages(len).ok_or(io::ErrorKind::OutOfMemory)?;
        let guard = page_size();
        let wanted = self.reserved().saturating_mul(2).min(maximum).max(len);
        let own = Own::new(guard, wanted, guard).or_else(|_| Own::new(guard, len, guard))?;
        let pages = round_to_pages(used).ok_or(io::ErrorKind::OutOfMemory)?;
        let moved = match self.place() {
            // A start that is mapped from a file would leave the image behind; it is copied instead, once.
            Some((mapping, offset, _)) if self.image.is_none() && pages > 0 => {
                // SAFETY: as the caller says.
                let moved = unsafe { mapping.move_pages(offset, pages, &own.mapping, guard) };
                moved.map_or(0, |()| pages)
            }
            _ => 0,
        };
        own.mapping.commit(guard + moved..guard + len)?;
        if moved == 0 {
            let target = own.mapping.base().wrapping_add(guard);
            // SAFETY: both have `used` bytes that are accessible, and nothing refers to them.
            unsafe { target.copy_from_nonoverlapping(self.base(), used) };
        }
        *self = Self { owner: Owner::Own(own), accessible: len, used: len, image: None };
        Ok(())
    }

    /// Every part, by address. The last `guard` bytes of the plan belong to it, too.
    pub(crate) fn parts(&self, guard: usize) -> Vec<Part> {
        let base = self.base().addr();
        let mut parts = Vec::new();
        let mut part = |addresses: Range<usize>, protection, is_guard| {
            if !addresses.is_empty() {
                parts.push(Part { addresses, protection, is_guard });
            }
        };
        let (before, end, after) = match &self.owner {
            Owner::Own(own) => (own.before, base + own.reserved, own.mapping.addresses().end),
            Owner::Slot(slot) => {
                (slot.guard_before(), base + slot.reserved(), base + slot.reserved() + slot.guard_after())
            }
            Owner::Host(memory) => (0, base + memory.reserved(), base + memory.reserved() + guard),
        };
        part(base - before..base, Protection::NONE, true);
        part(base..base + self.accessible, Protection::READ_WRITE, false);
        part(base + self.accessible..end, Protection::NONE, false);
        part(end..after, Protection::NONE, true);
        parts
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        if let Owner::Slot(slot) = &mut self.owner {
            slot.release(self.accessible, self.used, self.image.take());
        }
    }
}

impl std::fmt::Debug for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Space")
            .field("base", &self.base())
            .field("accessible", &self.accessible)
            .field("reserved", &self.reserved())
            .finish_non_exhaustive()
    }
}
