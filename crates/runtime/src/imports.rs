//! Matching what the host gives against what a module imports (specification: Modules, Matching).

use wootz_vm_abi::context::VMTypeId;
use wootz_vm_abi::image::ImageInfo;
use wootz_vm_abi::plan::MemoryPlan;
use wootz_wasm_types::equivalence::{renumber, renumber_reference, renumber_value};
use wootz_wasm_types::{EntityIndex, EntityType, GlobalType, TableType, TypeIndex};

use crate::{Extern, ImportError, InstantiateError, Store};

/// Checks `externs`, in the order of the import section, for a module whose types have the given ids.
///
/// # Panics
/// If one is of another store.
pub(crate) fn check(
    store: &Store,
    info: &ImageInfo,
    type_ids: &[VMTypeId],
    externs: &[Extern],
) -> Result<(), InstantiateError> {
    let declarations = &info.declarations;
    for (position, import) in declarations.imports.iter().enumerate() {
        let expected = in_store(declarations.entity_type(import.item), type_ids);
        let refuse = |given, note| {
            let (module, name, expected) = (import.module.clone(), import.name.clone(), expected.clone());
            Err(InstantiateError::Import(Box::new(ImportError { module, name, expected, given, note })))
        };
        let Some(given) = externs.get(position) else { return refuse(None, None) };
        let given_type = given.ty(store);
        let fits = match (given, import.item) {
            // Equal types need not look equal: which recursion group they are of counts, too.
            (Extern::Func(func), EntityIndex::Function(index)) => {
                func.type_index(store).0 == type_ids[declarations.functions[index].ty.0 as usize].0
            }
            _ => matches(&given_type, &expected),
        };
        if !fits {
            return refuse(Some(given_type), None);
        }
        if let (Extern::Memory(memory), EntityIndex::Memory(index)) = (given, import.item) {
            let (plan, needed) = (memory.plan(store), info.memory_plans[index.0 as usize]);
            if !plan.serves(&needed) {
                return refuse(Some(given_type), Some(too_little_guard(plan, needed)));
            }
        }
    }
    let (expected, given) = (declarations.imports.len(), externs.len());
    if given > expected { Err(InstantiateError::SurplusImports { expected, given }) } else { Ok(()) }
}

/// Why code compiled for one plan cannot use a memory of another.
fn too_little_guard(plan: MemoryPlan, needed: MemoryPlan) -> String {
    let has = match plan.guarded {
        true => format!("only {} bytes", plan.guard),
        false => "none".to_owned(),
    };
    format!(
        "the module is compiled for a memory with guard regions of {} bytes, and this one has {has}: make the memory with \
         such guards, or compile the module for smaller ones or with explicit checks",
        needed.guard
    )
}

/// A module's type with the store's numbers for the types that it mentions.
fn in_store(ty: EntityType, type_ids: &[VMTypeId]) -> EntityType {
    let number = |index: TypeIndex| type_ids[index.0 as usize].0;
    match ty {
        EntityType::Function(ty) => EntityType::Function(renumber(&ty, number)),
        EntityType::Tag(ty) => EntityType::Tag(renumber(&ty, number)),
        EntityType::Table(ty) => EntityType::Table(table_in_store(ty, type_ids)),
        EntityType::Global(ty) => EntityType::Global(global_in_store(ty, type_ids)),
        EntityType::Memory(ty) => EntityType::Memory(ty),
    }
}

/// A module's table type in the store's numbers.
pub(crate) fn table_in_store(ty: TableType, type_ids: &[VMTypeId]) -> TableType {
    TableType { element: renumber_reference(ty.element, |index| type_ids[index.0 as usize].0), ..ty }
}

/// A module's global type in the store's numbers.
pub(crate) fn global_in_store(ty: GlobalType, type_ids: &[VMTypeId]) -> GlobalType {
    GlobalType { content: renumber_value(ty.content, |index| type_ids[index.0 as usize].0), ..ty }
}

/// Whether something of one type may be imported as another, both in the store's numbers. Functions are not compared here.
fn matches(given: &EntityType, expected: &EntityType) -> bool {
    let limits = |minimum: u64, maximum: Option<u64>, least: u64, most: Option<u64>| {
        minimum >= least && most.is_none_or(|most| maximum.is_some_and(|maximum| maximum <= most))
    };
    match (given, expected) {
        (EntityType::Global(given), EntityType::Global(expected)) if given.mutable || expected.mutable => {
            given == expected
        }
        (EntityType::Global(given), EntityType::Global(expected)) => {
            given.content.is_subtype(expected.content, |a, b| a == b)
        }
        (EntityType::Table(given), EntityType::Table(expected)) => {
            given.element == expected.element
                && given.table64 == expected.table64
                && limits(given.minimum, given.maximum, expected.minimum, expected.maximum)
        }
        (EntityType::Memory(given), EntityType::Memory(expected)) => {
            given.memory64 == expected.memory64
                && given.shared == expected.shared
                && given.page_size_log2 == expected.page_size_log2
                && limits(given.minimum, given.maximum, expected.minimum, expected.maximum)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wootz_wasm_types::{FuncType, HeapType, MemoryType, RefType, ValType};

    fn memory(minimum: u64, maximum: Option<u64>) -> EntityType {
        EntityType::Memory(MemoryType {
            memory64: false,
            shared: false,
            minimum,
            maximum,
            page_size_log2: 16,
        })
    }

    #[test]
    fn limits_may_be_narrower_than_asked_but_not_wider() {
        assert!(matches(&memory(1, None), &memory(0, None)));
        assert!(matches(&memory(1, Some(2)), &memory(1, Some(3))));
        assert!(!matches(&memory(0, None), &memory(1, None)));
        assert!(!matches(&memory(1, None), &memory(1, Some(3))));
        assert!(!matches(&memory(1, Some(4)), &memory(1, Some(3))));
        let table =
            |element| EntityType::Table(TableType { element, table64: false, minimum: 0, maximum: None });
        assert!(matches(&table(RefType::FUNCREF), &table(RefType::FUNCREF)));
        assert!(!matches(&table(RefType::FUNCREF), &table(RefType::EXTERNREF)));
    }

    #[test]
    fn a_global_that_nobody_changes_may_have_a_narrower_type() {
        let global = |mutable, nullable, heap| {
            EntityType::Global(GlobalType { content: ValType::Ref(RefType { nullable, heap }), mutable })
        };
        let types = [
            (false, HeapType::Concrete(TypeIndex(3))),
            (false, HeapType::Func),
            (true, HeapType::Func),
            (true, HeapType::Concrete(TypeIndex(4))),
        ];
        for (given, (nullable, heap)) in types.into_iter().enumerate() {
            for (expected, (to_nullable, to_heap)) in types.into_iter().enumerate() {
                let fits = |mutable| {
                    matches(&global(mutable, nullable, heap), &global(mutable, to_nullable, to_heap))
                };
                assert_eq!(fits(true), given == expected);
                let narrower =
                    given == expected || [(0, 1), (0, 2), (1, 2), (3, 2)].contains(&(given, expected));
                assert_eq!(fits(false), narrower, "{given} {expected}");
            }
        }
    }

    #[test]
    fn numbers_match_exactly() {
        let global = |mutable| EntityType::Global(GlobalType { content: ValType::I32, mutable });
        assert!(matches(&global(true), &global(true)));
        assert!(!matches(&global(true), &global(false)));
        assert!(!matches(&EntityType::Function(FuncType::default()), &global(false)));
    }
}
