//! Values and external values, as the host passes them.

use std::any::Any;

use wootz_vm_abi::callconv::ValRaw;
use wootz_wasm_types::{EntityType, HeapType, RefType, ValType};

use crate::{Func, Global, Memory, Store, Table};

/// A WebAssembly value.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Val {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// An `f32`, by its bits.
    F32(u32),
    /// An `f64`, by its bits.
    F64(u64),
    /// A `v128`, lane 0 in the lowest bits.
    V128(u128),
    /// A `funcref`.
    FuncRef(Option<Func>),
    /// An `externref`.
    ExternRef(Option<ExternRef>),
}

impl Val {
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

    /// Zero or null: the value that a local of this type starts with. `None` for a type without one.
    pub fn default_for(ty: ValType) -> Option<Self> {
        Some(match ty {
            ValType::I32 => Self::I32(0),
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0),
            ValType::F64 => Self::F64(0),
            ValType::V128 => Self::V128(0),
            ValType::Ref(ty) if !ty.nullable => return None,
            ValType::Ref(ty) if is_extern(ty.heap) => Self::ExternRef(None),
            ValType::Ref(_) => Self::FuncRef(None),
        })
    }

    /// Whether it is a value of type `ty`, in which concrete heap types are the store's numbers.
    ///
    /// # Panics
    /// If it is a reference of another store.
    pub fn is_of_type(&self, store: &Store, ty: ValType) -> bool {
        match (self, ty) {
            (Self::FuncRef(_), ValType::Ref(ty)) if !is_extern(ty.heap) => {
                store.inner.is_reference(self.to_raw(store).get_reference(), ty)
            }
            (Self::ExternRef(_), ValType::Ref(ty)) if is_extern(ty.heap) => {
                store.inner.is_reference(self.to_raw(store).get_reference(), ty)
            }
            _ => self.ty() == ty && !ty.is_ref(),
        }
    }

    /// The value as it crosses into compiled code.
    ///
    /// # Panics
    /// If it is a reference of another store.
    pub fn to_raw(&self, store: &Store) -> ValRaw {
        match *self {
            Self::I32(value) => ValRaw::i32(value),
            Self::I64(value) => ValRaw::i64(value),
            Self::F32(bits) => ValRaw::f32(bits),
            Self::F64(bits) => ValRaw::f64(bits),
            Self::V128(value) => ValRaw(value),
            Self::FuncRef(None) | Self::ExternRef(None) => ValRaw::reference(0),
            Self::FuncRef(Some(func)) => {
                let index = store.own("function", func.store, func.index) as u32;
                ValRaw::reference(store.inner.funcs().pointer(index).addr().get())
            }
            // Null is 0, so that compiled code can test for it.
            Self::ExternRef(Some(reference)) => {
                ValRaw::reference(store.own("external reference", reference.store, reference.index) + 1)
            }
        }
    }

    /// The value of type `ty` that came out of compiled code.
    ///
    /// # Panics
    /// If `ty` is a reference type and `raw` is not a reference of the store.
    pub fn from_raw(store: &Store, raw: ValRaw, ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32(raw.get_i32()),
            ValType::I64 => Self::I64(raw.get_i64()),
            ValType::F32 => Self::F32(raw.get_f32()),
            ValType::F64 => Self::F64(raw.get_f64()),
            ValType::V128 => Self::V128(raw.0),
            ValType::Ref(RefType { heap, .. }) if is_extern(heap) => {
                Self::ExternRef(raw.get_reference().checked_sub(1).map(|index| {
                    assert!(
                        index < store.inner.externs.len(),
                        "{raw:?} is not an external reference of the store"
                    );
                    ExternRef { store: store.inner.id(), index: index as u32 }
                }))
            }
            ValType::Ref(_) => Self::FuncRef(match raw.get_reference() {
                0 => None,
                word => {
                    let index = store.inner.funcs().handle(word);
                    let index =
                        index.unwrap_or_else(|| panic!("{raw:?} is not a function reference of the store"));
                    Some(Func { store: store.inner.id(), index })
                }
            }),
        }
    }
}

/// Whether a heap type is in the external hierarchy. Every other that is implemented is in that of functions.
fn is_extern(heap: HeapType) -> bool {
    matches!(heap, HeapType::Extern | HeapType::NoExtern)
}

/// A reference to something of the host's, opaque to WebAssembly. It lives as long as the store.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct ExternRef {
    pub(crate) store: u64,
    pub(crate) index: u32,
}

impl ExternRef {
    /// Puts `data` into the store, which keeps it until it is dropped.
    pub fn new(store: &mut Store, data: impl Any + Send + Sync) -> Self {
        let index = store.inner.add_extern(Box::new(data));
        Self { store: store.inner.id(), index }
    }

    /// What it refers to.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn data<'a>(&self, store: &'a Store) -> &'a (dyn Any + Send + Sync) {
        &*store.inner.externs[store.own("external reference", self.store, self.index)]
    }
}

/// Something that a module imports or exports.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A linear memory.
    Memory(Memory),
    /// A table.
    Table(Table),
    /// A global.
    Global(Global),
}

impl Extern {
    /// Its type. The minimum of a memory or table is its current size.
    ///
    /// # Panics
    /// If it is of another store.
    pub fn ty(&self, store: &Store) -> EntityType {
        match self {
            Self::Func(func) => EntityType::Function(func.ty(store)),
            Self::Memory(memory) => EntityType::Memory(memory.ty(store)),
            Self::Table(table) => EntityType::Table(table.ty(store)),
            Self::Global(global) => EntityType::Global(global.ty(store)),
        }
    }

    /// The function, if it is one.
    pub fn into_func(self) -> Option<Func> {
        match self {
            Self::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The memory, if it is one.
    pub fn into_memory(self) -> Option<Memory> {
        match self {
            Self::Memory(memory) => Some(memory),
            _ => None,
        }
    }

    /// The table, if it is one.
    pub fn into_table(self) -> Option<Table> {
        match self {
            Self::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The global, if it is one.
    pub fn into_global(self) -> Option<Global> {
        match self {
            Self::Global(global) => Some(global),
            _ => None,
        }
    }
}

impl From<Func> for Extern {
    fn from(func: Func) -> Self {
        Self::Func(func)
    }
}

impl From<Memory> for Extern {
    fn from(memory: Memory) -> Self {
        Self::Memory(memory)
    }
}

impl From<Table> for Extern {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Global> for Extern {
    fn from(global: Global) -> Self {
        Self::Global(global)
    }
}
