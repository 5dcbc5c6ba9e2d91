//! Everything that the summary shows, and all of it, as JSON. `docs/cli.md` lists the keys.

use std::ops::Range;

use serde_json::{Value, json};
use wootz::{ExternType, FuncType, GlobalType, MemoryType, TableType};
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::{EntityIndex, Module, SegmentMode};

pub(super) fn module(file: &str, module: &Module) -> Value {
    let declarations = module.declarations();
    json!({
        "file": file,
        "name": declarations.names.module,
        "size": module.bytes().len(),
        "sections": sections(module),
        "types": declarations.types.values().map(func_type).collect::<Vec<_>>(),
        "imports": declarations.imports.iter().map(|import| {
            json!({
                "module": import.module,
                "name": import.name,
                "kind": kind(import.item),
                "index": index(import.item),
                "type": extern_type(&declarations.entity_type(import.item)),
            })
        }).collect::<Vec<_>>(),
        "exports": declarations.exports.iter().map(|export| {
            json!({
                "name": export.name,
                "kind": kind(export.item),
                "index": index(export.item),
                "type": extern_type(&declarations.entity_type(export.item)),
            })
        }).collect::<Vec<_>>(),
        "functions": functions(module),
        "branch_hints_refused": module.branch_hints().refused().map(ToString::to_string),
        "tables": declarations.tables.iter().map(|(table, decl)| {
            json!({ "index": table.index(), "name": declarations.names.tables.get(table),
                "imported": table.index() < declarations.imported_tables, "type": table_type(&decl.ty) })
        }).collect::<Vec<_>>(),
        "memories": declarations.memories.iter().map(|(memory, ty)| {
            json!({ "index": memory.index(), "name": declarations.names.memories.get(memory),
                "imported": memory.index() < declarations.imported_memories, "type": memory_type(ty) })
        }).collect::<Vec<_>>(),
        "globals": declarations.globals.iter().map(|(global, decl)| {
            json!({ "index": global.index(), "name": declarations.names.globals.get(global),
                "imported": global.index() < declarations.imported_globals, "type": global_type(&decl.ty) })
        }).collect::<Vec<_>>(),
        "start": declarations.start.map(Entity::index),
        "elements": declarations.elements.values().map(|segment| {
            json!({ "type": segment.ty.to_string(), "mode": mode(&segment.mode), "items": segment.items.len() })
        }).collect::<Vec<_>>(),
        "data": declarations.data.values().map(|segment| {
            json!({ "mode": mode(&segment.mode), "offset": segment.range.start,
                "size": segment.range.end - segment.range.start })
        }).collect::<Vec<_>>(),
    })
}

fn sections(module: &Module) -> Vec<Value> {
    let custom = super::summary::custom_names(module);
    let name = |index: usize| custom.get(&index).copied();
    let section = |(index, section): (usize, &wootz_wasm_ir::Section)| {
        json!({
            "kind": section.kind,
            "name": name(index),
            "items": section.items,
            "offset": section.range.start,
            "size": section.range.end - section.range.start,
        })
    };
    module.sections().iter().enumerate().map(section).collect()
}

fn functions(module: &Module) -> Vec<Value> {
    let declarations = module.declarations();
    let function = |func| {
        let body = module.body_range(func);
        json!({
            "index": func.index(),
            "name": declarations.function_name(func),
            "type": func_type(declarations.signature(func)),
            "imported": body.is_none(),
            "offset": body.as_ref().map(|body| body.start),
            "size": body.as_ref().map(|body| body.end - body.start),
            "branch_hints": body.map(|body| branch_hints(module, body)),
        })
    };
    declarations.functions.keys().map(function).collect()
}

fn branch_hints(module: &Module, body: Range<u32>) -> Vec<Value> {
    let hints = module.branch_hints().within(body).iter();
    hints.map(|hint| json!({ "offset": hint.offset, "taken": hint.taken })).collect()
}

fn mode<T>(mode: &SegmentMode<T>) -> &'static str {
    match mode {
        SegmentMode::Passive => "passive",
        SegmentMode::Active { .. } => "active",
        SegmentMode::Declared => "declared",
    }
}

fn kind(item: EntityIndex) -> &'static str {
    match item {
        EntityIndex::Function(_) => "function",
        EntityIndex::Table(_) => "table",
        EntityIndex::Memory(_) => "memory",
        EntityIndex::Global(_) => "global",
        EntityIndex::Tag(_) => "tag",
    }
}

fn index(item: EntityIndex) -> usize {
    match item {
        EntityIndex::Function(i) => i.index(),
        EntityIndex::Table(i) => i.index(),
        EntityIndex::Memory(i) => i.index(),
        EntityIndex::Global(i) => i.index(),
        EntityIndex::Tag(i) => i.index(),
    }
}

fn extern_type(ty: &ExternType) -> Value {
    match ty {
        ExternType::Function(ty) | ExternType::Tag(ty) => func_type(ty),
        ExternType::Table(ty) => table_type(ty),
        ExternType::Memory(ty) => memory_type(ty),
        ExternType::Global(ty) => global_type(ty),
    }
}

fn func_type(ty: &FuncType) -> Value {
    let names = |types: &[wootz::ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({ "params": names(&ty.params), "results": names(&ty.results) })
}

fn table_type(ty: &TableType) -> Value {
    json!({ "element": ty.element.to_string(), "minimum": ty.minimum, "maximum": ty.maximum, "table64": ty.table64 })
}

fn memory_type(ty: &MemoryType) -> Value {
    json!({ "minimum": ty.minimum, "maximum": ty.maximum, "page_size": ty.page_size(), "memory64": ty.memory64,
        "shared": ty.shared })
}

fn global_type(ty: &GlobalType) -> Value {
    json!({ "content": ty.content.to_string(), "mutable": ty.mutable })
}
