//! Globals.

use wootz_vm_abi::callconv::ValRaw;
use wootz_wasm_types::GlobalType;

use crate::vm::globals::StoreGlobal;
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
    pub fn new(store: &mut Store, ty: GlobalType, init: Val) -> Result<Self, ValueError> {
        let value = raw(store, ty, init)?;
        let index = store.inner.add_global(StoreGlobal::owned(ty, value));
        Ok(Self { store: store.inner.id(), index })
    }

    /// Its type.
    ///
    /// # Panics
    /// If the global is of another store.
    pub fn ty(&self, store: &Store) -> GlobalType {
        self.inner(store).ty()
    }

    /// Its value.
    ///
    /// # Panics
    /// If the global is of another store.
    pub fn get(&self, store: &Store) -> Val {
        let global = self.inner(store);
        Val::from_raw(store, global.get(), global.ty().content)
    }

    /// Changes its value.
    ///
    /// # Errors
    /// [`ValueError`] if it is immutable or the value has another type.
    ///
    /// # Panics
    /// If the global or the value is of another store.
    pub fn set(&self, store: &mut Store, value: Val) -> Result<(), ValueError> {
        let ty = self.ty(store);
        let value = raw(store, ty, value)?;
        if !ty.mutable {
            return Err(ValueError::Immutable);
        }
        let index = store.own("global", self.store, self.index);
        store.inner.globals[index].set(value);
        Ok(())
    }

    fn inner<'a>(&self, store: &'a Store) -> &'a StoreGlobal {
        &store.inner.globals[store.own("global", self.store, self.index)]
    }
}

fn raw(store: &Store, ty: GlobalType, value: Val) -> Result<ValRaw, ValueError> {
    if !value.is_of_type(store, ty.content) {
        return Err(ValueError::Type { expected: ty.content, given: value.ty() });
    }
    Ok(value.to_raw(store))
}
