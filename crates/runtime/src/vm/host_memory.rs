//! Linear memories whose address space is the embedder's.

use std::fmt;
use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_types::MemoryType;

use super::space::Space;
use crate::MemoryError;
use crate::sys::memory::{page_size, round_to_pages};

/// Address space that an embedder gives to a linear memory.
///
/// The runtime asks for it through a [`MemoryCreator`], checks what it can (alignment, lengths), and drops it with the store that
/// has the memory.
///
/// # Safety
///
/// From when it is made until it is dropped:
/// * [`base`](Self::base) does not change, and lies at the start of a page of the system;
/// * the first [`accessible`](Self::accessible) bytes, whole pages, can be read and written, and nobody but this memory's
///   owner reads or writes them while the store can run or be borrowed; they are zero when they become accessible;
/// * after [`extend`](Self::extend) has returned `Ok`, that many bytes can be read and written, zero where they were not before;
/// * every other byte up to [`reserved`](Self::reserved) plus the [guard](MemoryPlan::guard) of a guarded plan faults when it is
///   accessed, and belongs to nobody else: code for a guarded memory accesses all of them, unchecked.
pub unsafe trait HostMemory: Send + Sync {
    /// The first byte.
    fn base(&self) -> NonNull<u8>;
    /// Bytes that can be accessed now.
    fn accessible(&self) -> usize;
    /// Bytes that can become accessible without moving the base, guards not counted.
    fn reserved(&self) -> usize;
    /// Makes the first `bytes` accessible, a multiple of the system's page and no more than is reserved.
    ///
    /// # Errors
    /// Whatever the system says; the guest's `memory.grow` then fails.
    fn extend(&mut self, bytes: usize) -> io::Result<()>;
}

/// What a memory needs.
#[derive(Copy, Clone, Debug)]
#[non_exhaustive]
pub struct MemoryRequest {
    /// Its type.
    pub ty: MemoryType,
    /// Its plan: a guarded memory needs [`reservation`](MemoryPlan::reservation) bytes reserved and
    /// [`guard`](MemoryPlan::guard) behind them.
    pub plan: MemoryPlan,
    /// Bytes that must be accessible at first, rounded up to the system's pages.
    pub minimum: usize,
}

/// Makes the address space of linear memories.
pub trait MemoryCreator: Send + Sync {
    /// Address space for a memory that is not shared, of which at least the minimum is accessible; or `None` for the runtime to
    /// make it as usual.
    ///
    /// # Errors
    /// Whatever the system says.
    fn create(&self, request: &MemoryRequest) -> io::Result<Option<Box<dyn HostMemory>>>;
}

impl fmt::Debug for dyn MemoryCreator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryCreator")
    }
}

/// Asks the embedder for a memory's space.
pub(crate) fn create(
    creator: &Arc<dyn MemoryCreator>,
    ty: MemoryType,
    plan: MemoryPlan,
    minimum: usize,
) -> Result<Option<Space>, MemoryError> {
    let too_large = MemoryError::TooLarge { bytes: minimum as u128 };
    let minimum = round_to_pages(minimum).ok_or(too_large)?;
    let request = MemoryRequest { ty, plan, minimum };
    let created = creator.create(&request).map_err(|error| MemoryError::System {
        bytes: minimum as u64,
        guarded: plan.guarded,
        error,
    })?;
    let Some(memory) = created else { return Ok(None) };
    let page = page_size();
    let unfit = |reason| Err(MemoryError::Unfit { reason });
    if !memory.base().addr().get().is_multiple_of(page) {
        return unfit("its base is not at the start of a page");
    }
    if memory.accessible() < minimum || !memory.accessible().is_multiple_of(page) {
        return unfit("what is accessible is less than the minimum, or not whole pages");
    }
    if plan.guarded && memory.accessible() > minimum {
        return unfit("more than the minimum is accessible, where a guarded memory must fault");
    }
    if memory.reserved() < memory.accessible() || (memory.reserved() as u64) < plan.reservation {
        return unfit("less is reserved than its plan needs");
    }
    Ok(Some(Space::host(memory)))
}
