//! Tables.

use wootz_vm_abi::callconv::ValRaw;
use wootz_wasm_types::{TableType, ValType};

use crate::vm::table::{Elements, StoreTable};
use crate::{AccessError, Store, Val, ValueError};

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
    pub fn new(store: &mut Store, ty: TableType, init: Val) -> Result<Self, ValueError> {
        let word = word(store, &ty, init)?;
        store.inner.check_tables(std::iter::once(&ty)).map_err(ValueError::Limit)?;
        let elements = Elements::new(ty, word).ok_or(ValueError::TooLarge { elements: ty.minimum })?;
        let index = store.inner.add_table(StoreTable::owned(elements));
        Ok(Self { store: store.inner.id(), index })
    }

    /// Its type; the minimum is its current size.
    ///
    /// # Panics
    /// If the table is of another store.
    pub fn ty(&self, store: &Store) -> TableType {
        self.inner(store).ty()
    }

    /// Its size in elements.
    ///
    /// # Panics
    /// If the table is of another store.
    pub fn size(&self, store: &Store) -> u64 {
        self.inner(store).words().len() as u64
    }

    /// An element, or `None` past the end.
    ///
    /// # Panics
    /// If the table is of another store.
    pub fn get(&self, store: &Store, index: u64) -> Option<Val> {
        let elements = self.inner(store);
        let word = *elements.words().get(usize::try_from(index).ok()?)?;
        Some(Val::from_raw(store, ValRaw::reference(word), ValType::Ref(elements.ty().element)))
    }

    /// Sets an element.
    ///
    /// # Errors
    /// [`ValueError`] past the end or for a value of another type.
    ///
    /// # Panics
    /// If the table or the value is of another store.
    pub fn set(&self, store: &mut Store, index: u64, value: Val) -> Result<(), ValueError> {
        let word = word(store, &self.ty(store), value)?;
        let table = store.own("table", self.store, self.index);
        let words = store.inner.tables[table].words_mut();
        let length = words.len() as u64;
        let slot = usize::try_from(index).ok().and_then(|index| words.get_mut(index));
        *slot.ok_or(ValueError::Access(AccessError { start: index, count: 1, length }))? = word;
        Ok(())
    }

    /// Adds `delta` elements set to `init` and returns the old size.
    ///
    /// # Errors
    /// [`ValueError`] past the maximum or for a value of another type.
    ///
    /// # Panics
    /// If the table or the value is of another store.
    pub fn grow(&self, store: &mut Store, delta: u64, init: Val) -> Result<u64, ValueError> {
        let word = word(store, &self.ty(store), init)?;
        let table = store.own("table", self.store, self.index);
        let elements = self.size(store).saturating_add(delta);
        store.inner.grow_table(table, delta, word).ok_or(ValueError::TooLarge { elements })
    }

    fn inner<'a>(&self, store: &'a Store) -> &'a Elements {
        store.inner.tables[store.own("table", self.store, self.index)].elements()
    }
}

/// A value as an element of a table of type `ty`.
fn word(store: &Store, ty: &TableType, value: Val) -> Result<usize, ValueError> {
    let expected = ValType::Ref(ty.element);
    if !value.is_of_type(store, expected) {
        return Err(ValueError::Type { expected, given: value.ty() });
    }
    Ok(value.to_raw(store).get_reference())
}
