//! What a host function is given to reach the store and the instance that called it.

use std::fmt;
use std::marker::PhantomData;

use wootz_runtime as runtime;

use crate::engine::Engine;
use crate::externals::Extern;
use crate::store::{state, state_mut};

/// The caller of a host function: a borrow of the store, and the calling instance if WebAssembly code called.
///
/// It serves wherever a store is expected, through [`AsContext`](crate::AsContext) and
/// [`AsContextMut`](crate::AsContextMut).
pub struct Caller<'a, T> {
    pub(crate) inner: runtime::Caller<'a>,
    data: PhantomData<&'a mut T>,
}

impl<'a, T: Send + 'static> Caller<'a, T> {
    pub(crate) fn new(inner: runtime::Caller<'a>) -> Self {
        Self { inner, data: PhantomData }
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &state::<T>(self.inner.store()).data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut state_mut::<T>(self.inner.store_mut()).data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &state::<T>(self.inner.store()).engine
    }

    /// An export of the calling instance; `None` if it has no such export or if the host itself called.
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        self.inner.export(name).map(|item| Extern::from_runtime(self.inner.store(), item))
    }
}

impl<T> fmt::Debug for Caller<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}
