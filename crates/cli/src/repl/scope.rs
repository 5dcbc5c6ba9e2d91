//! What a session has: its fields as text, and the things that they define, by name and by index.

use std::collections::BTreeSet;

use wootz::{Extern, FuncType, Val, ValType};
use wootz_wasm_ir::entity::Entity as _;
use wootz_wasm_ir::{
    Declarations, EntityIndex, FuncIndex, GlobalType, HeapType, MemoryType, RefType, TableType,
};

use super::compose::{Given, Import, Kind};
use super::text::{Mentions, identifier};

/// A field that the session has.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Its text, complete with an identifier.
    pub(super) text: String,
    pub(super) mentions: Mentions,
    pub(super) class: Class,
    /// Whether it stays right if the functions that it mentions get other types: an export, an active segment of functions.
    pub(super) takes_any_type: bool,
}

/// Where a field stands in a module.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Class {
    Type,
    Import,
    Other,
}

/// Something that a field defines.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Without the dollar sign.
    pub(super) name: Option<String>,
    /// Its type, as it follows the keyword and the identifier of an import.
    pub(super) ty: String,
    pub(super) item: Extern,
    /// The entry whose instance has it; none if it comes from outside.
    pub(super) owner: Option<usize>,
    /// The export of that instance.
    pub(super) label: String,
    /// Whether calls of it can be led elsewhere.
    pub(super) redirected: bool,
    /// Its field.
    pub(super) field: usize,
}

impl Item {
    /// How people refer to it.
    pub(super) fn shown(&self, index: usize) -> String {
        self.name.as_ref().map_or_else(|| index.to_string(), |name| identifier(name))
    }
}

/// What an import of an entry stands for.
pub(super) enum Meant<'a> {
    /// Something that the session has.
    Item(&'a Extern),
    /// A value that an expression had, with its number from 0.
    Result(usize, &'a Val),
}

/// Everything that can be named.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) fields: Vec<Field>,
    pub(super) functions: Vec<Item>,
    pub(super) tables: Vec<Item>,
    pub(super) memories: Vec<Item>,
    pub(super) globals: Vec<Item>,
    /// The values that expressions had.
    pub(super) results: Vec<Val>,
}

impl Scope {
    /// The things of a kind.
    pub(super) fn items(&self, kind: Kind) -> &Vec<Item> {
        match kind {
            Kind::Function => &self.functions,
            Kind::Table => &self.tables,
            Kind::Memory => &self.memories,
            Kind::Global => &self.globals,
        }
    }

    /// The things of a kind.
    pub(super) fn items_mut(&mut self, kind: Kind) -> &mut Vec<Item> {
        match kind {
            Kind::Function => &mut self.functions,
            Kind::Table => &mut self.tables,
            Kind::Memory => &mut self.memories,
            Kind::Global => &mut self.globals,
        }
    }

    /// The thing that has a name.
    pub(super) fn find(&self, kind: Kind, name: &str) -> Option<usize> {
        self.items(kind).iter().position(|item| item.name.as_deref() == Some(name))
    }

    /// What a text is given that mentions something. What it defines itself, `defined`, keeps its index and loses its name.
    pub(super) fn given(&self, mentions: &Mentions, defined: &[(Kind, String)]) -> Given {
        let types = self.fields.iter().filter(|field| field.class == Class::Type);
        let mut given = Given { types: types.map(|field| field.text.as_str()).collect(), ..Given::default() };
        for kind in [Kind::Function, Kind::Table, Kind::Memory, Kind::Global] {
            for (index, item) in self.items(kind).iter().enumerate() {
                let name = item.name.as_deref().unwrap_or("");
                // The first memory and table are meant where none is named.
                let implied = matches!(kind, Kind::Memory | Kind::Table);
                if !implied && !mentions.indices && !mentions.names.contains(name) {
                    continue;
                }
                let is_new = defined.iter().any(|(other, new)| *other == kind && new == name);
                given.add(kind, index, if is_new { "" } else { name }, &item.ty);
            }
        }
        if !self.memories.is_empty() {
            // Where WASI looks for it.
            given.last.push_str("(export \"memory\" (memory 0))");
        }
        let is_function = |name: &&String| {
            self.find(Kind::Function, name).is_some() || defined.contains(&(Kind::Function, (*name).clone()))
        };
        let references: String = mentions
            .references
            .iter()
            .filter(is_function)
            .map(|name| format!(" {}", identifier(name)))
            .collect();
        if !references.is_empty() {
            given.last.push_str(&format!("(elem declare func{references})"));
        }
        given
    }

    /// Adds the results that a text mentions, which have no index.
    pub(super) fn give_results(&self, given: &mut Given, mentions: &Mentions) {
        for name in &mentions.names {
            let Some(number) = self.result(name) else { continue };
            let ty = self.results[number].ty();
            given.add(Kind::Global, self.globals.len() + number, name, &ty.to_string());
        }
    }

    /// The number of a result by its name.
    fn result(&self, name: &str) -> Option<usize> {
        match name {
            "_" => self.results.len().checked_sub(1),
            name => name.parse::<usize>().ok()?.checked_sub(1).filter(|number| *number < self.results.len()),
        }
    }

    /// What an import of the session's stands for.
    pub(super) fn meant(&self, kind: Kind, index: usize) -> Meant<'_> {
        match self.items(kind).get(index) {
            Some(item) => Meant::Item(&item.item),
            None => {
                let number = index - self.globals.len();
                Meant::Result(number, &self.results[number])
            }
        }
    }

    /// The fields that the type of a function matters to, but for some.
    pub(super) fn dependants(&self, name: &str, but: &BTreeSet<usize>) -> Vec<usize> {
        let depends = |(index, field): &(usize, &Field)| {
            !but.contains(index)
                && !field.takes_any_type
                && (field.mentions.names.contains(name) || field.mentions.indices)
        };
        self.fields.iter().enumerate().filter(depends).map(|(index, _)| index).collect()
    }

    /// What a field defines, first.
    pub(super) fn defined_by(&self, field: usize) -> Option<(usize, &Item)> {
        let kinds = [Kind::Function, Kind::Table, Kind::Memory, Kind::Global];
        let mut items = kinds.iter().flat_map(|kind| self.items(*kind).iter().enumerate());
        items.find(|(_, item)| item.field == field)
    }

    /// What to call a field: what it defines, or its keyword.
    pub(super) fn call(&self, field: usize) -> String {
        let named = self.defined_by(field).map(|(index, item)| item.shown(index));
        named.unwrap_or_else(|| {
            let text = &self.fields[field].text;
            let word = text[1..].trim_start().split([' ', '(', '\n']).next().unwrap_or("");
            format!("({word} …)")
        })
    }

    /// Whether indices in the session's fields are those that they have in one module, where imports come first.
    pub(super) fn indices_hold(&self) -> bool {
        let classes = self.fields.iter().map(|field| field.class).filter(|class| *class != Class::Type);
        classes.is_sorted() || !self.fields.iter().any(|field| field.mentions.indices)
    }
}

impl Given {
    fn add(&mut self, kind: Kind, index: usize, name: &str, ty: &str) {
        let id = if name.is_empty() { String::new() } else { identifier(name) };
        let keyword = match kind {
            Kind::Function => "func",
            Kind::Table => "table",
            Kind::Memory => "memory",
            Kind::Global => "global",
        };
        self.imports.push_str(&format!("(import \"\" \"\" ({keyword} {id} {ty}))"));
        self.sources.push(Import::Session(kind, index));
    }
}

/// The type of something that a module declares, as it follows the keyword and the identifier of an import.
pub(super) fn describe(declarations: &Declarations, item: EntityIndex) -> String {
    match item {
        EntityIndex::Function(func) => {
            let index = declarations.functions[func].ty;
            if is_in_larger_group(declarations, index.index()) {
                return format!("(type {})", index.0);
            }
            let FuncType { params, results } = declarations.signature(func);
            let (params, results) = (list("param", params), list("result", results));
            let space = if params.is_empty() || results.is_empty() { "" } else { " " };
            format!("{params}{space}{results}")
        }
        EntityIndex::Table(table) => table_type(declarations.tables[table].ty),
        EntityIndex::Memory(memory) => memory_type(declarations.memories[memory]),
        EntityIndex::Global(global) => {
            let GlobalType { content, mutable } = declarations.globals[global].ty;
            if mutable { format!("(mut {content})") } else { content.to_string() }
        }
        EntityIndex::Tag(_) => String::new(),
    }
}

/// A table's type, as a field has it.
pub(super) fn table_type(ty: TableType) -> String {
    let TableType { element, table64, minimum, maximum } = ty;
    format!("{} {element}", limits(table64, minimum, maximum))
}

/// A memory's type, as a field has it.
pub(super) fn memory_type(ty: MemoryType) -> String {
    let MemoryType { memory64, shared, minimum, maximum, page_size_log2 } = ty;
    let shared = if shared { " shared" } else { "" };
    let page =
        if page_size_log2 == 16 { String::new() } else { format!(" (pagesize {})", 1u64 << page_size_log2) };
    format!("{}{shared}{page}", limits(memory64, minimum, maximum))
}

fn limits(index64: bool, minimum: u64, maximum: Option<u64>) -> String {
    let index = if index64 { "i64 " } else { "" };
    let maximum = maximum.map_or_else(String::new, |maximum| format!(" {maximum}"));
    format!("{index}{minimum}{maximum}")
}

/// `(param i32 i64)`, or nothing for no types.
pub(super) fn list(keyword: &str, types: &[ValType]) -> String {
    if types.is_empty() {
        return String::new();
    }
    let types: String = types.iter().map(|ty| format!(" {ty}")).collect();
    format!("({keyword}{types})")
}

fn is_in_larger_group(declarations: &Declarations, index: usize) -> bool {
    declarations.type_groups().any(|group| group.len() > 1 && group.contains(&index))
}

/// Whether a function's type can be said without a module: the store can then make a function of this type.
pub(super) fn is_simple(declarations: &Declarations, func: FuncIndex) -> bool {
    let FuncType { params, results } = declarations.signature(func);
    let is_concrete = |ty: &ValType| matches!(ty, ValType::Ref(RefType { heap: HeapType::Concrete(_), .. }));
    !is_in_larger_group(declarations, declarations.functions[func].ty.index())
        && !params.iter().chain(results.iter()).any(is_concrete)
}
