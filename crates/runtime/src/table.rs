//! Tables.

use wootz_wasm_ir::TableType;

use crate::{Store, Val, ValueError};

/// A table. A handle: it belongs to one store, which owns the table.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Table {
    pub(crate) store: u64,
    pub(crate) index: u32,
}

impl Table {
    /// A table with every element set to `init`.
    ///
    /// # Errors
    /// [`ValueError`] if `init` is not of the element type or the table is too large.
    ///
    /// # Panics
    /// If `init` is of another store.
    pub fn new(_store: &mut Store, _ty: TableType, _init: Val) -> Result<Self, ValueError> {
        panic!("not yet")
    }

    /// Its type; the minimum is its current size.
    ///
    /// # Panics
    /// If the table is of another store.
    pub fn ty(&self, _store: &Store) -> TableType {
        panic!("not yet")
    }

    /// Its size in elements.
    ///
    /// # Panics
    /// If the table is of another store.
    pub fn size(&self, _store: &Store) -> u64 {
        panic!("not yet")
    }

    /// An element, or `None` past the end.
    ///
    /// # Panics
    /// If the table is of another store.
    pub fn get(&self, _store: &Store, _index: u64) -> Option<Val> {
        panic!("not yet")
    }

    /// Sets an element.
    ///
    /// # Errors
    /// [`ValueError`] past the end or for a value of another type.
    ///
    /// # Panics
    /// If the table or the value is of another store.
    pub fn set(&self, _store: &mut Store, _index: u64, _value: Val) -> Result<(), ValueError> {
        panic!("not yet")
    }

    /// Adds `delta` elements set to `init` and returns the old size.
    ///
    /// # Errors
    /// [`ValueError`] past the maximum or for a value of another type.
    ///
    /// # Panics
    /// If the table or the value is of another store.
    pub fn grow(&self, _store: &mut Store, _delta: u64, _init: Val) -> Result<u64, ValueError> {
        panic!("not yet")
    }
}
