//! The identity of function types within a store: equal types have equal ids, whatever module they come from.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::Arc;

use wootz_vm_abi::callconv::slot_count;
use wootz_vm_abi::context::VMTypeId;
use wootz_wasm_ir::{FuncType, HeapType, RefType, ValType};

/// What a store knows of a function type.
pub(crate) struct TypeInfo {
    /// The type.
    pub(crate) ty: FuncType,
    /// Slots of a call across the host boundary.
    pub(crate) slots: usize,
    /// Positions of parameters that are function references.
    pub(crate) func_params: Box<[usize]>,
    /// Positions of results that are function references.
    pub(crate) func_results: Box<[usize]>,
}

/// The function types of a store.
#[derive(Default)]
pub(crate) struct Types {
    ids: HashMap<FuncType, VMTypeId>,
    types: Vec<Arc<TypeInfo>>,
    host_exits: Vec<Option<*const c_void>>,
}

impl Types {
    /// The id of a type.
    pub(crate) fn intern(&mut self, ty: &FuncType) -> VMTypeId {
        if let Some(id) = self.ids.get(ty) {
            return *id;
        }
        let id = VMTypeId(u32::try_from(self.types.len()).expect("fewer than 2^32 function types"));
        let func_refs = |types: &[ValType]| {
            let is_func = |ty: &ValType| matches!(ty, ValType::Ref(RefType { heap: HeapType::Func, .. }));
            types.iter().enumerate().filter(|(_, ty)| is_func(ty)).map(|(index, _)| index).collect()
        };
        self.types.push(Arc::new(TypeInfo {
            ty: ty.clone(),
            slots: slot_count(ty),
            func_params: func_refs(&ty.params),
            func_results: func_refs(&ty.results),
        }));
        self.host_exits.push(None);
        self.ids.insert(ty.clone(), id);
        id
    }

    /// The type with this id.
    pub(crate) fn get(&self, id: VMTypeId) -> &Arc<TypeInfo> {
        &self.types[id.0 as usize]
    }

    /// The wasm→host trampoline for a type, if an image of the store brought one.
    pub(crate) fn host_exit(&self, id: VMTypeId) -> Option<*const c_void> {
        self.host_exits[id.0 as usize]
    }

    /// Keeps `code` as the trampoline for a type; `true` if it is the first.
    pub(crate) fn set_host_exit(&mut self, id: VMTypeId, code: *const c_void) -> bool {
        let slot = &mut self.host_exits[id.0 as usize];
        let first = slot.is_none();
        slot.get_or_insert(code);
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_types_share_an_id() {
        let mut types = Types::default();
        let unary = FuncType::new([ValType::I32], []);
        let refs = FuncType::new([ValType::EXTERNREF, ValType::FUNCREF], [ValType::FUNCREF, ValType::I32]);
        let id = types.intern(&unary);
        assert_eq!(types.intern(&unary.clone()), id);
        let other = types.intern(&refs);
        assert_ne!(other, id);
        let info = types.get(other);
        assert_eq!((&*info.func_params, &*info.func_results, info.slots), (&[1][..], &[0][..], 2));
        assert!(types.get(id).func_params.is_empty());
    }

    #[test]
    fn the_first_trampoline_stays() {
        let mut types = Types::default();
        let id = types.intern(&FuncType::default());
        assert_eq!(types.host_exit(id), None);
        assert!(types.set_host_exit(id, 8 as *const c_void));
        assert!(!types.set_host_exit(id, 16 as *const c_void));
        assert_eq!(types.host_exit(id), Some(8 as *const c_void));
    }
}
