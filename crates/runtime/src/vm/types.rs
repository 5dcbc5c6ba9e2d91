//! The identity of function types within a store: equal types have equal ids, whatever module they come from.
//!
//! A concrete heap type in a type that belongs to the store is the store's own number of that type, its id.

use std::ffi::c_void;
use std::ops::Range;
use std::sync::Arc;

use wootz_vm_abi::callconv::slot_count;
use wootz_vm_abi::context::VMTypeId;
use wootz_wasm_types::equivalence::{TypeNumbers, renumber};
use wootz_wasm_types::{Declarations, FuncType, HeapType, RefType, TypeIndex, ValType};

/// What a store knows of a function type.
pub(crate) struct TypeInfo {
    /// The type, in the store's numbers.
    pub(crate) ty: FuncType,
    /// Slots of a call across the host boundary.
    pub(crate) slots: usize,
    /// Positions and types of parameters that are references of which not every word is one.
    pub(crate) reference_params: Box<[(usize, RefType)]>,
    /// The same of results.
    pub(crate) reference_results: Box<[(usize, RefType)]>,
}

/// The function types of a store.
#[derive(Default)]
pub(crate) struct Types {
    numbers: TypeNumbers,
    types: Vec<Arc<TypeInfo>>,
    host_exits: Vec<Option<*const c_void>>,
}

impl Types {
    /// The id of a type in the store's numbers.
    ///
    /// # Panics
    /// If it mentions a type that the store does not have.
    pub(crate) fn intern(&mut self, ty: &FuncType) -> VMTypeId {
        let known = self.numbers.count();
        let number = |index: TypeIndex| {
            assert!(
                index.0 < known,
                "the type {ty} mentions type {}, which the store does not have",
                index.0
            );
            index.0
        };
        let id = self.numbers.intern(std::slice::from_ref(ty), 0..0, number);
        if id == known {
            self.push(ty.clone());
        }
        VMTypeId(id)
    }

    /// The ids of a module's types.
    pub(crate) fn intern_module(&mut self, declarations: &Declarations) -> Arc<[VMTypeId]> {
        let mut ids: Vec<VMTypeId> = Vec::with_capacity(declarations.types.len());
        for group in declarations.type_groups() {
            let types = declarations.type_group(group.clone());
            let known = self.numbers.count();
            let first = self.numbers.intern(types, group.clone(), |index| ids[index.0 as usize].0);
            ids.extend((first..).take(types.len()).map(VMTypeId));
            if first == known {
                for ty in types {
                    self.push(renumber(ty, |index| ids[index.0 as usize].0));
                }
            }
        }
        ids.into()
    }

    fn push(&mut self, ty: FuncType) {
        let references = |types: &[ValType]| {
            let reference = |(index, ty): (usize, &ValType)| match *ty {
                ValType::Ref(RefType { nullable: true, heap: HeapType::Extern }) => None,
                ValType::Ref(ty) => Some((index, ty)),
                _ => None,
            };
            types.iter().enumerate().filter_map(reference).collect()
        };
        self.types.push(Arc::new(TypeInfo {
            slots: slot_count(&ty),
            reference_params: references(&ty.params),
            reference_results: references(&ty.results),
            ty,
        }));
        self.host_exits.push(None);
    }

    /// The type with this id.
    pub(crate) fn get(&self, id: VMTypeId) -> &Arc<TypeInfo> {
        &self.types[id.0 as usize]
    }

    /// The wasm→host trampoline for a type, if an image of the store brought one.
    pub(crate) fn host_exit(&self, id: VMTypeId) -> Option<*const c_void> {
        self.host_exits[id.0 as usize]
    }

    /// Whether a trampoline lies in a range of addresses.
    pub(crate) fn has_host_exit_in(&self, addresses: &Range<usize>) -> bool {
        self.host_exits.iter().flatten().any(|code| addresses.contains(&code.addr()))
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
        assert_eq!(*info.reference_params, [(1, RefType::FUNCREF)]);
        assert_eq!(*info.reference_results, [(0, RefType::FUNCREF)]);
        assert_eq!(info.slots, 2);
        assert!(types.get(id).reference_params.is_empty());
    }

    #[test]
    fn types_of_modules_are_known_by_the_numbers_of_the_store() {
        let reference =
            |index| ValType::Ref(RefType { nullable: false, heap: HeapType::Concrete(TypeIndex(index)) });
        let mut types = Types::default();
        let unit = types.intern(&FuncType::default());
        let mut declarations = Declarations::default();
        declarations.types.push(FuncType::new([ValType::I64], []));
        declarations.types.push(FuncType::default());
        declarations.types.push(FuncType::new([reference(3)], [reference(1)]));
        declarations.types.push(FuncType::new([], [reference(2)]));
        declarations.recursion_groups.push(2..4);
        let ids = types.intern_module(&declarations);
        assert_eq!(ids[1], unit);
        assert_eq!(types.intern_module(&declarations), ids);
        assert_eq!(types.get(ids[2]).ty, FuncType::new([reference(ids[3].0)], [reference(unit.0)]));
        // The host can name what the store has: the same structure outside of a group is another type.
        let alone = types.get(ids[3]).ty.clone();
        assert_ne!(types.intern(&alone), ids[3]);
        assert_eq!(types.intern(&FuncType::new([reference(0)], [])).0, 5);
    }

    #[test]
    #[should_panic(expected = "mentions type 7, which the store does not have")]
    fn the_host_names_known_types_only() {
        let heap = HeapType::Concrete(TypeIndex(7));
        Types::default().intern(&FuncType::new([ValType::Ref(RefType { nullable: true, heap })], []));
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
