//! Matching what the host gives against what a module imports (specification: Modules, Matching).

use wootz_vm_abi::image::ImageInfo;
use wootz_wasm_ir::{EntityIndex, EntityType};

use crate::{Extern, ImportError, InstantiateError, Store};

/// Checks `externs`, in the order of the import section.
///
/// # Panics
/// If one is of another store.
pub(crate) fn check(store: &Store, info: &ImageInfo, externs: &[Extern]) -> Result<(), InstantiateError> {
    let declarations = &info.declarations;
    for (position, import) in declarations.imports.iter().enumerate() {
        let expected = declarations.entity_type(import.item);
        let refuse = |given, note| {
            let (module, name, expected) = (import.module.clone(), import.name.clone(), expected.clone());
            Err(InstantiateError::Import(Box::new(ImportError { module, name, expected, given, note })))
        };
        let Some(given) = externs.get(position) else { return refuse(None, None) };
        let given_type = given.ty(store);
        if !matches(&given_type, &expected) {
            return refuse(Some(given_type), None);
        }
        if let (Extern::Memory(memory), EntityIndex::Memory(index)) = (given, import.item) {
            let (plan, needed) = (memory.plan(store), info.memory_plans[index.0 as usize]);
            if needed.guarded
                && (!plan.guarded || plan.reservation < needed.reservation || plan.guard < needed.guard)
            {
                let note = "the module is compiled for a memory with guard regions, and this one has none: make the \
                            memory with guards, or compile the module with explicit checks";
                return refuse(Some(given_type), Some(note.to_owned()));
            }
        }
    }
    let (expected, given) = (declarations.imports.len(), externs.len());
    if given > expected { Err(InstantiateError::SurplusImports { expected, given }) } else { Ok(()) }
}

fn matches(given: &EntityType, expected: &EntityType) -> bool {
    let limits = |minimum: u64, maximum: Option<u64>, least: u64, most: Option<u64>| {
        minimum >= least && most.is_none_or(|most| maximum.is_some_and(|maximum| maximum <= most))
    };
    match (given, expected) {
        (EntityType::Function(given), EntityType::Function(expected)) => given == expected,
        (EntityType::Global(given), EntityType::Global(expected)) => given == expected,
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
    use wootz_wasm_ir::{FuncType, GlobalType, MemoryType, RefType, TableType, ValType};

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
    fn functions_and_globals_match_exactly() {
        let global = |mutable| EntityType::Global(GlobalType { content: ValType::I32, mutable });
        assert!(matches(&global(true), &global(true)));
        assert!(!matches(&global(true), &global(false)));
        let func = |params: &[ValType]| EntityType::Function(FuncType::new(params.iter().copied(), []));
        assert!(matches(&func(&[ValType::I32]), &func(&[ValType::I32])));
        assert!(!matches(&func(&[ValType::I32]), &func(&[])));
        assert!(!matches(&func(&[]), &global(false)));
    }
}
