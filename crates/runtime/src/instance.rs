//! Instances: a module brought to life in a store.

use crate::{Extern, Image, InstantiateError, Store};

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
    pub fn new(_store: &mut Store, _image: &Image, _imports: &[Extern]) -> Result<Self, InstantiateError> {
        panic!("not yet")
    }

    /// The export called `name`.
    ///
    /// # Panics
    /// If the instance is of another store.
    pub fn export(&self, _store: &Store, _name: &str) -> Option<Extern> {
        panic!("not yet")
    }

    /// All exports in the order of the export section.
    ///
    /// # Panics
    /// If the instance is of another store.
    pub fn exports(&self, _store: &Store) -> impl ExactSizeIterator<Item = (String, Extern)> + use<> {
        Vec::new().into_iter()
    }

    /// The image it was made from.
    ///
    /// # Panics
    /// If the instance is of another store.
    pub fn image(&self, _store: &Store) -> Image {
        panic!("not yet")
    }
}
