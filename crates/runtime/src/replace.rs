//! Replacing code in a store that goes on: functions whose calls go elsewhere from now on, and instances that end before their
//! store does.

use std::error::Error;
use std::fmt;

use wootz_wasm_types::EntityIndex;

use crate::{Func, Instance, Store};

/// Why a function was not redirected.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RedirectError {
    /// The store's code is running.
    Running,
    /// The function is not one that the host made: its calls are bound to its instance.
    NotOfTheHost,
    /// The instance does not export a function of its own by this name.
    NoSuchFunction,
    /// The types differ.
    Type,
}

impl fmt::Display for RedirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "a function cannot be redirected while code of its store runs",
            Self::NotOfTheHost => "only a function that the host made can be redirected",
            Self::NoSuchFunction => "the instance exports no function of its own by this name",
            Self::Type => "the functions have different types",
        })
    }
}

impl Error for RedirectError {}

/// Why an instance was not removed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RemoveError {
    /// The store's code is running.
    Running,
    /// It has memories, tables or globals of its own, which others may use.
    Defines,
    /// A table, a global, an element segment, an import of another instance, a redirected function or a handle of the host
    /// refers to one of its functions.
    Referred,
}

impl fmt::Display for RemoveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "an instance cannot be removed while code of its store runs",
            Self::Defines => "an instance that defines memories, tables or globals cannot be removed",
            Self::Referred => "something refers to a function of the instance",
        })
    }
}

impl Error for RemoveError {}

impl Func {
    /// Has every call of this function, one that the host made, go to a function that `instance` defines and exports as `name`.
    /// It stays the same function: references in tables and globals, imports and handles lead to the new code at once.
    ///
    /// It may be redirected again. The instance cannot be removed meanwhile.
    ///
    /// # Errors
    /// [`RedirectError`]; then nothing has changed.
    ///
    /// # Panics
    /// If the function or the instance is of another store.
    pub fn redirect(&self, store: &mut Store, instance: Instance, name: &str) -> Result<(), RedirectError> {
        let func = self.pointer(store);
        let exports = &instance.inner(store).image.info().declarations.exports;
        let target = exports.iter().find_map(|export| match export.item {
            EntityIndex::Function(func) if export.name == name => Some(func),
            _ => None,
        });
        let target = target.ok_or(RedirectError::NoSuchFunction)?;
        store.inner.redirect(func, instance.index as usize, target)
    }

    /// Has every call of this function, one that the host made, go to what the host made again: what [`redirect`](Self::redirect) has
    /// changed is as before.
    ///
    /// # Errors
    /// [`RedirectError::Running`] or [`RedirectError::NotOfTheHost`]; then nothing has changed.
    ///
    /// # Panics
    /// If the function is of another store.
    pub fn restore(&self, store: &mut Store) -> Result<(), RedirectError> {
        let func = self.pointer(store);
        store.inner.restore(func)
    }
}

impl Instance {
    /// Ends an instance to whose functions nothing refers any more, and frees its code, if no other instance has it. All handles of the
    /// instance end with it: what they name later is unspecified, though nothing but another instance of the store.
    ///
    /// The time is linear in the elements of the store's tables and the imports of its instances.
    ///
    /// # Errors
    /// [`RemoveError`]; then nothing has changed.
    ///
    /// # Panics
    /// If the instance is of another store or was removed.
    pub fn remove(self, store: &mut Store) -> Result<(), RemoveError> {
        let index = store.own("instance", self.store, self.index);
        store.inner.remove_instance(index)
    }
}
