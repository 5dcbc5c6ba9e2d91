//! Instances: a module brought to life in a store.

use std::sync::Arc;

use wootz_wasm_types::EntityIndex;
use wootz_wasm_types::entity::Entity;

use crate::vm::activation::Callee;
use crate::vm::instance::InstanceInner;
use crate::vm::instantiate::instantiate;
use crate::{Extern, Func, Global, Image, InstantiateError, Memory, Store, Table};

/// An instance. A handle: it belongs to one store, which owns the instance.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Instance {
    pub(crate) store: u64,
    pub(crate) index: u32,
}

impl Instance {
    /// Instantiates a module with `imports` in the order of its import section, and runs its start function.
    ///
    /// # Errors
    /// [`InstantiateError`]; effects on imported memories and tables up to a trap remain.
    ///
    /// # Panics
    /// If an import is of another store.
    pub fn new(store: &mut Store, image: &Image, imports: &[Extern]) -> Result<Self, InstantiateError> {
        let (index, start) = instantiate(store, &image.inner, imports)?;
        if let Some(start) = start {
            Callee::new(store, start).call(store, &mut []).map_err(InstantiateError::Call)?;
        }
        Ok(Self { store: store.inner.id(), index })
    }

    /// The export called `name`.
    ///
    /// # Panics
    /// If the instance is of another store.
    pub fn export(&self, store: &Store, name: &str) -> Option<Extern> {
        let declarations = &self.inner(store).image.info().declarations;
        let export = declarations.exports.iter().find(|export| export.name == name)?;
        self.item(store, export.item)
    }

    /// All exports in the order of the export section.
    ///
    /// # Panics
    /// If the instance is of another store.
    pub fn exports(&self, store: &Store) -> impl ExactSizeIterator<Item = (String, Extern)> + use<> {
        let declarations = &self.inner(store).image.info().declarations;
        let exports = declarations.exports.iter();
        let items = exports.filter_map(|export| Some((export.name.clone(), self.item(store, export.item)?)));
        items.collect::<Vec<_>>().into_iter()
    }

    /// The image it was made from.
    ///
    /// # Panics
    /// If the instance is of another store.
    pub fn image(&self, store: &Store) -> Image {
        Image { inner: Arc::clone(&self.inner(store).image) }
    }

    pub(crate) fn inner<'a>(&self, store: &'a Store) -> &'a InstanceInner {
        &store.inner.instances[store.own("instance", self.store, self.index)]
    }

    fn item(&self, store: &Store, item: EntityIndex) -> Option<Extern> {
        let inner = self.inner(store);
        let id = self.store;
        Some(match item {
            EntityIndex::Function(func) => {
                let word = inner.context.func_ref(func)?.addr().get();
                Extern::Func(Func { store: id, index: store.inner.funcs().handle(word)? })
            }
            EntityIndex::Table(table) => {
                Extern::Table(Table { store: id, index: inner.tables[table.index()] })
            }
            EntityIndex::Memory(memory) => {
                Extern::Memory(Memory { store: id, index: inner.memories[memory.index()] })
            }
            EntityIndex::Global(global) => {
                Extern::Global(Global { store: id, index: inner.globals[global.index()] })
            }
            EntityIndex::Tag(_) => return None,
        })
    }
}
