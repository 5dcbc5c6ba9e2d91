//! Imports that a compiler may take for hints, by their names.
//!
//! A hint has no effect that a program could tell. A call of one is compiled into the instruction that it asks for; where that is not possible, it
//! is the import that an embedder defines, a function that does nothing.

use crate::{Declarations, EntityIndex, FuncIndex, FuncType, MemoryIndex, ValType};

/// The module of all hints.
pub const MODULE: &str = "wootz";
/// Fetches the line of memory 0 that an address is in, `(i32) → ()`, for a memory with 32-bit addresses.
pub const PREFETCH: &str = "prefetch";
/// The same, `(i64) → ()`, for a memory with 64-bit addresses.
pub const PREFETCH64: &str = "prefetch64";

/// The function of a module, if it imports it, whose calls fetch a line of memory 0.
///
/// Bytes that are not there are not fetched, and no address traps.
pub fn prefetch(declarations: &Declarations) -> Option<FuncIndex> {
    let memory = declarations.memories.get(MemoryIndex(0))?;
    let (name, address) = if memory.memory64 { (PREFETCH64, ValType::I64) } else { (PREFETCH, ValType::I32) };
    let ty = FuncType::new([address], []);
    declarations.imports.iter().find_map(|import| match import.item {
        EntityIndex::Function(func) if import.module == MODULE && import.name == name => {
            (*declarations.signature(func) == ty).then_some(func)
        }
        _ => None,
    })
}
