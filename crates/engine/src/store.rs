//! The store: owner of instances, memories, tables, globals, functions and of the embedder's data; and the traits by
//! which everything that lives in one takes it as an argument.
//!
//! The runtime's store holds its data as `dyn Any`; here it is always a [`StoreState<T>`], put there by [`Store::new`].
//! A [`StoreContext`] can only be made from a `Store<T>` or inside a host function wrapped for `T`, so the downcast in
//! [`state`] cannot meet another type, except by a bug of this crate, which it reports as one.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use wootz_runtime as runtime;
use wootz_runtime::Region;

use crate::caller::Caller;
use crate::engine::Engine;
use crate::instance::Instance;

/// What the runtime's store holds for us.
pub(crate) struct StoreState<T> {
    pub(crate) data: T,
    pub(crate) engine: Engine,
    /// Functions already made from a [`Linker`](crate::Linker)'s definitions, by definition.
    pub(crate) linked: BTreeMap<u64, runtime::Func>,
}

/// Owns everything instances are made of, and a value of the embedder's.
///
/// Nothing in a store is freed before the store is, except by [`Instance::remove`](crate::Instance::remove). A store can move between threads and is used by one at a time.
/// Handles ([`Instance`](crate::Instance), [`Func`](crate::Func), [`Memory`](crate::Memory), …) are plain copies of an
/// index and belong to the store that made them.
///
/// # Panics
/// Every method that takes a handle and a store panics if the handle is of another store.
pub struct Store<T> {
    pub(crate) inner: runtime::Store,
    data: PhantomData<T>,
}

impl<T: Send + 'static> Store<T> {
    /// A store with `data`.
    pub fn new(engine: &Engine, data: T) -> Self {
        let config = runtime::StoreConfig {
            max_wasm_stack: engine.config().max_wasm_stack,
            checks: engine.config().checks,
            memory: engine.config().memory.clone(),
            limits: engine.config().limits,
            fuel: engine.config().fuel,
        };
        let state = StoreState { data, engine: engine.clone(), linked: BTreeMap::new() };
        Self { inner: runtime::Store::new(config, Box::new(state)), data: PhantomData }
    }

    /// The engine it was made with.
    pub fn engine(&self) -> &Engine {
        &state::<T>(&self.inner).engine
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &state::<T>(&self.inner).data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut state_mut::<T>(&mut self.inner).data
    }

    /// Its instances in the order in which they were made, those whose start function failed too.
    pub fn instances(&self) -> impl ExactSizeIterator<Item = Instance> + use<T> {
        self.inner.instances().map(Instance)
    }

    /// What the store has in the address space, by address: code, tables, contexts and linear memories, with their guards.
    /// [`Instance::regions`] has what one instance uses.
    pub fn regions(&self) -> Vec<Region> {
        self.inner.regions()
    }

    /// Ends the store and gives the embedder's data back.
    pub fn into_data(self) -> T {
        let state = self.inner.into_data().downcast::<StoreState<T>>();
        state.unwrap_or_else(|_| unreachable!("the store's data has the type of the store")).data
    }
}

impl<T> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

pub(crate) fn state<T: 'static>(store: &runtime::Store) -> &StoreState<T> {
    store.data().downcast_ref().expect("the store's data has the type of the store")
}

pub(crate) fn state_mut<T: 'static>(store: &mut runtime::Store) -> &mut StoreState<T> {
    downcast_mut(store.data_mut())
}

pub(crate) fn downcast_mut<T: 'static>(data: &mut (dyn Any + Send)) -> &mut StoreState<T> {
    data.downcast_mut().expect("the store's data has the type of the store")
}

/// A store borrowed to read from.
pub struct StoreContext<'a, T> {
    pub(crate) inner: &'a runtime::Store,
    pub(crate) data: PhantomData<&'a T>,
}

/// A store borrowed to change.
pub struct StoreContextMut<'a, T> {
    pub(crate) inner: &'a mut runtime::Store,
    pub(crate) data: PhantomData<&'a mut T>,
}

impl<'a, T: Send + 'static> StoreContext<'a, T> {
    /// The embedder's data.
    pub fn data(&self) -> &'a T {
        &state::<T>(self.inner).data
    }

    /// The engine.
    pub fn engine(&self) -> &'a Engine {
        &state::<T>(self.inner).engine
    }
}

impl<T: Send + 'static> StoreContextMut<'_, T> {
    /// The embedder's data.
    pub fn data(&self) -> &T {
        &state::<T>(self.inner).data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut state_mut::<T>(self.inner).data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &state::<T>(self.inner).engine
    }
}

impl<T> fmt::Debug for StoreContext<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreContext").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for StoreContextMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreContextMut").finish_non_exhaustive()
    }
}

/// Something that gives read access to a store: `&Store<T>`, `&Caller<'_, T>`, [`StoreContext`].
pub trait AsContext {
    /// The embedder's data.
    type Data: Send + 'static;
    /// Borrows the store.
    fn as_context(&self) -> StoreContext<'_, Self::Data>;
}

/// Something that gives full access to a store: `&mut Store<T>`, `&mut Caller<'_, T>`, [`StoreContextMut`].
pub trait AsContextMut: AsContext {
    /// Borrows the store.
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;
}

impl<T: Send + 'static> AsContext for Store<T> {
    type Data = T;
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { inner: &self.inner, data: PhantomData }
    }
}

impl<T: Send + 'static> AsContextMut for Store<T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { inner: &mut self.inner, data: PhantomData }
    }
}

impl<T: Send + 'static> AsContext for StoreContext<'_, T> {
    type Data = T;
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { inner: self.inner, data: PhantomData }
    }
}

impl<T: Send + 'static> AsContext for StoreContextMut<'_, T> {
    type Data = T;
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { inner: self.inner, data: PhantomData }
    }
}

impl<T: Send + 'static> AsContextMut for StoreContextMut<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { inner: self.inner, data: PhantomData }
    }
}

impl<T: Send + 'static> AsContext for Caller<'_, T> {
    type Data = T;
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { inner: self.inner.store(), data: PhantomData }
    }
}

impl<T: Send + 'static> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { inner: self.inner.store_mut(), data: PhantomData }
    }
}

impl<C: AsContext + ?Sized> AsContext for &C {
    type Data = C::Data;
    fn as_context(&self) -> StoreContext<'_, Self::Data> {
        C::as_context(self)
    }
}

impl<C: AsContext + ?Sized> AsContext for &mut C {
    type Data = C::Data;
    fn as_context(&self) -> StoreContext<'_, Self::Data> {
        C::as_context(self)
    }
}

impl<C: AsContextMut + ?Sized> AsContextMut for &mut C {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data> {
        C::as_context_mut(self)
    }
}

impl<'a, T: Send + 'static> From<&'a Store<T>> for StoreContext<'a, T> {
    fn from(store: &'a Store<T>) -> Self {
        store.as_context()
    }
}

impl<'a, T: Send + 'static> From<&'a mut Store<T>> for StoreContext<'a, T> {
    fn from(store: &'a mut Store<T>) -> Self {
        StoreContext { inner: &store.inner, data: PhantomData }
    }
}

impl<'a, T: Send + 'static> From<&'a mut Store<T>> for StoreContextMut<'a, T> {
    fn from(store: &'a mut Store<T>) -> Self {
        StoreContextMut { inner: &mut store.inner, data: PhantomData }
    }
}

impl<'a, T: Send + 'static> From<&'a Caller<'_, T>> for StoreContext<'a, T> {
    fn from(caller: &'a Caller<'_, T>) -> Self {
        StoreContext { inner: caller.inner.store(), data: PhantomData }
    }
}

impl<'a, T: Send + 'static> From<&'a mut Caller<'_, T>> for StoreContext<'a, T> {
    fn from(caller: &'a mut Caller<'_, T>) -> Self {
        StoreContext { inner: caller.inner.store(), data: PhantomData }
    }
}

impl<'a, T: Send + 'static> From<&'a mut Caller<'_, T>> for StoreContextMut<'a, T> {
    fn from(caller: &'a mut Caller<'_, T>) -> Self {
        StoreContextMut { inner: caller.inner.store_mut(), data: PhantomData }
    }
}
