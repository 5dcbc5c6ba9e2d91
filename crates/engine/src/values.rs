//! Values as the embedder sees them, and their passage to the runtime's values.

use std::any::Any;
use std::fmt;

use wootz_runtime as runtime;
use wootz_wasm_types::{HeapType, RefType, ValType};

use crate::func::Func;
use crate::store::AsContextMut;

/// A WebAssembly value of any type. Floats are kept as bits, so that a NaN's payload survives.
#[derive(Copy, Clone, Debug)]
pub enum Val {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A vector, lane 0 in the lowest bits.
    V128(u128),
    /// A function reference or null.
    FuncRef(Option<Func>),
    /// A host reference or null.
    ExternRef(Option<ExternRef>),
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident, $unwrap:ident: $pattern:pat => $value:expr, $ty:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self) -> Option<$ty> {
            match *self {
                $pattern => Some($value),
                _ => None,
            }
        }

        #[doc = concat!("Like [`", stringify!($name), "`](Self::", stringify!($name), "), for a value known to have the type.")]
        ///
        /// # Panics
        /// If it has another type.
        pub fn $unwrap(&self) -> $ty {
            self.$name().unwrap_or_else(|| panic!(concat!("expected ", stringify!($name), ", found {}"), self.ty()))
        }
    )*};
}

impl Val {
    /// The null reference of a type.
    ///
    /// # Panics
    /// If the type is not a reference to functions or to host values: this version has no other.
    pub fn null(ty: RefType) -> Self {
        match ty.heap {
            HeapType::Func | HeapType::NoFunc | HeapType::Concrete(_) => Self::FuncRef(None),
            HeapType::Extern | HeapType::NoExtern => Self::ExternRef(None),
            _ => panic!("no null of type {ty} in this version"),
        }
    }

    /// The value that a local of this type starts with: zero or null.
    pub fn default_for(ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32(0),
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0),
            ValType::F64 => Self::F64(0),
            ValType::V128 => Self::V128(0),
            ValType::Ref(ty) => Self::null(ty),
        }
    }

    /// Its type.
    pub fn ty(&self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::V128(_) => ValType::V128,
            Self::FuncRef(_) => ValType::FUNCREF,
            Self::ExternRef(_) => ValType::EXTERNREF,
        }
    }

    accessors! {
        /// The integer, if it is an `i32`.
        i32, unwrap_i32: Self::I32(value) => value, i32;
        /// The integer, if it is an `i64`.
        i64, unwrap_i64: Self::I64(value) => value, i64;
        /// The float, if it is an `f32`.
        f32, unwrap_f32: Self::F32(bits) => f32::from_bits(bits), f32;
        /// The float, if it is an `f64`.
        f64, unwrap_f64: Self::F64(bits) => f64::from_bits(bits), f64;
        /// The vector, if it is a `v128`.
        v128, unwrap_v128: Self::V128(bits) => bits, u128;
        /// The reference or null, if it is a `funcref`.
        funcref, unwrap_funcref: Self::FuncRef(func) => func, Option<Func>;
        /// The reference or null, if it is an `externref`.
        externref, unwrap_externref: Self::ExternRef(reference) => reference, Option<ExternRef>;
    }

    pub(crate) fn to_runtime(self) -> runtime::Val {
        match self {
            Self::I32(value) => runtime::Val::I32(value),
            Self::I64(value) => runtime::Val::I64(value),
            Self::F32(bits) => runtime::Val::F32(bits),
            Self::F64(bits) => runtime::Val::F64(bits),
            Self::V128(bits) => runtime::Val::V128(bits),
            Self::FuncRef(func) => runtime::Val::FuncRef(func.map(|func| func.0)),
            Self::ExternRef(reference) => runtime::Val::ExternRef(reference.map(|reference| reference.0)),
        }
    }

    pub(crate) fn from_runtime(value: runtime::Val) -> Self {
        match value {
            runtime::Val::I32(value) => Self::I32(value),
            runtime::Val::I64(value) => Self::I64(value),
            runtime::Val::F32(bits) => Self::F32(bits),
            runtime::Val::F64(bits) => Self::F64(bits),
            runtime::Val::V128(bits) => Self::V128(bits),
            runtime::Val::FuncRef(func) => Self::FuncRef(func.map(Func)),
            runtime::Val::ExternRef(reference) => Self::ExternRef(reference.map(ExternRef)),
        }
    }
}

macro_rules! from_value {
    ($($ty:ty: $value:ident => $val:expr;)*) => {$(
        impl From<$ty> for Val {
            fn from($value: $ty) -> Self {
                $val
            }
        }
    )*};
}

from_value! {
    i32: value => Self::I32(value);
    u32: value => Self::I32(value as i32);
    i64: value => Self::I64(value);
    u64: value => Self::I64(value as i64);
    f32: value => Self::F32(value.to_bits());
    f64: value => Self::F64(value.to_bits());
    u128: value => Self::V128(value);
    Func: value => Self::FuncRef(Some(value));
    Option<Func>: value => Self::FuncRef(value);
    ExternRef: value => Self::ExternRef(Some(value));
    Option<ExternRef>: value => Self::ExternRef(value);
}

/// Floats as numbers, references by whether they are null.
impl fmt::Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32(value) => value.fmt(f),
            Self::I64(value) => value.fmt(f),
            Self::F32(bits) => f32::from_bits(*bits).fmt(f),
            Self::F64(bits) => f64::from_bits(*bits).fmt(f),
            Self::V128(bits) => write!(f, "{bits:#034x}"),
            Self::FuncRef(None) | Self::ExternRef(None) => f.write_str("null"),
            Self::FuncRef(Some(_)) => f.write_str("funcref"),
            Self::ExternRef(Some(_)) => f.write_str("externref"),
        }
    }
}

/// A reference to a value of the host, opaque to WebAssembly. The value lives as long as the store.
///
/// ```
/// # fn main() -> Result<(), wootz::Error> {
/// use wootz::{Engine, ExternRef, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"
///     (module (func (export "same") (param externref) (result externref) local.get 0))
/// "#)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let same = instance.get_typed_func::<Option<ExternRef>, Option<ExternRef>>(&mut store, "same")?;
/// let name = ExternRef::new(&mut store, String::from("steel"));
/// let returned = same.call(&mut store, Some(name))?.expect("not null");
/// assert_eq!(returned.data(&store).downcast_ref::<String>().unwrap(), "steel");
/// # Ok(())
/// # }
/// ```
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ExternRef(pub(crate) runtime::ExternRef);

impl ExternRef {
    /// A reference to `value`, which the store keeps.
    pub fn new(mut store: impl AsContextMut, value: impl Any + Send + Sync) -> Self {
        Self(runtime::ExternRef::new(store.as_context_mut().inner, value))
    }

    /// The value.
    ///
    /// # Panics
    /// If the reference is of another store.
    pub fn data<'a, T: Send + 'static>(
        &self,
        store: impl Into<crate::StoreContext<'a, T>>,
    ) -> &'a (dyn Any + Send + Sync) {
        self.0.data(store.into().inner)
    }
}
