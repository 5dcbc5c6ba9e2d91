//! Rust types that stand for WebAssembly types, and calls through them: no allocation, no check of types per call.

use std::fmt;
use std::marker::PhantomData;

use wootz_runtime as runtime;
use wootz_vm_abi::callconv::ValRaw;
use wootz_wasm_types::ValType;

use crate::error::Error;
use crate::func::Func;
use crate::store::AsContextMut;
use crate::values::{ExternRef, Val};

/// The largest number of parameters or results that has a static type.
pub(crate) const MAX_ARITY: usize = 16;

/// A Rust type that stands for one WebAssembly value type: `i32`, `u32`, `i64`, `u64`, `f32`, `f64`, `u128` (a
/// `v128`, lane 0 in the lowest bits), `Option<Func>`, `Option<ExternRef>`.
pub trait WasmType: private::Lower {}

/// Parameters of a [`TypedFunc`]: nothing, one value, or a tuple of up to 16.
pub trait WasmParams: private::List {}

/// Results of a [`TypedFunc`]: nothing, one value, or a tuple of up to 16.
pub trait WasmResults: private::List {}

pub(crate) use private::{List, Lower};

mod private {
    use super::{ValRaw, ValType, runtime};

    /// One value to and from a slot.
    pub trait Lower: Sized + Send {
        /// The WebAssembly type.
        const TYPE: ValType;
        /// To a slot.
        fn lower(self, store: &runtime::Store) -> ValRaw;
        /// From a slot that holds a value of the type.
        fn lift(raw: ValRaw, store: &runtime::Store) -> Self;
    }

    /// Several values to and from the first of some slots.
    pub trait List: Sized {
        /// How many.
        const COUNT: usize;
        /// Their types.
        fn types() -> Vec<ValType>;
        /// To slots.
        fn lower(self, store: &runtime::Store, slots: &mut [ValRaw]);
        /// From slots that hold values of the types.
        fn lift(slots: &[ValRaw], store: &runtime::Store) -> Self;
    }
}

macro_rules! lower {
    ($($ty:ty = $val:ident: $value:ident => $lower:expr, $raw:ident => $lift:expr;)*) => {$(
        impl Lower for $ty {
            const TYPE: ValType = ValType::$val;
            fn lower(self, _: &runtime::Store) -> ValRaw {
                let $value = self;
                $lower
            }
            fn lift($raw: ValRaw, _: &runtime::Store) -> Self {
                $lift
            }
        }
        impl WasmType for $ty {}
    )*};
}

lower! {
    i32 = I32: value => ValRaw::i32(value), raw => raw.get_i32();
    u32 = I32: value => ValRaw::i32(value as i32), raw => raw.get_i32() as u32;
    i64 = I64: value => ValRaw::i64(value), raw => raw.get_i64();
    u64 = I64: value => ValRaw::i64(value as i64), raw => raw.get_i64() as u64;
    f32 = F32: value => ValRaw::f32(value.to_bits()), raw => f32::from_bits(raw.get_f32());
    u128 = V128: value => ValRaw(value), raw => raw.0;
    f64 = F64: value => ValRaw::f64(value.to_bits()), raw => f64::from_bits(raw.get_f64());
}

impl Lower for Option<Func> {
    const TYPE: ValType = ValType::FUNCREF;
    fn lower(self, store: &runtime::Store) -> ValRaw {
        value_to_raw(store, Val::FuncRef(self))
    }
    fn lift(raw: ValRaw, store: &runtime::Store) -> Self {
        value_from_raw(store, Self::TYPE, raw).unwrap_funcref()
    }
}
impl WasmType for Option<Func> {}

impl Lower for Option<ExternRef> {
    const TYPE: ValType = ValType::EXTERNREF;
    fn lower(self, store: &runtime::Store) -> ValRaw {
        value_to_raw(store, Val::ExternRef(self))
    }
    fn lift(raw: ValRaw, store: &runtime::Store) -> Self {
        value_from_raw(store, Self::TYPE, raw).unwrap_externref()
    }
}
impl WasmType for Option<ExternRef> {}

/// A value of any type to a slot.
pub(crate) fn value_to_raw(store: &runtime::Store, value: Val) -> ValRaw {
    value.to_runtime().to_raw(store)
}

/// A slot that holds a value of a type to that value.
pub(crate) fn value_from_raw(store: &runtime::Store, ty: ValType, raw: ValRaw) -> Val {
    Val::from_runtime(runtime::Val::from_raw(store, raw, ty))
}

impl<T: WasmType> List for T {
    const COUNT: usize = 1;
    fn types() -> Vec<ValType> {
        vec![T::TYPE]
    }
    fn lower(self, store: &runtime::Store, slots: &mut [ValRaw]) {
        slots[0] = Lower::lower(self, store);
    }
    fn lift(slots: &[ValRaw], store: &runtime::Store) -> Self {
        Lower::lift(slots[0], store)
    }
}
impl<T: WasmType> WasmParams for T {}
impl<T: WasmType> WasmResults for T {}

macro_rules! tuples {
    ($(($($ty:ident $index:tt)*))*) => {$(
        #[allow(non_snake_case, unused_variables, clippy::unused_unit, reason = "one expansion per arity, () included")]
        impl<$($ty: WasmType),*> List for ($($ty,)*) {
            const COUNT: usize = { const NAMES: &[&str] = &[$(stringify!($ty)),*]; NAMES.len() };
            fn types() -> Vec<ValType> {
                vec![$($ty::TYPE),*]
            }
            fn lower(self, store: &runtime::Store, slots: &mut [ValRaw]) {
                $(slots[$index] = Lower::lower(self.$index, store);)*
            }
            fn lift(slots: &[ValRaw], store: &runtime::Store) -> Self {
                ($(<$ty as Lower>::lift(slots[$index], store),)*)
            }
        }
        impl<$($ty: WasmType),*> WasmParams for ($($ty,)*) {}
        impl<$($ty: WasmType),*> WasmResults for ($($ty,)*) {}
    )*};
}

for_each_arity!(tuples);

/// A function whose type is known: see [`Func::typed`] and [`Instance::get_typed_func`](crate::Instance::get_typed_func).
pub struct TypedFunc<P, R> {
    func: runtime::PreparedFunc,
    signature: PhantomData<fn(P) -> R>,
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFunc").field(&self.func.func()).finish()
    }
}

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    pub(crate) fn new(func: runtime::PreparedFunc) -> Self {
        Self { func, signature: PhantomData }
    }

    /// The function without its static type.
    pub fn func(&self) -> Func {
        Func(self.func.func())
    }

    /// Calls it.
    ///
    /// # Errors
    /// [`Error::Trap`] if it traps, [`Error::Host`] if a host function that it calls fails.
    ///
    /// # Panics
    /// If it, or a reference among the arguments, is of another store; or if a host function that it calls panics.
    pub fn call(&self, mut store: impl AsContextMut, params: P) -> Result<R, Error> {
        let store = store.as_context_mut().inner;
        // A constant condition: one branch is compiled, and small calls touch little stack.
        match P::COUNT.max(R::COUNT) {
            0 | 1 => self.call_with([ValRaw(0); 1], store, params),
            2..=4 => self.call_with([ValRaw(0); 4], store, params),
            _ => self.call_with([ValRaw(0); MAX_ARITY], store, params),
        }
    }

    fn call_with<const N: usize>(
        &self,
        mut slots: [ValRaw; N],
        store: &mut runtime::Store,
        params: P,
    ) -> Result<R, Error> {
        params.lower(store, &mut slots);
        self.func.call_raw(store, &mut slots)?;
        Ok(R::lift(&slots, store))
    }
}
