//! Tables: arrays of references in mappings of their own, read by compiled code and written only here.

use std::ffi::c_void;
use std::ptr::NonNull;

use wootz_vm_abi::context::VMTable;
use wootz_wasm_ir::TableType;

use super::memory::Definition;
use crate::sys::memory::Mapping;

/// Most elements of any table. Enough for every module seen, and little enough that a guest cannot exhaust the machine by
/// one instruction.
pub(crate) const MAX_ELEMENTS: u64 = 10_000_000;

/// The elements of a table: references as words, null is 0.
pub(crate) struct Elements {
    mapping: Mapping,
    length: usize,
    ty: TableType,
}

impl Elements {
    /// A table of the type's minimum, every element `init`. `None` if that is too large.
    pub(crate) fn new(ty: TableType, init: usize) -> Option<Self> {
        let mut table = Self { mapping: Mapping::empty(), length: 0, ty };
        table.grow(ty.minimum, init)?;
        Some(table)
    }

    /// What compiled code reads.
    pub(crate) fn definition(&self) -> VMTable {
        VMTable { base: self.mapping.base().cast::<*mut c_void>(), length: self.length }
    }

    /// Its type, the minimum being the current size.
    pub(crate) fn ty(&self) -> TableType {
        TableType { minimum: self.length as u64, ..self.ty }
    }

    /// The elements.
    pub(crate) fn words(&self) -> &[usize] {
        // SAFETY: `length` words from the base are mapped (or there are none, at an aligned address) and written
        // only through `&mut self`.
        unsafe { std::slice::from_raw_parts(self.base(), self.length) }
    }

    /// The elements.
    pub(crate) fn words_mut(&mut self) -> &mut [usize] {
        // SAFETY: as in `words`, and compiled code reads only while nobody borrows from the store.
        unsafe { std::slice::from_raw_parts_mut(self.base(), self.length) }
    }

    fn base(&self) -> *mut usize {
        if self.length == 0 { NonNull::dangling().as_ptr() } else { self.mapping.base().cast() }
    }

    /// Adds elements and returns the old size; `None`, and no change, if it cannot.
    pub(crate) fn grow(&mut self, delta: u64, init: usize) -> Option<u64> {
        let old = self.length as u64;
        let maximum = self.ty.maximum.unwrap_or(u64::MAX).min(MAX_ELEMENTS);
        let length = old.checked_add(delta).filter(|length| *length <= maximum)?;
        let bytes = length as usize * size_of::<usize>();
        if bytes > self.mapping.len() {
            // Twice as much as before, so that growing one by one costs a constant for each element.
            self.mapping.grow(bytes.max(self.mapping.len() * 2)).ok()?;
        }
        self.length = length as usize;
        if init != 0 {
            self.words_mut()[old as usize..].fill(init);
        }
        Some(old)
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
    use wootz_wasm_ir::RefType;

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

    #[test]
    fn a_table_that_no_machine_needs_is_refused() {
        assert!(Elements::new(ty(MAX_ELEMENTS + 1, None), 0).is_none());
        let mut table = Elements::new(ty(0, None), 0).unwrap();
        assert_eq!(table.grow(u64::from(u32::MAX), 0), None);
    }
}
