//! An instance behind a C handle: a store of its own, its items by number, references as pointers.

use std::collections::HashMap;

use wootz_runtime::{
    Extern, ExternRef, Func, Global, Image, Instance as RuntimeInstance, Memory, Store, StoreConfig, Table,
    Val, ValRaw,
};
use wootz_wasi::WasiCtx;
use wootz_wasm_types::{Declarations, EntityIndex, FuncType, ValType};

use crate::trap::Trap;

/// `NAME_t`: an instance, all that it owns, and what its C handles stand for.
#[derive(Debug)]
pub struct Instance {
    /// Exports by position, then imports by position; empty while the start function runs.
    pub(crate) items: Vec<Item>,
    pub(crate) references: References,
}

/// Something with a number, and for a function its type.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) item: Extern,
    pub(crate) ty: Option<FuncType>,
}

/// References that C programs hold as pointers.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// By the host's pointer: the same one each time.
    externs: HashMap<usize, ExternRef>,
    /// A pointer is the position here, plus one.
    funcs: Vec<Func>,
}

impl References {
    /// The value of type `ty` that a slot from C holds.
    pub(crate) fn receive(&mut self, store: &mut Store, slot: ValRaw, ty: ValType) -> Result<Val, Trap> {
        let word = slot.get_reference();
        match Val::default_for(nullable(ty)) {
            Some(Val::ExternRef(_)) if word == 0 => Ok(Val::ExternRef(None)),
            Some(Val::ExternRef(_)) => {
                let reference = self.externs.entry(word).or_insert_with(|| ExternRef::new(store, word));
                Ok(Val::ExternRef(Some(*reference)))
            }
            Some(Val::FuncRef(_)) if word == 0 => Ok(Val::FuncRef(None)),
            Some(Val::FuncRef(_)) => match self.funcs.get(word - 1) {
                Some(func) => Ok(Val::FuncRef(Some(*func))),
                None => Err(Trap::error("a function reference is not one of the instance's")),
            },
            _ => Ok(Val::from_raw(store, slot, ty)),
        }
    }

    /// A value as a slot for C.
    pub(crate) fn hand_over(&mut self, store: &Store, value: Val) -> ValRaw {
        match value {
            Val::ExternRef(reference) => {
                let word =
                    reference.and_then(|reference| reference.data(store).downcast_ref::<usize>().copied());
                ValRaw::reference(word.unwrap_or(0))
            }
            Val::FuncRef(Some(func)) => {
                let position = self.funcs.iter().position(|known| *known == func).unwrap_or_else(|| {
                    self.funcs.push(func);
                    self.funcs.len() - 1
                });
                ValRaw::reference(position + 1)
            }
            value => value.to_raw(store),
        }
    }
}

/// The type with null, which tells references of the host from those to functions.
fn nullable(ty: ValType) -> ValType {
    match ty {
        ValType::Ref(mut ty) => {
            ty.nullable = true;
            ValType::Ref(ty)
        }
        ty => ty,
    }
}

/// Whether values of a function's type need more than to be copied.
pub(crate) fn has_references(ty: &FuncType) -> bool {
    ty.params.iter().chain(&ty.results).any(|ty| ty.is_ref())
}

/// A store for one instance. Its data is room for WASI's.
pub(crate) fn new_store() -> Store {
    Store::new(StoreConfig::default(), Box::new(None::<WasiCtx>))
}

/// Makes what the program does not give: a memory or a table as it is imported, a global with its initial value.
pub(crate) fn make_import(
    store: &mut Store,
    declarations: &Declarations,
    item: EntityIndex,
    initial: Option<Val>,
) -> Result<Extern, Trap> {
    match item {
        EntityIndex::Memory(index) => {
            let memory = Memory::new(store, declarations.memories[index]);
            memory.map(Extern::Memory).map_err(Trap::error)
        }
        EntityIndex::Table(index) => {
            let ty = declarations.tables[index].ty;
            let init = Val::default_for(ValType::Ref(ty.element));
            let init = init.ok_or_else(|| Trap::error("a table of references without null is imported"))?;
            Table::new(store, ty, init).map(Extern::Table).map_err(Trap::error)
        }
        EntityIndex::Global(index) => {
            let ty = declarations.globals[index].ty;
            let initial = initial.ok_or_else(|| Trap::error("a global has no initial value"))?;
            Global::new(store, ty, initial).map(Extern::Global).map_err(Trap::error)
        }
        EntityIndex::Function(_) | EntityIndex::Tag(_) => Err(Trap::error("an import cannot be made")),
    }
}

/// Instantiates, and runs `_initialize`, which a reactor of WASI wants to be called before all else.
pub(crate) fn instantiate(store: &mut Store, image: &Image, imports: &[Extern]) -> Result<Vec<Item>, Trap> {
    let instance = RuntimeInstance::new(store, image, imports).map_err(|error| match &error {
        wootz_runtime::InstantiateError::Call(call) => Trap::from_call(call),
        other => Trap::error(other),
    })?;
    let exports: Vec<_> = instance.exports(store).collect();
    if let Some((_, Extern::Func(initialize))) = exports.iter().find(|(name, _)| name == "_initialize") {
        let ty = initialize.ty(store);
        if ty.params.is_empty() && ty.results.is_empty() {
            initialize.call_raw(store, &mut []).map_err(|error| Trap::from_call(&error))?;
        }
    }
    let items = exports.into_iter().map(|(_, item)| item).chain(imports.iter().cloned());
    let with_type = |item: Extern| {
        let ty = if let Extern::Func(func) = &item { Some(func.ty(store)) } else { None };
        Item { item, ty }
    };
    Ok(items.map(with_type).collect())
}
