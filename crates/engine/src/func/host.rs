//! Closures as host functions: parameters and result of the closure say the WebAssembly type.

use std::sync::Arc;

use wootz_runtime as runtime;
use wootz_vm_abi::callconv::ValRaw;
use wootz_wasm_types::{FuncType, ValType};

use super::HostFunction;
use super::typed::{List, Lower, WasmResults, WasmType};
use crate::caller::Caller;
use crate::error::{HostError, to_runtime_host_error};

/// What a host function may return: `()`, one value, a tuple of values, or a `Result` of these whose error converts into
/// a boxed error (any error type does, and `String` and `&str`).
pub trait HostResult: sealed::Return {}

pub(crate) mod sealed {
    use super::{Arc, FuncType, HostError, HostFunction, ValRaw, ValType, runtime};

    pub trait Return {
        fn types() -> Vec<ValType>;
        fn store(self, store: &runtime::Store, slots: &mut [ValRaw]) -> Result<(), HostError>;
    }

    pub trait Wrap<T, Params, Results> {
        fn into_host_function(self) -> (FuncType, Arc<HostFunction>);
    }
}

impl<R: WasmResults> sealed::Return for R {
    fn types() -> Vec<ValType> {
        <R as List>::types()
    }
    fn store(self, store: &runtime::Store, slots: &mut [ValRaw]) -> Result<(), HostError> {
        self.lower(store, slots);
        Ok(())
    }
}
impl<R: WasmResults> HostResult for R {}

impl<R: WasmResults, E: Into<HostError>> sealed::Return for Result<R, E> {
    fn types() -> Vec<ValType> {
        <R as List>::types()
    }
    fn store(self, store: &runtime::Store, slots: &mut [ValRaw]) -> Result<(), HostError> {
        self.map_err(|error| to_runtime_host_error(error.into()))?.lower(store, slots);
        Ok(())
    }
}
impl<R: WasmResults, E: Into<HostError>> HostResult for Result<R, E> {}

/// A closure that can be a host function: up to 16 parameters of [`WasmType`], before them a [`Caller`] if it wants one,
/// and a [`HostResult`].
///
/// | closure | WebAssembly type |
/// |---|---|
/// | `\|\| {}` | `() -> ()` |
/// | `\|x: i32, y: u64\| x as f64` | `(i32, i64) -> (f64)` |
/// | `\|mut caller: Caller<'_, T>, at: u32\| -> Result<(i32, i32), Error> { … }` | `(i32) -> (i32, i32)` |
pub trait IntoFunc<T, Params, Results>: sealed::Wrap<T, Params, Results> {}

impl<T, Params, Results, F: sealed::Wrap<T, Params, Results>> IntoFunc<T, Params, Results> for F {}

macro_rules! wraps {
    ($(($($ty:ident $index:tt)*))*) => {$(
        #[allow(non_snake_case, unused_variables, reason = "one expansion per arity, none included")]
        impl<T, Closure, Returned, $($ty,)*> sealed::Wrap<T, ($($ty,)*), Returned> for Closure
        where
            Closure: Fn($($ty),*) -> Returned + Send + Sync + 'static,
            Returned: HostResult,
            $($ty: WasmType,)*
        {
            fn into_host_function(self) -> (FuncType, Arc<HostFunction>) {
                let function = move |caller: runtime::Caller<'_>, slots: &mut [ValRaw]| {
                    let store = caller.store();
                    $(let $ty = <$ty as Lower>::lift(slots[$index], store);)*
                    self($($ty),*).store(store, slots)
                };
                (FuncType::new([$($ty::TYPE),*], Returned::types()), Arc::new(function))
            }
        }

        #[allow(non_snake_case, unused_variables, reason = "one expansion per arity, none included")]
        impl<T, Closure, Returned, $($ty,)*> sealed::Wrap<T, (Caller<'_, T>, $($ty,)*), Returned> for Closure
        where
            T: Send + 'static,
            Closure: Fn(Caller<'_, T>, $($ty),*) -> Returned + Send + Sync + 'static,
            Returned: HostResult,
            $($ty: WasmType,)*
        {
            fn into_host_function(self) -> (FuncType, Arc<HostFunction>) {
                let function = move |mut caller: runtime::Caller<'_>, slots: &mut [ValRaw]| {
                    let store = caller.store();
                    $(let $ty = <$ty as Lower>::lift(slots[$index], store);)*
                    self(Caller::new(caller.reborrow()), $($ty),*).store(caller.store(), slots)
                };
                (FuncType::new([$($ty::TYPE),*], Returned::types()), Arc::new(function))
            }
        }
    )*};
}

for_each_arity!(wraps);
