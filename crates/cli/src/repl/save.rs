//! A session as one module, in the text format: as it was entered, or with what its memories, tables and globals have come to.

use std::collections::BTreeSet;

use wast::core::{DataKind, ElemKind, InlineExport, ModuleField};
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wootz::wasi::WasiCtx;
use wootz::{Extern, Func, GlobalType, MemoryType, Store, TableType, Val};
use wootz_cli::exit::Exit;
use wootz_cli::report::{Outcome, Report};
use wootz_cli::values::print_value;

use super::compose::{FieldList, Kind};
use super::scope::{Class, Field, Item, Scope, memory_type, table_type};
use super::text::{identifier, string};

/// What was entered, with functions as they are now.
///
/// # Errors
/// If indices would not mean what they do in the session.
pub(super) fn definitions(scope: &Scope) -> Outcome<String> {
    module(scope, |field| Ok(Some(field.text.clone())), String::new())
}

/// What was entered, such that it begins with what memories, tables and globals hold now.
///
/// # Errors
/// As [`definitions`]; and if something is held that a module cannot begin with.
pub(super) fn state(scope: &Scope, store: &Store<WasiCtx>) -> Outcome<String> {
    let state = State { scope, store };
    let mut contents = String::new();
    for (index, memory) in scope.memories.iter().enumerate() {
        contents.push_str(&state.data(index, memory));
    }
    for (index, table) in scope.tables.iter().enumerate() {
        contents.push_str(&state.elements(index, table)?);
    }
    module(scope, |field| state.field(field), contents)
}

/// The fields, each as `write` says, and more behind them.
fn module(
    scope: &Scope,
    write: impl Fn(&Field) -> Outcome<Option<String>>,
    contents: String,
) -> Outcome<String> {
    if !scope.indices_hold() {
        return Err(refusal("an import was entered after a definition, and something is referred to by its index, which changes then")
            .help("refer to it by name"));
    }
    let mut out = String::from("(module");
    for class in [Class::Type, Class::Import, Class::Other] {
        for field in scope.fields.iter().filter(|field| field.class == class) {
            if let Some(text) = write(field)? {
                out.push_str("\n  ");
                out.push_str(&text);
            }
        }
    }
    out.push_str(&contents);
    let references: BTreeSet<&str> =
        scope.fields.iter().flat_map(|field| &field.mentions.references).map(String::as_str).collect();
    if !references.is_empty() {
        let names: String = references.iter().map(|name| format!(" {}", identifier(name))).collect();
        out.push_str(&format!("\n  (elem declare func{names})"));
    }
    out.push_str(")\n");
    Ok(out)
}

fn refusal(reason: impl Into<String>) -> Box<Report> {
    Report::new(Exit::Usage, "the session cannot be written as one module").note(reason)
}

/// A session whose state is written.
struct State<'a> {
    scope: &'a Scope,
    store: &'a Store<WasiCtx>,
}

/// So many zeros in a memory end a segment.
const GAP: usize = 32;

impl State<'_> {
    /// A field that begins with what its thing holds now; none if there is nothing left for it to do.
    fn field(&self, field: &Field) -> Outcome<Option<String>> {
        let as_it_is = Ok(Some(field.text.clone()));
        let Ok(buffer) = ParseBuffer::new(&field.text) else { return as_it_is };
        let Ok(fields) = parser::parse::<FieldList<'_>>(&buffer) else { return as_it_is };
        let number = self.scope.fields.iter().position(|other| std::ptr::eq(other, field));
        let item = number.and_then(|number| self.scope.defined_by(number)).map(|(_, item)| item);
        Ok(Some(match (fields.0.first(), item) {
            // It ran when it was entered.
            (Some(ModuleField::Start(_)), _) => return Ok(None),
            // An active segment is empty once it is written; the state has what it wrote.
            (Some(ModuleField::Data(data)), _) if matches!(data.kind, DataKind::Active { .. }) => {
                match data.id {
                    Some(id) => format!("(data {} \"\")", identifier(id.name())),
                    None => return Ok(None),
                }
            }
            (Some(ModuleField::Elem(elem)), _) if matches!(elem.kind, ElemKind::Active { .. }) => {
                match elem.id {
                    Some(id) => format!("(elem {} func)", identifier(id.name())),
                    None => return Ok(None),
                }
            }
            (Some(ModuleField::Global(global)), Some(item)) if global.ty.mutable => {
                let Extern::Global(handle) = &item.item else { return as_it_is };
                let GlobalType { content, .. } = handle.ty(self.store);
                let value = self.constant(&handle.get(self.store), &content.to_string(), item)?;
                format!("(global{} {} {value})", head(global.id, item, &global.exports), item.ty)
            }
            (Some(ModuleField::Memory(memory)), Some(item)) => {
                let ty = memory_type(MemoryType { minimum: self.pages(item), ..self.memory_type(item) });
                format!("(memory{} {ty})", head(memory.id, item, &memory.exports))
            }
            (Some(ModuleField::Table(table)), Some(item)) => {
                let Extern::Table(handle) = &item.item else { return as_it_is };
                let ty = TableType { minimum: handle.size(self.store), ..handle.ty(self.store) };
                let init = match handle.get(self.store, 0) {
                    Some(first) if !ty.element.nullable => {
                        self.constant(&first, &ty.element.to_string(), item)?
                    }
                    None if !ty.element.nullable => {
                        return Err(refusal("a table without elements has a type without a null"));
                    }
                    _ => String::new(),
                };
                format!("(table{} {} {init})", head(table.id, item, &table.exports), table_type(ty))
            }
            _ => return as_it_is,
        }))
    }

    fn memory_type(&self, memory: &Item) -> MemoryType {
        match &memory.item {
            Extern::Memory(memory) => memory.ty(self.store),
            Extern::SharedMemory(memory) => memory.ty(),
            _ => MemoryType { memory64: false, shared: false, minimum: 0, maximum: None, page_size_log2: 16 },
        }
    }

    /// How many pages a memory has now.
    fn pages(&self, memory: &Item) -> u64 {
        match &memory.item {
            Extern::Memory(memory) => memory.size(self.store),
            Extern::SharedMemory(memory) => memory.size(),
            _ => 0,
        }
    }

    /// Segments of what is not zero in a memory.
    fn data(&self, index: usize, memory: &Item) -> String {
        let shared;
        let bytes = match &memory.item {
            Extern::Memory(memory) => memory.data(self.store),
            Extern::SharedMemory(memory) => {
                let mut copy = vec![0; memory.data_size()];
                // It does not shrink.
                let _ = memory.read(0, &mut copy);
                shared = copy;
                &shared
            }
            _ => &[],
        };
        let ty = if self.memory_type(memory).memory64 { "i64" } else { "i32" };
        let segment = |(start, bytes): (usize, &[u8])| {
            format!("\n  (data (memory {index}) ({ty}.const {start}) {})", string(bytes))
        };
        runs(bytes).map(segment).collect()
    }

    /// Segments of what is not null in a table.
    fn elements(&self, index: usize, table: &Item) -> Outcome<String> {
        let Extern::Table(handle) = &table.item else { return Ok(String::new()) };
        let ty = handle.ty(self.store);
        let offset = if ty.table64 { "i64" } else { "i32" };
        let (mut out, mut is_open) = (String::new(), false);
        for element in 0..handle.size(self.store) {
            match handle.get(self.store, element) {
                None | Some(Val::FuncRef(None) | Val::ExternRef(None)) => {
                    out.push_str(if is_open { ")" } else { "" });
                    is_open = false;
                }
                Some(value) => {
                    if !is_open {
                        let at = format!("(table {index}) ({offset}.const {element})");
                        out.push_str(&format!("\n  (elem {at} {}", ty.element));
                    }
                    is_open = true;
                    out.push(' ');
                    out.push_str(&self.constant(&value, &ty.element.to_string(), table)?);
                }
            }
        }
        out.push_str(if is_open { ")" } else { "" });
        Ok(out)
    }

    /// The instruction that gives a value of a type.
    fn constant(&self, value: &Val, ty: &str, holder: &Item) -> Outcome<String> {
        Ok(match value {
            Val::V128(bits) => format!("(v128.const i64x2 {} {})", *bits as u64, (bits >> 64) as u64),
            Val::FuncRef(None) | Val::ExternRef(None) => match ty {
                "funcref" => "(ref.null func)".to_owned(),
                "externref" => "(ref.null extern)".to_owned(),
                ty => format!("(ref.null {})", ty.trim_start_matches("(ref null ").trim_end_matches(')')),
            },
            Val::FuncRef(Some(func)) => format!("(ref.func {})", self.function(func, holder)?),
            Val::ExternRef(Some(_)) => return Err(self.held(holder, "a reference of the host's")),
            value => format!("({}.const {})", value.ty(), print_value(value)),
        })
    }

    /// How the module refers to a function: by its name, or by the index that it has there.
    fn function(&self, func: &Func, holder: &Item) -> Outcome<String> {
        let is_it = |item: &Item| matches!(&item.item, Extern::Func(other) if other == func);
        let functions = &self.scope.functions;
        let imports = functions.iter().filter(|item| item.owner.is_none());
        let mut ordered = imports.chain(functions.iter().filter(|item| item.owner.is_some())).enumerate();
        let found = ordered.find(|(_, item)| is_it(item));
        found
            .map(|(index, item)| item.shown(index))
            .ok_or_else(|| self.held(holder, "a function that is not defined any more"))
    }

    fn held(&self, holder: &Item, what: &str) -> Box<Report> {
        let kinds = [(Kind::Table, &self.scope.tables), (Kind::Global, &self.scope.globals)];
        let name = kinds.iter().find_map(|(kind, items)| {
            let index = items.iter().position(|item| std::ptr::eq(item, holder))?;
            Some(format!("{} {}", if *kind == Kind::Table { "table" } else { "global" }, holder.shown(index)))
        });
        refusal(format!("{} holds {what}", name.unwrap_or_default()))
            .help("store something else there, or write what was defined with :save")
    }
}

/// Identifier and exports of a field.
fn head(id: Option<Id<'_>>, item: &Item, exports: &InlineExport<'_>) -> String {
    let name = id.map(|id| id.name().to_owned()).or_else(|| item.name.clone());
    let mut out = name.map_or_else(String::new, |name| format!(" {}", identifier(&name)));
    for export in &exports.names {
        out.push_str(&format!(" (export {})", string(export.as_bytes())));
    }
    out
}

/// The stretches of bytes that are not zero, but for short gaps, and where each begins.
fn runs(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + bytes[from..].iter().position(|byte| *byte != 0)?;
        let (mut end, mut zeros) = (start, 0);
        for (index, byte) in bytes.iter().enumerate().skip(start) {
            zeros = if *byte == 0 { zeros + 1 } else { 0 };
            if zeros == 0 {
                end = index + 1;
            } else if zeros == GAP {
                break;
            }
        }
        from = end;
        Some((start, &bytes[start..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_zeros_are_left_out() {
        let mut bytes = vec![0; 200];
        assert_eq!(runs(&bytes).count(), 0);
        for place in [3, 5, 5 + GAP, 6 + 2 * GAP, 199] {
            bytes[place] = 1;
        }
        let found: Vec<_> = runs(&bytes).map(|(start, bytes)| (start, bytes.len())).collect();
        assert_eq!(found, [(3, 3 + GAP), (6 + 2 * GAP, 1), (199, 1)]);
    }
}
