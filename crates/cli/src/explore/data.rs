//! What the page shows, as the JSON that its script reads.

use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use wootz_cli::debug::own_text;
use wootz_cli::input::Input;
use wootz_cli::source::guest;
use wootz_codegen_llvm::{CompileOptions, Line, Listing, Mark, SourceLines, print_text};
use wootz_wasm_ir::{EntityIndex, FuncIndex, Module, WasmOffset};

/// Everything about a module.
#[derive(Serialize)]
pub(super) struct Data {
    module: String,
    options: String,
    files: Vec<File>,
    /// Start, end, file and line of each piece of code, by start.
    sources: Vec<(WasmOffset, WasmOffset, usize, u32)>,
    functions: Vec<Function>,
}

#[derive(Serialize)]
struct File {
    path: String,
    /// `None` if it cannot be read here.
    text: Option<String>,
}

#[derive(Serialize)]
struct Function {
    index: u32,
    name: Option<String>,
    start: WasmOffset,
    end: WasmOffset,
    wat: Vec<Row>,
    llvm: Vec<Row>,
    asm: Vec<Row>,
}

/// Text, offset, and, if the line is marked, how: its kind, and what the trap is.
#[derive(Serialize)]
struct Row(
    String,
    Option<WasmOffset>,
    #[serde(skip_serializing_if = "Option::is_none")] Option<(&'static str, &'static str)>,
);

impl Data {
    /// `None` for a module that does not print.
    pub(super) fn new(
        input: &Input,
        module: &Module,
        options: &CompileOptions,
        listings: &[Listing],
    ) -> Option<Self> {
        let (text, printed) = print_text(module.bytes(), "module.wat".into())?;
        let lines: Vec<&str> = printed.lines().collect();
        let (files, sources) = sources(input, module);
        let function = |listing: &Listing| {
            let body = module.body_range(listing.func)?;
            Some(Function {
                index: listing.func.0,
                name: name(module, listing.func),
                wat: printed_function(&lines, &text.lines, &body),
                start: body.start,
                end: body.end,
                llvm: listing.llvm_ir.iter().map(row).collect(),
                asm: listing.assembly.iter().map(row).collect(),
            })
        };
        Some(Self {
            module: input.name.clone(),
            options: format!(
                "{}, -{:?}, checks: {:?}, traps: {:?}",
                options.machine, options.opt, options.checks, options.traps
            ),
            files,
            sources,
            functions: listings.iter().filter_map(function).collect(),
        })
    }
}

/// What people call a function: its name, or that of an export.
fn name(module: &Module, func: FuncIndex) -> Option<String> {
    let declarations = module.declarations();
    let exported = || {
        let export = declarations.exports.iter().find(|export| export.item == EntityIndex::Function(func))?;
        Some(export.name.to_owned())
    };
    declarations.function_name(func).map(str::to_owned).or_else(exported)
}

fn row(line: &Line) -> Row {
    let mark = line.mark.map(|mark| match mark {
        Mark::Check(code) => ("check", code.message()),
        Mark::Trap(code) => ("trap", code.message()),
        Mark::Volatile => ("volatile", ""),
    });
    Row(line.text.clone(), line.offset, mark)
}

/// The lines of a function in the print of its module, from its header to its end.
fn printed_function(lines: &[&str], offsets: &[(WasmOffset, u32)], body: &Range<WasmOffset>) -> Vec<Row> {
    let first = offsets.partition_point(|(offset, _)| *offset < body.start);
    let inside = offsets[first..].iter().take_while(|(offset, _)| *offset < body.end);
    let mut rows: Vec<(usize, Option<WasmOffset>)> =
        inside.map(|(offset, line)| (*line as usize - 1, Some(*offset))).collect();
    let (Some((start, _)), Some((end, _))) = (rows.first().copied(), rows.last().copied()) else {
        return Vec::new();
    };
    let header =
        (0..=start).rev().find(|line| lines[*line].trim_start().starts_with("(func")).unwrap_or(start);
    let end = if lines.get(end + 1).is_some_and(|line| line.trim() == ")") { end + 1 } else { end };
    let known: Vec<usize> = rows.iter().map(|(line, _)| *line).collect();
    rows.extend((header..=end).filter(|line| known.binary_search(line).is_err()).map(|line| (line, None)));
    rows.sort_by_key(|(line, _)| *line);
    let margin = lines[header].len() - lines[header].trim_start().len();
    rows.into_iter()
        .map(|(line, offset)| Row(lines[line].get(margin..).unwrap_or("").to_owned(), offset, None))
        .collect()
}

type Sources = (Vec<File>, Vec<(WasmOffset, WasmOffset, usize, u32)>);

/// The sources: those of the guest's compiler, or the file itself if it is text.
fn sources(input: &Input, module: &Module) -> Sources {
    if let Some(found) = SourceLines::of(module).filter(|found| !found.lines.is_empty()) {
        let files = found.files.iter().map(|path| file(path)).collect();
        let lines =
            found.lines.iter().map(|line| (line.offsets.start, line.offsets.end, line.file, line.line));
        return (files, lines.collect());
    }
    let Some(text) = own_text(input) else { return (Vec::new(), Vec::new()) };
    let next = text.lines.iter().skip(1).map(|(offset, _)| *offset).chain([WasmOffset::MAX]);
    let lines = text.lines.iter().zip(next).map(|((start, line), end)| (*start, end, 0, *line));
    (vec![file(&text.path)], lines.collect())
}

fn file(path: &Path) -> File {
    File { path: path.display().to_string(), text: guest::read(path) }
}
