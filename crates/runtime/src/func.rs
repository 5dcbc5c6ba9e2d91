//! Functions: calling them, and making host functions.

use std::ptr::NonNull;
use std::sync::Arc;

use wootz_vm_abi::callconv::ValRaw;
use wootz_vm_abi::context::VMFuncRef;
use wootz_wasm_types::{FuncType, TypeIndex};

use crate::vm::activation::Callee;
use crate::{ArgumentsError, CallError, Extern, HostError, Instance, Store, Val};

/// What a host function does: see [`Func::new`].
pub type HostFunction = dyn Fn(Caller<'_>, &mut [ValRaw]) -> Result<(), HostError> + Send + Sync;

/// A function, of WebAssembly or of the host. A handle: it belongs to one store, which owns the function. Equal handles
/// are the same function.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Func {
    pub(crate) store: u64,
    pub(crate) index: u32,
}

impl Func {
    /// A host function. A concrete heap type in `ty` is the store's number of a type, see
    /// [`Store::type_index`](crate::Store::type_index). `call` finds the arguments in the first slots and leaves the results there; there are as many
    /// slots as the larger of the two counts, and every one holds a value of the type in `ty`.
    ///
    /// A panic in `call` is carried over the WebAssembly frames and resumed in whoever called into them.
    ///
    /// # Panics
    /// If `ty` mentions a type that the store does not have.
    pub fn new(
        store: &mut Store,
        ty: FuncType,
        call: impl Fn(Caller<'_>, &mut [ValRaw]) -> Result<(), HostError> + Send + Sync + 'static,
    ) -> Self {
        Self::from_shared(store, ty, Arc::new(call))
    }

    /// As [`new`](Self::new), of a function that other stores may have as well.
    ///
    /// # Panics
    /// If `ty` mentions a type that the store does not have.
    pub fn from_shared(store: &mut Store, ty: FuncType, call: Arc<HostFunction>) -> Self {
        let index = store.inner.add_host_func(&ty, call);
        Self { store: store.inner.id(), index }
    }

    /// Its type. A concrete heap type in it is the store's number of a type.
    ///
    /// # Panics
    /// If the function is of another store.
    pub fn ty(&self, store: &Store) -> FuncType {
        store.inner.func_type(self.pointer(store)).ty.clone()
    }

    /// The store's number of its type: equal for equal types, and what a concrete heap type in a type of the store says.
    ///
    /// # Panics
    /// If the function is of another store.
    pub fn type_index(&self, store: &Store) -> TypeIndex {
        TypeIndex(store.inner.func_type_id(self.pointer(store)).0)
    }

    /// Calls it.
    ///
    /// # Errors
    /// [`CallError`] for a trap, a failing host function, or arguments that do not fit.
    ///
    /// # Panics
    /// If the function or a reference among the arguments is of another store, or if a host function panicked.
    pub fn call(&self, store: &mut Store, args: &[Val]) -> Result<Vec<Val>, CallError> {
        let func = self.pointer(store);
        let info = Arc::clone(store.inner.func_type(func));
        check_arguments(store, &info.ty, args).map_err(CallError::Arguments)?;
        let mut slots = vec![ValRaw(0); info.slots];
        for (slot, arg) in slots.iter_mut().zip(args) {
            *slot = arg.to_raw(store);
        }
        Callee::new(store, func).call(store, &mut slots)?;
        Ok(slots.iter().zip(&info.ty.results).map(|(slot, ty)| Val::from_raw(store, *slot, *ty)).collect())
    }

    /// Calls it with raw slots: arguments in front, results in front afterwards. `slots` must be as long as
    /// the larger of the two counts, and hold values of the parameters' types: a number in the wrong type is read
    /// as the bits that it is, a reference is looked up.
    ///
    /// # Errors
    /// As [`call`](Self::call); [`ArgumentsError`] if there are too few slots, or a reference is
    /// not one that the store made.
    ///
    /// # Panics
    /// If the function is of another store, or if a host function panicked.
    pub fn call_raw(&self, store: &mut Store, slots: &mut [ValRaw]) -> Result<(), CallError> {
        Callee::new(store, self.pointer(store)).call(store, slots)
    }

    /// The function with what a call needs to know, looked up once.
    ///
    /// # Panics
    /// If the function is of another store.
    pub fn prepare(&self, store: &Store) -> PreparedFunc {
        PreparedFunc { func: *self, callee: Callee::new(store, self.pointer(store)) }
    }

    pub(crate) fn pointer(&self, store: &Store) -> NonNull<VMFuncRef> {
        store.inner.funcs().pointer(store.own("function", self.store, self.index) as u32)
    }
}

/// A function that is to be called often: see [`Func::prepare`].
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct PreparedFunc {
    func: Func,
    callee: Callee,
}

impl PreparedFunc {
    /// The function.
    pub fn func(&self) -> Func {
        self.func
    }

    /// As [`Func::call_raw`].
    ///
    /// # Errors
    /// As [`Func::call_raw`].
    ///
    /// # Panics
    /// If the function is of another store, or if a host function panicked.
    #[inline]
    pub fn call_raw(&self, store: &mut Store, slots: &mut [ValRaw]) -> Result<(), CallError> {
        self.callee.call(store, slots)
    }
}

fn check_arguments(store: &Store, ty: &FuncType, args: &[Val]) -> Result<(), ArgumentsError> {
    if args.len() != ty.params.len() {
        return Err(ArgumentsError::Count { ty: ty.clone(), given: args.len() });
    }
    for (index, (arg, expected)) in args.iter().zip(&ty.params).enumerate() {
        if !arg.is_of_type(store, *expected) {
            return Err(ArgumentsError::Type { index, expected: *expected, given: arg.ty() });
        }
    }
    Ok(())
}

/// What a host function gets: the store, and who called.
pub struct Caller<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) instance: Option<Instance>,
}

impl Caller<'_> {
    /// The same caller for a shorter time, for a host function to be called by value.
    pub fn reborrow(&mut self) -> Caller<'_> {
        Caller { store: self.store, instance: self.instance }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        self.store
    }

    /// The store.
    pub fn store_mut(&mut self) -> &mut Store {
        self.store
    }

    /// The calling instance; `None` if the host calls.
    pub fn instance(&self) -> Option<Instance> {
        self.instance
    }

    /// An export of the calling instance.
    pub fn export(&self, name: &str) -> Option<Extern> {
        self.instance?.export(self.store, name)
    }
}
