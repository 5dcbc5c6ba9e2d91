//! The summary: one table per subject, each row one line, long lists cut short.
//!
//! ```text
//! hello.wasm · 1.2 KiB · module "hello"
//!
//! Sections            items     offset       size
//!   type                  3        0xa       17 B
//!   …
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wootz::{ExternType, FuncIndex, GlobalType, MemoryType, TableType};
use wootz_wasm_ir::entity::Entity;
use wootz_wasm_ir::{ConstExpr, ConstInt, ConstOp, Declarations, EntityIndex, Module};

use super::size;
use wootz_cli::report::{Style, one_line};

/// Most rows of a list; `--json` has all.
const ROWS: usize = 40;
/// Largest functions shown.
const LARGEST: usize = 3;

/// The summary of a module.
pub(super) fn summary(file: &str, module: &Module, style: Style) -> String {
    let declarations = module.declarations();
    let mut out = String::new();
    let name =
        declarations.names.module.as_ref().map_or(String::new(), |name| format!(" · module \"{name}\""));
    let title = format!("{file} · {}{name}", size(module.bytes().len() as u64));
    line(&mut out, &style.strong(&one_line(&title)));
    for table in [
        sections(module),
        imports(declarations),
        exports(declarations),
        functions(module),
        memories(declarations),
        tables(declarations),
        globals(declarations),
        segments(module),
    ] {
        table.print(&mut out, style);
    }
    out
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}", text.trim_end());
}

/// Rows of columns under a heading.
struct Table {
    heading: String,
    /// Headings of the columns, or none; a column is right-aligned if its heading starts with `>`.
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// Rows left out.
    more: usize,
}

impl Table {
    fn new(
        heading: impl Into<String>,
        columns: &[&'static str],
        rows: impl Iterator<Item = Vec<String>>,
    ) -> Self {
        // A name may contain anything, a row is one line.
        let mut rows: Vec<Vec<_>> = rows.map(|row| row.iter().map(|cell| one_line(cell)).collect()).collect();
        let more = rows.len().saturating_sub(ROWS);
        rows.truncate(ROWS);
        Self { heading: heading.into(), columns: columns.to_vec(), rows, more }
    }

    /// Nothing is printed of a table without rows.
    fn print(&self, out: &mut String, style: Style) {
        if self.rows.is_empty() {
            return;
        }
        let titles: Vec<_> = self.columns.iter().map(|title| title.trim_start_matches('>')).collect();
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([titles[column].chars().count()]).max().unwrap_or(0)
        };
        let mut widths: Vec<_> = (0..self.columns.len()).map(width).collect();
        // The heading stands in the first column.
        widths[0] = widths[0].max(self.heading.chars().count().saturating_sub(2));
        let cell = |text: &str, column: usize| {
            let pad = " ".repeat(widths[column].saturating_sub(text.chars().count()));
            if self.columns[column].starts_with('>') { pad + text } else { text.to_owned() + &pad }
        };
        line(out, "");
        let first = widths[0] + 2;
        let titles: Vec<_> = (1..titles.len()).map(|column| cell(titles[column], column)).collect();
        let pad = " ".repeat(first - self.heading.chars().count());
        let heading = style.heading(&self.heading);
        line(out, &format!("{heading}{pad}  {}", style.dim(titles.join("  ").trim_end())));
        for row in &self.rows {
            let cells: Vec<_> = row.iter().enumerate().map(|(column, text)| cell(text, column)).collect();
            line(out, &format!("  {}", cells.join("  ")));
        }
        if self.more > 0 {
            line(out, &format!("  … and {} more: --json lists all", self.more));
        }
    }
}

/// Name of each custom section, by its position among all sections.
pub(super) fn custom_names(module: &Module) -> BTreeMap<usize, &str> {
    let custom = module.sections().iter().enumerate().filter(|(_, section)| section.kind == "custom");
    let names = module.custom_sections().iter().map(|section| section.name.as_str());
    custom.map(|(index, _)| index).zip(names).collect()
}

fn sections(module: &Module) -> Table {
    let custom = custom_names(module);
    let rows = module.sections().iter().enumerate().map(|(index, section)| {
        let kind = match custom.get(&index) {
            Some(name) => format!("custom \"{name}\""),
            None => section.kind.to_owned(),
        };
        let items = section.items.map_or(String::new(), |items| items.to_string());
        let bytes = u64::from(section.range.end - section.range.start);
        vec![kind, items, format!("{:#x}", section.range.start), size(bytes)]
    });
    Table::new("Sections", &["", ">items", ">offset", ">size"], rows)
}

fn imports(declarations: &Declarations) -> Table {
    let rows = declarations.imports.iter().map(|import| {
        let item = number(import.item);
        let name = format!("{} · {}", import.module, import.name);
        vec![item, name, extern_type(&declarations.entity_type(import.item))]
    });
    Table::new(format!("Imports ({})", declarations.imports.len()), &["", "module · name", "type"], rows)
}

fn exports(declarations: &Declarations) -> Table {
    let rows = declarations.exports.iter().map(|export| {
        vec![number(export.item), export.name.clone(), extern_type(&declarations.entity_type(export.item))]
    });
    Table::new(format!("Exports ({})", declarations.exports.len()), &["", "name", "type"], rows)
}

fn functions(module: &Module) -> Table {
    let declarations = module.declarations();
    let body = |func: FuncIndex| module.body_range(func).map_or(0, |body| u64::from(body.end - body.start));
    let mut largest: Vec<_> = declarations.defined_functions().map(|func| (body(func), func)).collect();
    let code: u64 = largest.iter().map(|(bytes, _)| bytes).sum();
    largest.sort_unstable_by_key(|(bytes, func)| (std::cmp::Reverse(*bytes), *func));
    let mut rows = Vec::new();
    let mut fact = |name: &str, text: String| rows.push(vec![name.to_owned(), text]);
    if !declarations.functions.is_empty() {
        fact("defined", format!("{} in {} of code", largest.len(), size(code)));
        fact("imported", declarations.imported_functions.to_string());
        fact("types", declarations.types.len().to_string());
        fact("named", format!("{} in the name section", declarations.names.functions.len()));
    }
    let hints = module.branch_hints();
    if let Some(reason) = hints.refused() {
        fact("hinted", format!("nothing: {reason}"));
    } else if !hints.hints().is_empty() {
        let taken = hints.hints().iter().filter(|hint| hint.taken).count();
        let count = hints.hints().len();
        let plural = if count == 1 { "" } else { "es" };
        fact("hinted", format!("{count} branch{plural}, {taken} expected to be taken"));
    }
    if let Some(start) = declarations.start {
        fact("start", function(declarations, start));
    }
    if largest.len() > LARGEST {
        for (position, (bytes, func)) in largest.iter().take(LARGEST).enumerate() {
            let label = if position == 0 { "largest" } else { "" };
            fact(label, format!("{} · {}", function(declarations, *func), size(*bytes)));
        }
    }
    Table::new(format!("Functions ({})", declarations.functions.len()), &["", ""], rows.into_iter())
}

fn function(declarations: &Declarations, func: FuncIndex) -> String {
    match declarations.function_name(func) {
        Some(name) => format!("{name} ({})", func.index()),
        None => func.index().to_string(),
    }
}

fn memories(declarations: &Declarations) -> Table {
    let rows = declarations.memories.iter().map(|(memory, ty)| {
        let name = declarations.names.memories.get(memory).unwrap_or_default().to_owned();
        vec![memory.index().to_string(), memory_type(ty), name]
    });
    Table::new(format!("Memories ({})", declarations.memories.len()), &["", "size", "name"], rows)
}

fn tables(declarations: &Declarations) -> Table {
    let rows = declarations.tables.iter().map(|(table, decl)| {
        let name = declarations.names.tables.get(table).unwrap_or_default().to_owned();
        vec![table.index().to_string(), table_type(&decl.ty), name]
    });
    Table::new(format!("Tables ({})", declarations.tables.len()), &["", "size", "name"], rows)
}

fn globals(declarations: &Declarations) -> Table {
    let rows = declarations.globals.iter().map(|(global, decl)| {
        let name = declarations.names.globals.get(global).unwrap_or_default().to_owned();
        let init = decl.init.as_ref().map_or("imported".to_owned(), const_expr);
        vec![global.index().to_string(), global_type(&decl.ty), init, name]
    });
    Table::new(format!("Globals ({})", declarations.globals.len()), &["", "type", "value", "name"], rows)
}

fn segments(module: &Module) -> Table {
    let declarations = module.declarations();
    let mut rows = Vec::new();
    if !declarations.data.is_empty() {
        let bytes = declarations.data.values().map(|data| u64::from(data.range.end - data.range.start)).sum();
        rows.push(vec!["data".into(), format!("{} with {}", declarations.data.len(), size(bytes))]);
    }
    if !declarations.elements.is_empty() {
        let items: usize = declarations.elements.values().map(|segment| segment.items.len()).sum();
        let plural = if items == 1 { "" } else { "s" };
        rows.push(vec![
            "element".into(),
            format!("{} with {items} item{plural}", declarations.elements.len()),
        ]);
    }
    Table::new("Segments", &["", ""], rows.into_iter())
}

fn number(item: EntityIndex) -> String {
    match item {
        EntityIndex::Function(i) => format!("func {}", i.index()),
        EntityIndex::Table(i) => format!("table {}", i.index()),
        EntityIndex::Memory(i) => format!("memory {}", i.index()),
        EntityIndex::Global(i) => format!("global {}", i.index()),
        EntityIndex::Tag(i) => format!("tag {}", i.index()),
    }
}

fn extern_type(ty: &ExternType) -> String {
    match ty {
        ExternType::Function(ty) | ExternType::Tag(ty) => ty.to_string(),
        ExternType::Table(ty) => table_type(ty),
        ExternType::Memory(ty) => memory_type(ty),
        ExternType::Global(ty) => global_type(ty),
    }
}

fn range(minimum: u64, maximum: Option<u64>) -> String {
    match maximum {
        Some(maximum) if maximum == minimum => minimum.to_string(),
        Some(maximum) => format!("{minimum} to {maximum}"),
        None => format!("{minimum} or more"),
    }
}

fn memory_type(ty: &MemoryType) -> String {
    let bytes = ty.minimum.saturating_mul(ty.page_size());
    let page = if ty.page_size_log2 == 16 { String::new() } else { " of 1 byte".to_owned() };
    let width = if ty.memory64 { ", 64-bit" } else { "" };
    let shared = if ty.shared { ", shared" } else { "" };
    format!("{} pages{page} ({}){width}{shared}", range(ty.minimum, ty.maximum), size(bytes))
}

fn table_type(ty: &TableType) -> String {
    let width = if ty.table64 { ", 64-bit" } else { "" };
    format!("{} × {}{width}", range(ty.minimum, ty.maximum), ty.element)
}

fn global_type(ty: &GlobalType) -> String {
    if ty.mutable { format!("mut {}", ty.content) } else { ty.content.to_string() }
}

/// A constant expression, arithmetic between its operands.
fn const_expr(expr: &ConstExpr) -> String {
    let mut stack: Vec<String> = Vec::new();
    for op in &expr.0 {
        let text = match *op {
            ConstOp::I32(value) => value.to_string(),
            ConstOp::I64(value) => value.to_string(),
            ConstOp::F32(bits) => f32::from_bits(bits).to_string(),
            ConstOp::F64(bits) => f64::from_bits(bits).to_string(),
            ConstOp::V128(bits) => format!("{bits:#034x}"),
            ConstOp::GlobalGet(global) => format!("global {}", global.index()),
            ConstOp::RefNull(_) => "null".to_owned(),
            ConstOp::RefFunc(func) => format!("func {}", func.index()),
            ConstOp::Int(_, op) => {
                let (b, a) = (stack.pop().unwrap_or_default(), stack.pop().unwrap_or_default());
                let sign = match op {
                    ConstInt::Add => "+",
                    ConstInt::Sub => "-",
                    ConstInt::Mul => "*",
                };
                format!("({a} {sign} {b})")
            }
        };
        stack.push(text);
    }
    stack.join(" ")
}
