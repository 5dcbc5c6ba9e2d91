//! Tables: arrays of references, read by compiled code through a view that cannot be written, and written only here.

use std::ffi::c_void;
use std::ptr::NonNull;

use wootz_vm_abi::context::VMTable;
use wootz_wasm_types::TableType;

use super::arena::Block;
use super::memory::Definition;

/// Most elements of any table. Enough for every module seen, and little enough that a guest cannot exhaust the machine by
/// one instruction.
pub(crate) const MAX_ELEMENTS: u64 = 10_000_000;

/// The elements of a table: references as words, null is 0.
pub(crate) struct Elements {
    /// None if there never was an element.
    block: Option<Block>,
    length: usize,
    ty: TableType,
}

impl Elements {
    /// A table of the type's minimum, every element `init`. `None` if that is too large.
    pub(crate) fn new(ty: TableType, init: usize) -> Option<Self> {
        let mut table = Self { block: None, length: 0, ty };
        table.grow(ty.minimum, init)?;
        Some(table)
    }

    /// What compiled code reads.
    pub(crate) fn definition(&self) -> VMTable {
        let base =
            self.block.as_ref().map_or(NonNull::<*mut c_void>::dangling(), |block| block.readable().cast());
        VMTable { base: base.as_ptr(), length: self.length }
    }

    /// Its type, the minimum being the current size.
    pub(crate) fn ty(&self) -> TableType {
        TableType { minimum: self.length as u64, ..self.ty }
    }

    /// The elements.
    pub(crate) fn words(&self) -> &[usize] {
        // SAFETY: `length` words from the base are in the block (or there are none, at an aligned address) and written
        // only through `&mut self`.
        unsafe { std::slice::from_raw_parts(self.base(), self.length) }
    }

    /// The elements.
    pub(crate) fn words_mut(&mut self) -> &mut [usize] {
        // SAFETY: as in `words`, and compiled code reads only while nobody borrows from the store.
        unsafe { std::slice::from_raw_parts_mut(self.base(), self.length) }
    }

    fn base(&self) -> *mut usize {
        self.block.as_ref().map_or(NonNull::dangling(), |block| block.writable().cast()).as_ptr()
    }

    /// Where the elements lie, if there ever was one.
    pub(crate) fn block(&self) -> Option<&Block> {
        self.block.as_ref()
    }

    /// Adds elements and returns the old size; `None`, and no change, if it cannot.
    pub(crate) fn grow(&mut self, delta: u64, init: usize) -> Option<u64> {
        let old = self.length as u64;
        let maximum = self.ty.maximum.unwrap_or(u64::MAX).min(MAX_ELEMENTS);
        let length = old.checked_add(delta).filter(|length| *length <= maximum)?;
        let bytes = length as usize * size_of::<usize>();
        let room = self.block.as_ref().map_or(0, Block::len);
        let mut zeroed = false;
        if bytes > room {
            // Twice as much as before, so that growing one by one costs a constant for each element.
            let block = Block::table(bytes.max(room * 2)).ok()?;
            zeroed = block.is_alone();
            // SAFETY: the new block has room for more than the old elements, and nobody knows it yet.
            unsafe { block.writable().cast::<usize>().copy_from_nonoverlapping(self.first(), self.length) };
            self.block = Some(block);
        }
        self.length = length as usize;
        if init != 0 || !zeroed {
            self.words_mut()[old as usize..].fill(init);
        }
        Some(old)
    }

    fn first(&self) -> NonNull<usize> {
        NonNull::from(self.words()).cast()
    }
}

/// A table of a store: its elements, and where compiled code finds them.
pub(crate) struct StoreTable {
    elements: Elements,
    definition: Definition<VMTable>,
}

impl StoreTable {
    /// A table whose definition is its own.
    pub(crate) fn owned(elements: Elements) -> Self {
        let definition = Definition::owned(elements.definition());
        Self { elements, definition }
    }

    /// A table whose definition lies in an instance's context.
    ///
    /// # Safety
    /// `definition` must be valid for writes as long as the store lives.
    pub(crate) unsafe fn inline(elements: Elements, definition: NonNull<VMTable>) -> Self {
        // SAFETY: as the caller promises.
        unsafe { definition.write(elements.definition()) };
        Self { elements, definition: Definition::Inline(definition) }
    }

    /// The elements.
    pub(crate) fn elements(&self) -> &Elements {
        &self.elements
    }

    /// The elements as words.
    pub(crate) fn words_mut(&mut self) -> &mut [usize] {
        self.elements.words_mut()
    }

    /// Where compiled code finds it.
    pub(crate) fn definition(&self) -> NonNull<VMTable> {
        self.definition.pointer()
    }

    /// Grows the table and tells compiled code.
    pub(crate) fn grow(&mut self, delta: u64, init: usize) -> Option<u64> {
        let old = self.elements.grow(delta, init)?;
        // SAFETY: the definition lives as long as this.
        unsafe { self.definition.pointer().write(self.elements.definition()) };
        Some(old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wootz_wasm_types::RefType;

    fn ty(minimum: u64, maximum: Option<u64>) -> TableType {
        TableType { element: RefType::FUNCREF, table64: false, minimum, maximum }
    }

    #[test]
    fn growing_fills_and_keeps_the_limits() {
        let mut table = Elements::new(ty(2, Some(2000)), 8).unwrap();
        assert_eq!(table.words(), [8, 8]);
        assert_eq!(table.grow(1, 16), Some(2));
        assert_eq!(table.words(), [8, 8, 16]);
        assert_eq!(table.grow(1997, 0), Some(3));
        assert_eq!(table.words()[2..4], [16, 0]);
        assert_eq!(table.grow(1, 0), None);
        assert_eq!(table.grow(u64::MAX, 0), None);
        assert_eq!(table.ty().minimum, 2000);
    }

    #[test]
    fn an_empty_table_is_an_empty_slice() {
        let mut table = Elements::new(ty(0, None), 8).unwrap();
        assert!(table.words().is_empty() && table.words_mut().is_empty());
        assert_eq!(table.definition().length, 0);
    }

    /// Blocks are used again: what another table left must not be seen.
    #[test]
    fn elements_of_freed_tables_do_not_come_back() {
        for _ in 0..3 {
            let mut table = Elements::new(ty(3, None), 0).unwrap();
            assert_eq!(table.words(), [0; 3]);
            table.words_mut().fill(1);
            assert_eq!(table.grow(4, 0), Some(3));
            assert_eq!(table.words(), [1, 1, 1, 0, 0, 0, 0]);
            table.words_mut().fill(1);
        }
    }

    #[test]
    fn compiled_code_gets_a_view_that_it_cannot_write() {
        for elements in [1, 100_000] {
            let mut table = Elements::new(ty(elements, None), 8).unwrap();
            let view = table.definition().base.cast::<usize>();
            assert_ne!(view, table.words().as_ptr());
            table.words_mut()[0] = 42;
            // SAFETY: the view has an element.
            assert_eq!(unsafe { view.read() }, 42);
            assert_eq!(region::query(view).unwrap().protection(), region::Protection::READ);
        }
    }

    #[test]
    fn a_table_that_no_machine_needs_is_refused() {
        assert!(Elements::new(ty(MAX_ELEMENTS + 1, None), 0).is_none());
        let mut table = Elements::new(ty(0, None), 0).unwrap();
        assert_eq!(table.grow(u64::from(u32::MAX), 0), None);
    }
}
