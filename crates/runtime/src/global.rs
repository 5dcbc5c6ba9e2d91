//! Globals.

use wootz_wasm_ir::GlobalType;

use crate::{Store, Val, ValueError};

/// A global. A handle: it belongs to one store, which owns the global.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Global {
    pub(crate) store: u64,
    pub(crate) index: u32,
}

impl Global {
    /// A global holding `init`.
    ///
    /// # Errors
    /// [`ValueError`] if `init` is not of its type.
    ///
    /// # Panics
    /// If `init` is of another store.
    pub fn new(_store: &mut Store, _ty: GlobalType, _init: Val) -> Result<Self, ValueError> {
        panic!("not yet")
    }

    /// Its type.
    ///
    /// # Panics
    /// If the global is of another store.
    pub fn ty(&self, _store: &Store) -> GlobalType {
        panic!("not yet")
    }

    /// Its value.
    ///
    /// # Panics
    /// If the global is of another store.
    pub fn get(&self, _store: &Store) -> Val {
        panic!("not yet")
    }

    /// Changes its value.
    ///
    /// # Errors
    /// [`ValueError`] if it is immutable or the value has another type.
    ///
    /// # Panics
    /// If the global or the value is of another store.
    pub fn set(&self, _store: &mut Store, _value: Val) -> Result<(), ValueError> {
        panic!("not yet")
    }
}
