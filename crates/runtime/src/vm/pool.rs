//! Slots of address space that memories take and give back.
//!
//! ```text
//! guarded   │ guard │ slot 0: 4 GiB │ guard │ slot 1: 4 GiB │ guard │ …      no access but to what is in use
//! explicit  │ page  │ slot 0        │ page  │ slot 1        │ page  │ …      read, write
//! ```
//!
//! A guard is in front of one memory and behind another. The explicit slots are accessible as a whole, since compiled code
//! compares every address, so that all of them are one mapping of the system's 65 530; the pages between them are guards that
//! do not split it, where the system has such (Linux 6.13), and otherwise wasted.
//!
//! A slot keeps what it can for the next memory: the pages at its start, cleared, and the module's image. Who takes one gets a
//! slot with the right image if one is near.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wootz_vm_abi::plan::MemoryPlan;

use super::data_image::DataImage;
use super::space::Space;
use crate::MemoryError;
use crate::pool::{PoolConfig, WhenExhausted};
use crate::sys::memory::{Mapping, page_size, round_to_pages};
use crate::sys::pages::residency;

/// The inside of a pool.
pub(crate) struct PoolInner {
    config: PoolConfig,
    guarded: Option<Arc<Lane>>,
    explicit: Option<Arc<Lane>>,
}

/// Slots of one kind.
struct Lane {
    mapping: Mapping,
    guarded: bool,
    /// Bytes before the first slot.
    before: usize,
    /// Bytes of a slot that can be accessible.
    reserved: usize,
    /// Bytes from one slot to the next.
    stride: usize,
    slots: usize,
    keep: usize,
    free: Mutex<Free>,
    in_use: AtomicUsize,
}

struct Free {
    /// Slots that were never used are this one and all behind it.
    next: usize,
    /// Slots that were, the last one first.
    idle: Vec<Idle>,
}

/// A slot that nobody uses: zero, or the image's bytes where that is mapped.
struct Idle {
    number: usize,
    accessible: usize,
    image: Option<Arc<DataImage>>,
}

/// How many idle slots are looked at for one that has the image already.
const SEARCH: usize = 32;
/// With fewer idle slots than this a new one is used rather than an idle one with another image: a few modules that take turns
/// each find their own again, and many modules do not touch every slot there is.
const SPARE: usize = 16;

impl PoolInner {
    pub(crate) fn new(config: &PoolConfig) -> Result<Self, MemoryError> {
        let lane = |guarded, slots: usize, reserved: usize, guard: usize| {
            if slots == 0 {
                return Ok(None);
            }
            let bytes = reserved as u128 * slots as u128;
            let lane = round_to_pages(reserved)
                .zip(round_to_pages(guard.max(1)))
                .ok_or_else(|| io::ErrorKind::OutOfMemory.into())
                .and_then(|(reserved, guard)| {
                    Lane::new(guarded, slots, reserved, guard, config.keep_resident)
                });
            let lane = lane.map_err(|error| MemoryError::Pool { bytes, error })?;
            Ok(Some(Arc::new(lane)))
        };
        let reservation = MemoryPlan::GUARDED_RESERVATION as usize;
        Ok(Self {
            guarded: lane(true, config.guarded_slots, reservation, config.guard_bytes)?,
            explicit: lane(false, config.explicit_slots, config.explicit_slot_bytes, page_size())?,
            config: config.clone(),
        })
    }

    pub(crate) fn config(&self) -> &PoolConfig {
        &self.config
    }

    pub(crate) fn in_use(&self) -> (usize, usize) {
        let count =
            |lane: &Option<Arc<Lane>>| lane.as_ref().map_or(0, |lane| lane.in_use.load(Ordering::Relaxed));
        (count(&self.guarded), count(&self.explicit))
    }

    /// Space for a memory that starts with `length` bytes; `None` if it is not for this pool.
    pub(crate) fn take(
        &self,
        plan: &MemoryPlan,
        length: usize,
        image: Option<&Arc<DataImage>>,
    ) -> Result<Option<Space>, MemoryError> {
        let lane = if plan.guarded { &self.guarded } else { &self.explicit };
        let fits = |lane: &&Arc<Lane>| length <= lane.reserved && plan.reservation <= lane.reserved as u64;
        let Some(lane) = lane.as_ref().filter(fits) else { return Ok(None) };
        let given = (lane.stride - lane.reserved) as u64;
        if given < plan.guard {
            return self.nothing_to_give(MemoryError::PoolGuard { needed: plan.guard, given });
        }
        // What is kept in memory anyway is cheaper to copy than to map.
        let image = image.filter(|image| image.len() > lane.keep);
        let Some(idle) = lane.take(image) else {
            return self.nothing_to_give(MemoryError::PoolExhausted { slots: lane.slots });
        };
        let slot = Slot { lane: Arc::clone(lane), number: idle.number };
        let mut space = Space::slot(slot, idle.accessible, idle.image);
        let ready = space
            .show(image)
            .and_then(|()| if lane.guarded { space.trim(length) } else { space.extend(length) });
        let bytes = length as u64;
        ready.map_err(|error| MemoryError::System { bytes, guarded: plan.guarded, error })?;
        Ok(Some(space))
    }

    /// What becomes of a memory that the pool is for and has no slot for.
    fn nothing_to_give(&self, error: MemoryError) -> Result<Option<Space>, MemoryError> {
        match self.config.when_exhausted {
            WhenExhausted::Map => Ok(None),
            WhenExhausted::Fail => Err(error),
        }
    }
}

impl Lane {
    fn new(guarded: bool, slots: usize, reserved: usize, guard: usize, keep: usize) -> io::Result<Self> {
        let stride = reserved.checked_add(guard).ok_or(io::ErrorKind::OutOfMemory)?;
        let total = stride.checked_mul(slots).and_then(|sum| sum.checked_add(guard));
        let total = total.ok_or(io::ErrorKind::OutOfMemory)?;
        let mapping = if guarded { Mapping::reserve(total)? } else { Mapping::allocate(total)? };
        if !guarded {
            mapping.keep_small_pages();
            // SAFETY: nobody knows the mapping yet.
            unsafe { mapping.decommit(0..guard) }?;
        }
        let keep = round_to_pages(keep).unwrap_or(reserved).min(reserved);
        let free = Mutex::new(Free { next: 0, idle: Vec::new() });
        let in_use = AtomicUsize::new(0);
        Ok(Self { mapping, guarded, before: guard, reserved, stride, slots, keep, free, in_use })
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn offset(&self, number: usize) -> usize {
        self.before + number * self.stride
    }

    fn take(&self, image: Option<&Arc<DataImage>>) -> Option<Idle> {
        let mut free = self.free();
        let wanted = image.map(Arc::as_ptr);
        let has_it = |idle: &Idle| idle.image.as_ref().map(Arc::as_ptr) == wanted;
        let near = free.idle.iter().rev().take(SEARCH).position(has_it);
        let idle = match near {
            Some(back) => {
                let index = free.idle.len() - 1 - back;
                Some(free.idle.remove(index))
            }
            None if free.next < self.slots && free.idle.len() < SPARE => {
                let number = free.next;
                free.next += 1;
                drop(free);
                Some(self.first_use(number))
            }
            None => free.idle.pop(),
        };
        if idle.is_some() {
            self.in_use.fetch_add(1, Ordering::Relaxed);
        }
        idle
    }

    fn first_use(&self, number: usize) -> Idle {
        let accessible = if self.guarded { 0 } else { self.reserved };
        if !self.guarded {
            let end = self.offset(number) + self.reserved;
            // Without such guards a neighbour is behind a page that nobody uses; compiled code compares in any case.
            // SAFETY: the page is in no slot.
            let _ = unsafe { self.mapping.install_guard(end..end + self.before) };
        }
        Idle { number, accessible, image: None }
    }

    /// Makes a slot's bytes what they were before a memory wrote to it.
    fn clear(&self, number: usize, used: usize, image: usize) -> io::Result<()> {
        let start = self.offset(number);
        let used = used.max(image);
        let kept = self.keep.clamp(image, used);
        // SAFETY: the slot's owner gave it up, so nobody uses these bytes.
        unsafe {
            if image > 0 {
                self.mapping.discard(start..start + image)?;
            }
            if kept > image {
                self.clear_resident(start + image..start + kept)?;
            }
            if used > kept {
                self.mapping.discard(start + kept..start + used)?;
            }
        }
        Ok(())
    }

    /// Writes zeroes to the pages of a range that are in memory, and forgets the others: those never touched are zero, but
    /// one may have been moved out of memory with what it held.
    ///
    /// # Safety
    /// Nobody may use the range, which is accessible.
    unsafe fn clear_resident(&self, range: std::ops::Range<usize>) -> io::Result<()> {
        let page = page_size();
        let mut states = [0u8; 64];
        let mut at = range.start;
        while at < range.end {
            let bytes = (range.end - at).min(states.len() * page);
            if !residency(self.mapping.addresses().start + at, bytes, &mut states) {
                // SAFETY: as the caller promises.
                return unsafe { self.mapping.discard(at..range.end) };
            }
            let pages = &states[..bytes / page];
            let mut next = 0;
            for run in pages.chunk_by(|a, b| a & 1 == b & 1) {
                let (from, len) = (at + next * page, run.len() * page);
                // SAFETY: as the caller promises.
                unsafe {
                    if run[0] & 1 == 1 {
                        self.mapping.base().add(from).write_bytes(0, len);
                    } else {
                        self.mapping.discard(from..from + len)?;
                    }
                }
                next += run.len();
            }
            at += bytes;
        }
        Ok(())
    }
}

/// A slot in use.
pub(crate) struct Slot {
    lane: Arc<Lane>,
    number: usize,
}

impl Slot {
    /// The mapping that the slot lies in.
    pub(crate) fn mapping(&self) -> &Mapping {
        &self.lane.mapping
    }

    /// The base's offset in the mapping.
    pub(crate) fn offset(&self) -> usize {
        self.lane.offset(self.number)
    }

    /// Bytes that can be accessible.
    pub(crate) fn reserved(&self) -> usize {
        self.lane.reserved
    }

    /// Bytes of the guard in front: an explicit slot's is a mark in the pages, except for the first.
    pub(crate) fn guard_before(&self) -> usize {
        if self.lane.guarded || self.number == 0 { self.lane.before } else { 0 }
    }

    /// Bytes of the guard behind that the system lists as one.
    pub(crate) fn guard_after(&self) -> usize {
        if self.lane.guarded { self.lane.stride - self.lane.reserved } else { 0 }
    }

    /// Gives the slot back, of which the first `used` bytes may have been written to. One that cannot be cleared is never used
    /// again.
    pub(crate) fn release(&mut self, accessible: usize, used: usize, image: Option<Arc<DataImage>>) {
        let lane = &self.lane;
        if lane.clear(self.number, used, image.as_ref().map_or(0, |image| image.len())).is_ok() {
            lane.free().idle.push(Idle { number: self.number, accessible, image });
        }
        lane.in_use.fetch_sub(1, Ordering::Relaxed);
    }
}
