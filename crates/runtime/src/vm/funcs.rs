//! Function references of a store: which addresses are one, and the handles that the host has for them.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::ptr::NonNull;

use wootz_vm_abi::context::VMFuncRef;

/// The function references of a store.
#[derive(Default)]
pub(crate) struct Funcs {
    /// End of each array of function references, by its start. They lie in contexts, or alone for host functions.
    arrays: BTreeMap<usize, usize>,
    /// Behind a cell, because looking at a value may be the first time that the host sees a function.
    handles: RefCell<Handles>,
}

#[derive(Default)]
struct Handles {
    pointers: Vec<NonNull<VMFuncRef>>,
    by_address: HashMap<usize, u32>,
}

impl Funcs {
    /// Adds an array of function references.
    ///
    /// # Safety
    /// They must be valid as long as this.
    pub(crate) unsafe fn add(&mut self, addresses: Range<usize>) {
        if !addresses.is_empty() {
            self.arrays.insert(addresses.start, addresses.end);
        }
    }

    /// Removes the array that starts at an address, if there is one. The host must have no handle of its references.
    pub(crate) fn remove(&mut self, start: usize) {
        self.arrays.remove(&start);
    }

    /// Whether the host has a handle for a reference in a range of addresses.
    pub(crate) fn has_handle_in(&self, addresses: &Range<usize>) -> bool {
        self.handles.borrow().by_address.keys().any(|address| addresses.contains(address))
    }

    /// The function reference that a word is; `None` if it is none of this store.
    pub(crate) fn find(&self, word: usize) -> Option<NonNull<VMFuncRef>> {
        let (start, end) = self.arrays.range(..=word).next_back()?;
        let is_one = word < *end && (word - start).is_multiple_of(size_of::<VMFuncRef>());
        NonNull::new(std::ptr::with_exposed_provenance_mut(word)).filter(|_| is_one)
    }

    /// The handle for a word; `None` if it is no function reference of this store.
    pub(crate) fn handle(&self, word: usize) -> Option<u32> {
        if let Some(index) = self.handles.borrow().by_address.get(&word) {
            return Some(*index);
        }
        let pointer = self.find(word)?;
        let mut handles = self.handles.borrow_mut();
        let index = u32::try_from(handles.pointers.len()).expect("fewer than 2^32 functions");
        handles.pointers.push(pointer);
        handles.by_address.insert(word, index);
        Some(index)
    }

    /// The function reference of a handle.
    pub(crate) fn pointer(&self, handle: u32) -> NonNull<VMFuncRef> {
        self.handles.borrow().pointers[handle as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_starts_of_references_are_references() {
        const SIZE: usize = size_of::<VMFuncRef>();
        let mut funcs = Funcs::default();
        // SAFETY: the test reads through none of them.
        unsafe {
            funcs.add(0x1000..0x1000 + 3 * SIZE);
            funcs.add(0x9000..0x9000 + SIZE);
            funcs.add(0x5000..0x5000);
        }
        assert_eq!(funcs.handle(0x1000 + SIZE), Some(0));
        assert_eq!(funcs.handle(0x9000), Some(1));
        assert_eq!(funcs.handle(0x1000 + SIZE), Some(0));
        assert_eq!(funcs.pointer(1).addr().get(), 0x9000);
        for wrong in [0, 8, 0xfff, 0x1008, 0x1000 + 3 * SIZE, 0x5000, 0x9000 + SIZE, usize::MAX] {
            assert_eq!(funcs.handle(wrong), None, "{wrong:#x}");
        }
    }
}
