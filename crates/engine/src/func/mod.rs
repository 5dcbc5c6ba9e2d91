//! Functions, of WebAssembly and of the host: made, called with values of any type, and given a static type.

/// Gives a macro a row `(A 0 B 1 …)` for each arity from none to [`MAX_ARITY`](typed::MAX_ARITY): a name and an index for each
/// parameter.
macro_rules! for_each_arity {
    ($macro:ident) => {
        $macro! {
            ()
            (A 0)
            (A 0 B 1)
            (A 0 B 1 C 2)
            (A 0 B 1 C 2 D 3)
            (A 0 B 1 C 2 D 3 E 4)
            (A 0 B 1 C 2 D 3 E 4 F 5)
            (A 0 B 1 C 2 D 3 E 4 F 5 G 6)
            (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7)
            (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8)
            (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9)
            (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10)
            (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11)
            (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12)
            (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13)
            (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14)
            (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15)
        }
    };
}

mod host;
mod typed;

const _: () = assert!(typed::MAX_ARITY == 16, "`for_each_arity` goes to the largest arity");

pub use host::{HostResult, IntoFunc};
pub use typed::{TypedFunc, WasmParams, WasmResults, WasmType};

use std::sync::Arc;

use wootz_runtime as runtime;
pub(crate) use wootz_runtime::HostFunction;
use wootz_runtime::RedirectError;
use wootz_wasm_types::FuncType;

use crate::caller::Caller;
use crate::error::{Error, HostError, TypeError, to_runtime_host_error};
use crate::instance::Instance;
use crate::store::{AsContext, AsContextMut};
use crate::values::Val;

/// A function in a store. Equal handles are the same function.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Func(pub(crate) runtime::Func);

impl Func {
    /// A host function of a type known only at run time. `func` gets the arguments and a slot for each result, which holds
    /// zero or null.
    ///
    /// A panic in `func` is carried over the WebAssembly frames and resumes in the call from the host. An error becomes
    /// [`Error::Host`] there.
    ///
    /// ```
    /// # fn main() -> Result<(), wootz::Error> {
    /// use wootz::{Engine, Func, FuncType, Store, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = FuncType::new([ValType::I32, ValType::I32], [ValType::I32]);
    /// let add = Func::new(&mut store, ty, |_caller, params, results| {
    ///     results[0] = Val::I32(params[0].unwrap_i32() + params[1].unwrap_i32());
    ///     Ok(())
    /// });
    /// assert_eq!(add.call(&mut store, &[40.into(), 2.into()])?[0].i32(), Some(42));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new<T: Send + 'static>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), HostError> + Send + Sync + 'static,
    ) -> Self {
        let function = dynamic(ty.clone(), func);
        Self::from_host(store.as_context_mut().inner, ty, function)
    }

    /// A host function from a closure whose parameters and result say its type: see [`IntoFunc`].
    ///
    /// ```
    /// # fn main() -> Result<(), wootz::Error> {
    /// use wootz::{Caller, Engine, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), 0u64);
    /// let count = Func::wrap(&mut store, |mut caller: Caller<'_, u64>, by: u32| {
    ///     *caller.data_mut() += u64::from(by);
    ///     *caller.data()
    /// });
    /// let count = count.typed::<u32, u64>(&store)?;
    /// count.call(&mut store, 2)?;
    /// assert_eq!(count.call(&mut store, 3)?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wrap<T: Send + 'static, Params, Results>(
        mut store: impl AsContextMut<Data = T>,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Self {
        let (ty, function) = func.into_host_function();
        Self::from_host(store.as_context_mut().inner, ty, function)
    }

    pub(crate) fn from_host(store: &mut runtime::Store, ty: FuncType, function: Arc<HostFunction>) -> Self {
        Self(runtime::Func::from_shared(store, ty, function))
    }

    /// Its type.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        self.0.ty(store.as_context().inner)
    }

    /// Calls it. [`typed`](Self::typed) gives a faster way when the type is known.
    ///
    /// # Errors
    /// [`Error::Type`] if the arguments do not fit its parameters, [`Error::Trap`] if it traps, [`Error::Host`] if a host
    /// function that it calls fails.
    ///
    /// # Panics
    /// If it, or a reference among the arguments, is of another store; or if a host function that it calls panics.
    pub fn call(&self, mut store: impl AsContextMut, params: &[Val]) -> Result<Vec<Val>, Error> {
        let params: Vec<_> = params.iter().map(|value| value.to_runtime()).collect();
        let results = self.0.call(store.as_context_mut().inner, &params)?;
        Ok(results.into_iter().map(Val::from_runtime).collect())
    }

    /// Has every call of this function, one that the host made, go to a function that `instance` defines and exports as `name`.
    /// It stays the same function: references in tables and globals, imports and handles lead to the new code at once. It may be
    /// redirected again; [`Instance::remove`] then frees the code that nothing calls any more.
    ///
    /// ```
    /// # fn main() -> Result<(), wootz::Error> {
    /// use wootz::{Engine, Func, FuncType, Instance, Module, Store, ValType};
    ///
    /// let engine = Engine::default();
    /// let mut store = Store::new(&engine, ());
    /// let answer = Func::new(&mut store, FuncType::new([], [ValType::I32]), |_, _, _| Err("not defined yet".into()));
    /// let user = Module::new(&engine, r#"(module
    ///     (import "" "answer" (func $answer (result i32)))
    ///     (func (export "twice") (result i32) (i32.mul (call $answer) (i32.const 2))))"#)?;
    /// let user = Instance::new(&mut store, &user, &[answer.into()])?;
    /// let twice = user.get_typed_func::<(), i32>(&store, "twice")?;
    ///
    /// let mut old = None;
    /// for number in [21, 50] {
    ///     let text = format!(r#"(module (func (export "answer") (result i32) (i32.const {number})))"#);
    ///     let new = Instance::new(&mut store, &Module::new(&engine, text)?, &[])?;
    ///     answer.redirect(&mut store, new, "answer").expect("the types are equal");
    ///     assert_eq!(twice.call(&mut store, ())?, 2 * number);
    ///     if let Some(old) = old.replace(new) {
    ///         Instance::remove(old, &mut store).expect("nothing refers to it");
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`RedirectError`]; then nothing has changed.
    ///
    /// # Panics
    /// If the function or the instance is of another store.
    pub fn redirect(
        &self,
        mut store: impl AsContextMut,
        instance: Instance,
        name: &str,
    ) -> Result<(), RedirectError> {
        self.0.redirect(store.as_context_mut().inner, instance.0, name)
    }

    /// Has every call of this function, one that the host made, go to what the host made again: what [`redirect`](Self::redirect) has
    /// changed is as before.
    ///
    /// # Errors
    /// [`RedirectError::Running`] or [`RedirectError::NotOfTheHost`]; then nothing has changed.
    ///
    /// # Panics
    /// If the function is of another store.
    pub fn restore(&self, mut store: impl AsContextMut) -> Result<(), RedirectError> {
        self.0.restore(store.as_context_mut().inner)
    }

    /// The function with its type checked once, so that calls need not.
    ///
    /// # Errors
    /// [`Error::Type`] if its type is another.
    pub fn typed<P: WasmParams, R: WasmResults>(
        &self,
        store: impl AsContext,
    ) -> Result<TypedFunc<P, R>, Error> {
        let store = store.as_context();
        let found = self.ty(&store);
        let wanted = FuncType::new(P::types(), R::types());
        if found != wanted {
            return Err(TypeError::Function { name: None, wanted, found }.into());
        }
        Ok(TypedFunc::new(self.0.prepare(store.inner)))
    }
}

/// Wraps a closure over values for the runtime's slots.
pub(crate) fn dynamic<T: Send + 'static>(
    ty: FuncType,
    func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), HostError> + Send + Sync + 'static,
) -> Arc<HostFunction> {
    Arc::new(move |mut caller, slots| {
        let store = caller.store();
        let params: Vec<_> =
            ty.params.iter().zip(&*slots).map(|(ty, raw)| typed::value_from_raw(store, *ty, *raw)).collect();
        let mut results: Vec<_> = ty.results.iter().map(|ty| Val::default_for(*ty)).collect();
        // The caller moves into the host function, the store is needed once more after it.
        func(Caller::new(caller.reborrow()), &params, &mut results).map_err(to_runtime_host_error)?;
        let store = caller.store();
        for ((ty, value), slot) in ty.results.iter().zip(&results).zip(slots) {
            if !value.to_runtime().is_of_type(store, *ty) {
                return Err(TypeError::HostResult { wanted: *ty, found: value.ty() }.into());
            }
            *slot = typed::value_to_raw(store, *value);
        }
        Ok(())
    })
}
