//! Instances: a module's functions with memories, tables and globals of their own.

use wootz_runtime as runtime;
use wootz_runtime::{Region, RemoveError};

use crate::error::{Error, TypeError};
use crate::externals::{Extern, Global, Memory, Table};
use crate::func::{Func, TypedFunc, WasmParams, WasmResults};
use crate::module::Module;
use crate::shared::SharedMemory;
use crate::store::{AsContext, AsContextMut};

/// An instance of a module, in a store.
#[derive(Copy, Clone, Debug)]
pub struct Instance(pub(crate) runtime::Instance);

impl Instance {
    /// Instantiates a module with imports in its order and runs its start function. [`Linker`](crate::Linker) finds imports
    /// by name.
    ///
    /// # Errors
    /// [`Error::Link`] if there are too few or too many imports or one has another type, [`Error::Memory`] or
    /// [`Error::Value`] if a memory or a table cannot be had, [`Error::Trap`] if an active segment does not fit or the
    /// start function traps, [`Error::Host`] if a host function that it calls fails. After an error the store is usable; what active segments wrote into imported memories and tables stays.
    ///
    /// # Panics
    /// If an import is of another store, or a host function called by the start function panics.
    pub fn new(mut store: impl AsContextMut, module: &Module, imports: &[Extern]) -> Result<Self, Error> {
        let store = store.as_context_mut().inner;
        let imports: Vec<_> = imports.iter().map(|item| item.to_runtime(store)).collect();
        Self::from_imports(store, module, &imports)
    }

    pub(crate) fn from_imports(
        store: &mut runtime::Store,
        module: &Module,
        imports: &[runtime::Extern],
    ) -> Result<Self, Error> {
        Ok(Self(runtime::Instance::new(store, module.image(), imports)?))
    }

    /// What the instance's code uses in the address space, by address: its module's code, its context, its tables and linear
    /// memories with their guards, by the module's numbers, imported ones too. Other instances may use the same.
    pub fn regions(&self, store: impl AsContext) -> Vec<Region> {
        self.0.regions(store.as_context().inner)
    }

    /// Ends an instance to whose functions nothing refers any more, and frees its code, if no other instance of the store has it. All
    /// handles of the instance end with it: what they name later is unspecified, though nothing but another instance of the store.
    ///
    /// # Errors
    /// [`RemoveError`]; then nothing has changed.
    ///
    /// # Panics
    /// If the instance is of another store or was removed.
    pub fn remove(self, mut store: impl AsContextMut) -> Result<(), RemoveError> {
        self.0.remove(store.as_context_mut().inner)
    }

    /// An export, or `None` if there is none of this name.
    pub fn get_export(&self, store: impl AsContext, name: &str) -> Option<Extern> {
        let store = store.as_context().inner;
        self.0.export(store, name).map(|item| Extern::from_runtime(store, item))
    }

    /// Every export, in the module's order.
    pub fn exports(&self, store: impl AsContext) -> Vec<(String, Extern)> {
        let store = store.as_context().inner;
        self.0.exports(store).map(|(name, item)| (name, Extern::from_runtime(store, item))).collect()
    }

    /// An exported function, or `None` if there is none of this name.
    pub fn get_func(&self, store: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// An exported function with its type checked.
    ///
    /// # Errors
    /// [`Error::UnknownExport`] if no function is exported under this name, [`Error::Type`] if its type is another.
    pub fn get_typed_func<P: WasmParams, R: WasmResults>(
        &self,
        store: impl AsContext,
        name: &str,
    ) -> Result<TypedFunc<P, R>, Error> {
        let store = store.as_context();
        let func = self
            .get_func(&store, name)
            .ok_or_else(|| Error::UnknownExport { name: name.into(), kind: "function" })?;
        func.typed(&store).map_err(|error| match error {
            Error::Type(mut error) => {
                if let TypeError::Function { name: known, .. } = &mut *error {
                    *known = Some(name.into());
                }
                Error::Type(error)
            }
            error => error,
        })
    }

    /// An exported memory of the store, or `None` if there is none of this name.
    pub fn get_memory(&self, store: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// An exported shared memory, or `None` if there is none of this name.
    pub fn get_shared_memory(&self, store: impl AsContext, name: &str) -> Option<SharedMemory> {
        self.get_export(store, name)?.into_shared_memory()
    }

    /// An exported table, or `None` if there is none of this name.
    pub fn get_table(&self, store: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// An exported global, or `None` if there is none of this name.
    pub fn get_global(&self, store: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }
}
