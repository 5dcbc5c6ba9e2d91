//! Linear memories: their limits, their bytes, and where compiled code finds them. `space.rs` has their address space.

use std::ptr::NonNull;
use std::sync::Arc;

use wootz_vm_abi::context::VMMemory;
use wootz_vm_abi::plan::MemoryPlan;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_types::MemoryType;

use super::builtins::checked_range;
use super::data_image::DataImage;
use super::host_memory;
use super::shared::SharedInner;
use super::space::{Part, Space};
use crate::sys::memory::{page_size, round_to_pages};
use crate::{MemoryError, MemorySettings};

/// The bytes of a linear memory.
#[derive(Debug)]
pub(crate) struct LinearMemory {
    space: Space,
    /// Accessible bytes.
    length: usize,
    /// Pages it may have at most.
    maximum: u64,
    /// Bytes that it gets ahead of its length when it grows, if every access is compared with that.
    ahead: usize,
    ty: MemoryType,
    plan: MemoryPlan,
}

impl LinearMemory {
    /// A memory of the type's minimum: zeroed, or with an image over its start if that is cheap.
    pub(crate) fn new(
        ty: MemoryType,
        plan: MemoryPlan,
        settings: &MemorySettings,
        image: Option<&Arc<DataImage>>,
    ) -> Result<Self, MemoryError> {
        if ty.shared && ty.maximum.is_none() {
            return Err(MemoryError::Shared);
        }
        if !matches!(ty.page_size_log2, 0 | 16) {
            return Err(MemoryError::PageSize { log2: ty.page_size_log2 });
        }
        let bytes = u128::from(ty.minimum) << ty.page_size_log2;
        let too_large = MemoryError::TooLarge { bytes };
        let mut maximum = ty.maximum.unwrap_or(u64::MAX).min(ty.absolute_maximum());
        if plan.reservation > 0 {
            maximum = maximum.min(plan.reservation >> ty.page_size_log2);
        } else if ty.shared {
            // What cannot be reserved cannot grow, since it cannot move.
            maximum = ty.minimum;
        }
        if ty.minimum > maximum || bytes > isize::MAX as u128 {
            return Err(too_large);
        }
        let length = bytes as usize;
        let space = if ty.shared { None } else { find_space(ty, plan, length, settings, image)? };
        let space = match space {
            Some(space) => space,
            None => reserve(length, maximum_bytes(&ty, maximum), plan, settings, image)?,
        };
        let ahead = if plan.guarded { 0 } else { settings.growth_ahead };
        Ok(Self { space, length, maximum, ahead, ty, plan })
    }

    /// What compiled code reads.
    pub(crate) fn definition(&self) -> VMMemory {
        VMMemory::new(self.base(), self.length)
    }

    fn base(&self) -> *mut u8 {
        self.space.base()
    }

    /// Whether the module's image is mapped over its start.
    pub(crate) fn has_image(&self) -> bool {
        self.space.image().is_some()
    }

    /// Takes the image away again, of a memory that nothing was written to.
    pub(crate) fn forget_image(&mut self) {
        let Some(image) = self.space.image() else { return };
        let len = image.len();
        if self.space.show(None).is_err() {
            // SAFETY: the image's bytes are accessible.
            unsafe { self.base().write_bytes(0, len) };
        }
    }

    /// The parts of its address space.
    pub(crate) fn parts(&self) -> Vec<Part> {
        self.space.parts(self.plan.guard as usize)
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
        let base = self.base().addr();
        self.plan.guarded.then(|| base..base + self.space.reserved() + self.plan.guard as usize)
    }

    /// Adds zeroed pages and returns the old size in pages; `None`, and no change, if it cannot, or if it would have more than
    /// `most` bytes.
    pub(crate) fn grow(&mut self, delta: u64, most: u64) -> Option<u64> {
        let old = self.pages();
        let pages = old.checked_add(delta).filter(|pages| *pages <= self.maximum)?;
        let length = usize::try_from(u128::from(pages) << self.ty.page_size_log2).ok()?;
        if length > isize::MAX as usize || length as u64 > most {
            return None;
        }
        let needed = round_to_pages(length)?;
        if needed <= self.space.reserved() {
            self.space.extend_ahead(needed, self.ahead).ok()?;
        } else if self.plan.reservation == 0 && !self.ty.shared && self.space.can_move() {
            let maximum = maximum_bytes(&self.ty, self.maximum);
            self.space.relocate(self.length, needed, maximum).ok()?;
        } else {
            return None;
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

/// The most bytes that a memory can have, as far as this machine can address them.
fn maximum_bytes(ty: &MemoryType, maximum: u64) -> usize {
    let bytes = u128::from(maximum) << ty.page_size_log2;
    usize::try_from(bytes).unwrap_or(usize::MAX).min(isize::MAX as usize)
}

/// Space of the embedder or of the pool, if there is any for such a memory.
fn find_space(
    ty: MemoryType,
    plan: MemoryPlan,
    length: usize,
    settings: &MemorySettings,
    image: Option<&Arc<DataImage>>,
) -> Result<Option<Space>, MemoryError> {
    if let Some(creator) = &settings.creator
        && let Some(space) = host_memory::create(creator, ty, plan, length)?
    {
        return Ok(Some(space));
    }
    match &settings.pool {
        Some(pool) => pool.0.take(&plan, length, image),
        None => Ok(None),
    }
}

/// Space for this memory alone.
fn reserve(
    length: usize,
    maximum: usize,
    plan: MemoryPlan,
    settings: &MemorySettings,
    image: Option<&Arc<DataImage>>,
) -> Result<Space, MemoryError> {
    let too_large = MemoryError::TooLarge { bytes: length as u128 };
    let fixed = |bytes: u64| usize::try_from(bytes);
    let (Ok(reservation), Ok(guard)) = (fixed(plan.reservation), fixed(plan.guard)) else {
        return Err(too_large);
    };
    let page = page_size();
    let Some(before) = round_to_pages(settings.guard_before.max(page)) else { return Err(too_large) };
    let refused =
        |bytes: usize| move |error| MemoryError::System { bytes: bytes as u64, guarded: plan.guarded, error };
    let mut space = if reservation > 0 {
        let (before, after) = if plan.guarded { (before, guard) } else { (page, page) };
        let total = reservation.saturating_add(before).saturating_add(after);
        Space::reserve(before, reservation, after).map_err(refused(total))?
    } else {
        // A little room, so that most memories grow in place; or none, if the system has not even that.
        let wanted = settings.small_reservation.min(maximum).max(length);
        Space::reserve(page, wanted, page)
            .or_else(|_| Space::reserve(page, length, page))
            .map_err(refused(length))?
    };
    // Without a mapping of the image, its bytes are copied.
    let _ = space.show(image);
    space.extend(length).map_err(refused(length))?;
    Ok(space)
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

    /// The parts of its address space.
    pub(crate) fn parts(&self) -> Vec<Part> {
        match self {
            Self::Own { memory, .. } => memory.parts(),
            Self::Shared(memory) => memory.parts(),
        }
    }

    /// Grows the memory to `most` bytes at most, and tells compiled code.
    pub(crate) fn grow(&mut self, delta: u64, most: u64) -> Option<u64> {
        match self {
            Self::Own { memory, definition } => {
                let old = memory.grow(delta, most)?;
                // SAFETY: the definition lives as long as this.
                unsafe { definition.pointer().write(memory.definition()) };
                Some(old)
            }
            Self::Shared(memory) => memory.grow(delta, most),
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
        let settings = MemorySettings::default();
        LinearMemory::new(ty, MemoryPlan::new(&ty, checks, settings.guard), &settings, None)
    }

    #[test]
    fn growing_keeps_the_limits_and_the_bytes() {
        for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
            let mut memory = memory(ty(1, Some(3)), checks).unwrap();
            assert_eq!((memory.pages(), memory.length()), (1, 65536));
            memory.bytes_mut()[65535] = 9;
            assert_eq!(memory.grow(0, u64::MAX), Some(1));
            assert_eq!(memory.grow(3, u64::MAX), None);
            assert_eq!(memory.grow(u64::MAX, u64::MAX), None);
            assert_eq!(memory.grow(2, u64::MAX), Some(1));
            assert_eq!(memory.grow(1, u64::MAX), None);
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
            assert_eq!(memory.grow(1, u64::MAX), Some(0));
            assert_eq!(memory.bytes().len(), 65536);
        }
    }

    #[test]
    fn a_guarded_memory_keeps_its_base_between_guards() {
        let mut memory = memory(ty(1, None), CheckStrategy::Guard).unwrap();
        let base = memory.definition().base;
        assert_eq!(memory.grow(100, u64::MAX), Some(1));
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
        assert_eq!(memory.grow(1, u64::MAX), None);
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
            assert_eq!(memory.grow(399, u64::MAX), Some(1));
            assert_eq!(memory.grow(1, u64::MAX), None);
            assert_eq!(memory.definition().base, base);
            memory.bytes_mut()[400 * 65536 - 1] = 1;

            let mut empty = self::memory(shared(0, 0), checks).unwrap();
            assert_eq!(
                (empty.length(), empty.grow(0, u64::MAX), empty.grow(1, u64::MAX)),
                (0, Some(0), None)
            );
        }
    }

    /// What a type promises beyond any machine is not reserved: growing fails there, as it may.
    #[test]
    fn a_shared_memory_with_a_huge_maximum_has_room_to_grow() {
        let shared = MemoryType { shared: true, memory64: true, ..ty(1, Some(1 << 48)) };
        let mut huge = memory(shared, CheckStrategy::Auto).unwrap();
        assert_eq!(huge.grow(1 << 40, u64::MAX), None);
        assert_eq!(huge.grow(99, u64::MAX), Some(1));
        let bytes = MemoryType { shared: true, page_size_log2: 0, ..ty(10, Some(5000)) };
        let mut small = memory(bytes, CheckStrategy::Auto).unwrap();
        assert_eq!((small.grow(4990, u64::MAX), small.grow(1, u64::MAX)), (Some(10), None));
    }

    #[test]
    fn byte_pages_are_counted_in_bytes() {
        let small = MemoryType { page_size_log2: 0, ..ty(10, Some(5000)) };
        let mut memory = memory(small, CheckStrategy::Auto).unwrap();
        assert_eq!(memory.length(), 10);
        assert_eq!(memory.grow(4990, u64::MAX), Some(10));
        assert_eq!(memory.length(), 5000);
        assert_eq!(memory.grow(1, u64::MAX), None);
    }
}
