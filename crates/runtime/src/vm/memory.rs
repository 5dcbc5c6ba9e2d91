//! Linear memories: reserved with guards and grown in place, or allocated and moved.

use std::ptr::NonNull;
use std::sync::Arc;

use wootz_vm_abi::context::VMMemory;
use wootz_vm_abi::plan::MemoryPlan;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::MemoryType;

use super::builtins::checked_range;
use super::shared::SharedInner;
use crate::MemoryError;
use crate::sys::memory::{Mapping, page_size, round_to_pages};

/// The bytes of a linear memory.
///
/// ```text
/// guarded, and shared without the page before and the guard behind
///            ┌──────┬────────────┬──────────────┬───────┐
///            │ page │ accessible │   reserved   │ guard │
///            └──────┴────────────┴──────────────┴───────┘
///                   base         base + length  base + reservation
/// explicit, unshared
///            ┌────────────┐
///            │ accessible │  moves when it grows
///            └────────────┘
/// ```
#[derive(Debug)]
pub(crate) struct LinearMemory {
    mapping: Mapping,
    /// Bytes before the base: a page that is never accessible, if guarded.
    before: usize,
    /// Accessible bytes.
    length: usize,
    /// Pages it may have at most.
    maximum: u64,
    ty: MemoryType,
    plan: MemoryPlan,
}

impl LinearMemory {
    /// A zeroed memory of the type's minimum.
    pub(crate) fn new(ty: MemoryType, plan: MemoryPlan) -> Result<Self, MemoryError> {
        if ty.shared && ty.maximum.is_none() {
            return Err(MemoryError::Shared);
        }
        if !matches!(ty.page_size_log2, 0 | 16) {
            return Err(MemoryError::PageSize { log2: ty.page_size_log2 });
        }
        let bytes = u128::from(ty.minimum) << ty.page_size_log2;
        let maximum = ty.maximum.unwrap_or(u64::MAX).min(ty.absolute_maximum());
        let too_large = MemoryError::TooLarge { bytes };
        if ty.minimum > maximum || bytes > isize::MAX as u128 {
            return Err(too_large);
        }
        let length = bytes as usize;
        let refused =
            |guarded, bytes: usize| move |error| MemoryError::System { bytes: bytes as u64, guarded, error };
        if plan.reservation == 0 {
            // A shared memory that cannot grow cannot move.
            let maximum = if ty.shared { ty.minimum } else { maximum };
            let mapping = Mapping::allocate(length).map_err(refused(false, length))?;
            return Ok(Self { mapping, before: 0, length, maximum, ty, plan });
        }
        let before = if plan.guarded { page_size() } else { 0 };
        let total = plan.reservation.checked_add(plan.guard).and_then(|sum| usize::try_from(sum).ok());
        let Some(total) = total.and_then(|sum| sum.checked_add(before)) else { return Err(too_large) };
        let maximum = maximum.min(plan.reservation >> ty.page_size_log2);
        if ty.minimum > maximum {
            return Err(too_large);
        }
        let mapping = Mapping::reserve(total).map_err(refused(plan.guarded, total))?;
        let accessible = round_to_pages(length).ok_or(too_large)?;
        mapping.commit(before..before + accessible).map_err(refused(plan.guarded, total))?;
        Ok(Self { mapping, before, length, maximum, ty, plan })
    }

    /// What compiled code reads.
    pub(crate) fn definition(&self) -> VMMemory {
        VMMemory { base: self.base(), length: self.length }
    }

    fn base(&self) -> *mut u8 {
        self.mapping.base().wrapping_add(self.before)
    }

    /// Accessible bytes.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Its plan.
    pub(crate) fn plan(&self) -> MemoryPlan {
        self.plan
    }

    /// Its type, the minimum being the current size.
    pub(crate) fn ty(&self) -> MemoryType {
        MemoryType { minimum: self.pages(), ..self.ty }
    }

    /// Its size in pages.
    pub(crate) fn pages(&self) -> u64 {
        self.length as u64 >> self.ty.page_size_log2
    }

    /// Addresses at which a fault of compiled code is an out-of-bounds access; `None` if not guarded.
    pub(crate) fn guarded_addresses(&self) -> Option<std::ops::Range<usize>> {
        let all = self.mapping.addresses();
        self.plan.guarded.then_some(all.start + self.before..all.end)
    }

    /// Adds zeroed pages and returns the old size in pages; `None`, and no change, if it cannot.
    pub(crate) fn grow(&mut self, delta: u64) -> Option<u64> {
        let old = self.pages();
        let pages = old.checked_add(delta).filter(|pages| *pages <= self.maximum)?;
        let length = usize::try_from(u128::from(pages) << self.ty.page_size_log2).ok()?;
        if length > isize::MAX as usize {
            return None;
        }
        if self.plan.reservation > 0 {
            let (from, to) = (round_to_pages(self.length)?, round_to_pages(length)?);
            if to > from {
                self.mapping.commit(self.before + from..self.before + to).ok()?;
            }
        } else {
            self.mapping.grow(length.max(self.mapping.len())).ok()?;
        }
        self.length = length;
        Some(old)
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: `length` bytes from the base are mapped and readable; they change only through `&mut self` or by
        // compiled code, which runs only while nobody borrows from the store.
        unsafe { std::slice::from_raw_parts(self.base(), self.length) }
    }

    /// Its bytes.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`, and the bytes are writable.
        unsafe { std::slice::from_raw_parts_mut(self.base(), self.length) }
    }
}

/// A memory of a store: its bytes, and where compiled code finds them.
pub(crate) enum StoreMemory {
    /// The store's own.
    Own { memory: LinearMemory, definition: Definition<VMMemory> },
    /// One that other stores may have as well.
    Shared(Arc<SharedInner>),
}

impl StoreMemory {
    /// A memory whose definition is its own.
    pub(crate) fn owned(memory: LinearMemory) -> Self {
        let definition = Definition::owned(memory.definition());
        Self::Own { memory, definition }
    }

    /// A memory whose definition lies in an instance's context.
    ///
    /// # Safety
    /// `definition` must be valid for writes as long as the store lives.
    pub(crate) unsafe fn inline(memory: LinearMemory, definition: NonNull<VMMemory>) -> Self {
        // SAFETY: as the caller promises.
        unsafe { definition.write(memory.definition()) };
        Self::Own { memory, definition: Definition::Inline(definition) }
    }

    /// The shared memory, if it is one.
    pub(crate) fn shared(&self) -> Option<&Arc<SharedInner>> {
        match self {
            Self::Shared(memory) => Some(memory),
            Self::Own { .. } => None,
        }
    }

    /// The memory, unless it is shared.
    pub(crate) fn own(&self) -> Option<&LinearMemory> {
        match self {
            Self::Own { memory, .. } => Some(memory),
            Self::Shared(_) => None,
        }
    }

    /// The memory, unless it is shared.
    pub(crate) fn own_mut(&mut self) -> Option<&mut LinearMemory> {
        match self {
            Self::Own { memory, .. } => Some(memory),
            Self::Shared(_) => None,
        }
    }

    /// Its type, the minimum being the current size.
    pub(crate) fn ty(&self) -> MemoryType {
        match self {
            Self::Own { memory, .. } => memory.ty(),
            Self::Shared(memory) => memory.ty(),
        }
    }

    /// Its plan.
    pub(crate) fn plan(&self) -> MemoryPlan {
        match self {
            Self::Own { memory, .. } => memory.plan(),
            Self::Shared(memory) => memory.plan(),
        }
    }

    /// Its size in pages.
    pub(crate) fn pages(&self) -> u64 {
        match self {
            Self::Own { memory, .. } => memory.pages(),
            Self::Shared(memory) => memory.pages(),
        }
    }

    /// Accessible bytes. A shared memory may have more by now.
    pub(crate) fn length(&self) -> usize {
        match self {
            Self::Own { memory, .. } => memory.length(),
            Self::Shared(memory) => memory.length(),
        }
    }

    /// Addresses at which a fault of compiled code is an out-of-bounds access; `None` if not guarded.
    pub(crate) fn guarded_addresses(&self) -> Option<std::ops::Range<usize>> {
        match self {
            Self::Own { memory, .. } => memory.guarded_addresses(),
            Self::Shared(memory) => memory.guarded_addresses(),
        }
    }

    /// Where compiled code finds it.
    pub(crate) fn definition(&self) -> NonNull<VMMemory> {
        match self {
            Self::Own { definition, .. } => definition.pointer(),
            Self::Shared(memory) => memory.definition(),
        }
    }

    /// Grows the memory and tells compiled code.
    pub(crate) fn grow(&mut self, delta: u64) -> Option<u64> {
        match self {
            Self::Own { memory, definition } => {
                let old = memory.grow(delta)?;
                // SAFETY: the definition lives as long as this.
                unsafe { definition.pointer().write(memory.definition()) };
                Some(old)
            }
            Self::Shared(memory) => memory.grow(delta),
        }
    }

    /// Writes bytes, all or none.
    pub(crate) fn write(&mut self, start: u64, bytes: &[u8]) -> Result<(), TrapCode> {
        match self {
            Self::Own { memory, .. } => {
                let target = checked_range(start, bytes.len() as u64, memory.length(), OUTSIDE)?;
                memory.bytes_mut()[target].copy_from_slice(bytes);
                Ok(())
            }
            Self::Shared(memory) => memory.write(start, bytes).map_err(|_| OUTSIDE),
        }
    }

    /// Fills bytes, all or none.
    pub(crate) fn fill(&mut self, start: u64, value: u8, count: u64) -> Result<(), TrapCode> {
        let target = checked_range(start, count, self.length(), OUTSIDE)?;
        match self {
            Self::Own { memory, .. } => {
                memory.bytes_mut()[target].fill(value);
                Ok(())
            }
            Self::Shared(memory) => memory.fill(start, value, target.len()).map_err(|_| OUTSIDE),
        }
    }

    /// Copies within the memory, all or nothing.
    pub(crate) fn copy_within(&mut self, to: u64, from: u64, count: u64) -> Result<(), TrapCode> {
        let source = checked_range(from, count, self.length(), OUTSIDE)?;
        let target = checked_range(to, count, self.length(), OUTSIDE)?;
        match self {
            Self::Own { memory, .. } => {
                memory.bytes_mut().copy_within(source, target.start);
                Ok(())
            }
            Self::Shared(memory) => memory.copy_from(to, memory, from, target.len()).map_err(|_| OUTSIDE),
        }
    }

    /// Copies from another memory, all or nothing.
    pub(crate) fn copy_from(&mut self, to: u64, other: &Self, from: u64, count: u64) -> Result<(), TrapCode> {
        let source = checked_range(from, count, other.length(), OUTSIDE)?;
        let target = checked_range(to, count, self.length(), OUTSIDE)?;
        match (self, other) {
            (this, Self::Own { memory, .. }) => this.write(to, &memory.bytes()[source]),
            (Self::Own { memory, .. }, Self::Shared(other)) => {
                other.read(from, &mut memory.bytes_mut()[target]).map_err(|_| OUTSIDE)
            }
            (Self::Shared(this), Self::Shared(other)) => {
                this.copy_from(to, other, from, source.len()).map_err(|_| OUTSIDE)
            }
        }
    }
}

const OUTSIDE: TrapCode = TrapCode::MemoryOutOfBounds;

/// Storage of a structure that compiled code reads through a pointer.
pub(crate) enum Definition<T> {
    /// Allocated for itself: the host made the entity.
    Owned(NonNull<T>),
    /// In the context of the instance that defines the entity.
    Inline(NonNull<T>),
}

impl<T> Definition<T> {
    /// Moves `value` to an allocation of its own.
    pub(crate) fn owned(value: T) -> Self {
        Self::Owned(NonNull::from(Box::leak(Box::new(value))))
    }

    /// The address.
    pub(crate) fn pointer(&self) -> NonNull<T> {
        match self {
            Self::Owned(pointer) | Self::Inline(pointer) => *pointer,
        }
    }
}

impl<T> Drop for Definition<T> {
    fn drop(&mut self) {
        if let Self::Owned(pointer) = self {
            // SAFETY: `owned` leaked the box that this pointer came from, and this is dropped once.
            drop(unsafe { Box::from_raw(pointer.as_ptr()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use region::Protection;
    use wootz_vm_abi::plan::CheckStrategy;

    fn ty(minimum: u64, maximum: Option<u64>) -> MemoryType {
        MemoryType { memory64: false, shared: false, minimum, maximum, page_size_log2: 16 }
    }

    fn memory(ty: MemoryType, checks: CheckStrategy) -> Result<LinearMemory, MemoryError> {
        LinearMemory::new(ty, MemoryPlan::new(&ty, checks))
    }

    #[test]
    fn growing_keeps_the_limits_and_the_bytes() {
        for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
            let mut memory = memory(ty(1, Some(3)), checks).unwrap();
            assert_eq!((memory.pages(), memory.length()), (1, 65536));
            memory.bytes_mut()[65535] = 9;
            assert_eq!(memory.grow(0), Some(1));
            assert_eq!(memory.grow(3), None);
            assert_eq!(memory.grow(u64::MAX), None);
            assert_eq!(memory.grow(2), Some(1));
            assert_eq!(memory.grow(1), None);
            assert_eq!(memory.bytes()[65535], 9);
            assert!(memory.bytes()[65536..].iter().all(|byte| *byte == 0));
            assert_eq!(memory.ty(), ty(3, Some(3)));
        }
    }

    #[test]
    fn an_empty_memory_has_no_bytes_and_can_grow() {
        for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
            let mut memory = memory(ty(0, None), checks).unwrap();
            assert!(memory.bytes().is_empty());
            assert_eq!(memory.grow(1), Some(0));
            assert_eq!(memory.bytes().len(), 65536);
        }
    }

    #[test]
    fn a_guarded_memory_keeps_its_base_between_guards() {
        let mut memory = memory(ty(1, None), CheckStrategy::Guard).unwrap();
        let base = memory.definition().base;
        assert_eq!(memory.grow(100), Some(1));
        assert_eq!(memory.definition().base, base);
        let query = |address: usize| region::query(address as *const u8).unwrap().protection();
        assert_eq!(query(base.addr() - 1), Protection::NONE);
        assert_eq!(query(base.addr()), Protection::READ_WRITE);
        assert_eq!(query(base.addr() + 101 * 65536 - 1), Protection::READ_WRITE);
        assert_eq!(query(base.addr() + 101 * 65536), Protection::NONE);
        let guard = memory.guarded_addresses().unwrap();
        assert_eq!(guard, base.addr()..base.addr() + (6 << 30));
        assert_eq!(query(guard.end - 1), Protection::NONE);
    }

    #[test]
    fn a_whole_32_bit_memory_fits_its_reservation() {
        let mut memory = memory(ty(65536, None), CheckStrategy::Guard).unwrap();
        assert_eq!(memory.length(), 1 << 32);
        assert_eq!(memory.grow(1), None);
    }

    #[test]
    fn impossible_memories_are_errors() {
        let wide = MemoryType { memory64: true, ..ty(1 << 48, None) };
        let error = memory(wide, CheckStrategy::Auto).unwrap_err();
        assert!(matches!(error, MemoryError::TooLarge { .. }), "{error}");
        let error = memory(MemoryType { minimum: 1 << 40, ..wide }, CheckStrategy::Auto).unwrap_err();
        assert!(matches!(error, MemoryError::System { guarded: false, .. }), "{error}");
        let error = memory(ty(65537, None), CheckStrategy::Guard).unwrap_err();
        assert!(matches!(error, MemoryError::TooLarge { .. }), "{error}");
        let odd = MemoryType { page_size_log2: 200, ..ty(0, None) };
        assert!(matches!(memory(odd, CheckStrategy::Explicit), Err(MemoryError::PageSize { log2: 200 })));
        let shared = MemoryType { shared: true, ..ty(1, None) };
        assert!(matches!(memory(shared, CheckStrategy::Auto), Err(MemoryError::Shared)));
    }

    #[test]
    fn a_shared_memory_keeps_its_base_under_every_strategy() {
        for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
            let shared = |minimum, maximum| MemoryType { shared: true, ..ty(minimum, Some(maximum)) };
            let mut memory = memory(shared(1, 400), checks).unwrap();
            let base = memory.definition().base;
            assert_eq!(memory.grow(399), Some(1));
            assert_eq!(memory.grow(1), None);
            assert_eq!(memory.definition().base, base);
            memory.bytes_mut()[400 * 65536 - 1] = 1;

            let mut empty = self::memory(shared(0, 0), checks).unwrap();
            assert_eq!((empty.length(), empty.grow(0), empty.grow(1)), (0, Some(0), None));
        }
    }

    /// What a type promises beyond any machine is not reserved: growing fails there, as it may.
    #[test]
    fn a_shared_memory_with_a_huge_maximum_has_room_to_grow() {
        let shared = MemoryType { shared: true, memory64: true, ..ty(1, Some(1 << 48)) };
        let mut huge = memory(shared, CheckStrategy::Auto).unwrap();
        assert_eq!(huge.grow(1 << 40), None);
        assert_eq!(huge.grow(99), Some(1));
        let bytes = MemoryType { shared: true, page_size_log2: 0, ..ty(10, Some(5000)) };
        let mut small = memory(bytes, CheckStrategy::Auto).unwrap();
        assert_eq!((small.grow(4990), small.grow(1)), (Some(10), None));
    }

    #[test]
    fn byte_pages_are_counted_in_bytes() {
        let small = MemoryType { page_size_log2: 0, ..ty(10, Some(5000)) };
        let mut memory = memory(small, CheckStrategy::Auto).unwrap();
        assert_eq!(memory.length(), 10);
        assert_eq!(memory.grow(4990), Some(10));
        assert_eq!(memory.length(), 5000);
        assert_eq!(memory.grow(1), None);
    }
}
