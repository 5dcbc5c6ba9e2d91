//! What becomes of each function, line by line: LLVM IR and assembly, each line with the wasm offset it is for and the trap
//! it checks for. For whoever wants to show them side by side.

use std::collections::{HashMap, HashSet};

use wootz_vm_abi::options::CompileOptions;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::{FuncIndex, Module, WasmOffset};

use crate::compile::{LoweredUnit, compile_parts};
use crate::emit;
use crate::error::CompileError;
use crate::profile::require_profile;
use crate::report::PhaseTimes;
use crate::schedule::Schedule;
use crate::symbol::Symbol;
use crate::units::{self, Unit};

/// A defined function as the compiler left it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// Which.
    pub func: FuncIndex,
    /// Its optimised LLVM IR, without metadata.
    pub llvm_ir: Vec<Line>,
    /// Its assembly, without directives.
    pub assembly: Vec<Line>,
}

/// One line of a listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Text, without the end of line.
    pub text: String,
    /// Offset in the module of the WebAssembly instruction that it is for. In an inlined callee's code it lies there.
    pub offset: Option<WasmOffset>,
    /// What it has to do with traps.
    pub mark: Option<Mark>,
}

/// What a line has to do with traps.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Mark {
    /// A branch to a trap.
    Check(TrapCode),
    /// The trap.
    Trap(TrapCode),
    /// An access that is left to fault if it is out of bounds, or that may not be moved over one.
    Volatile,
}

/// Compiles a module as it is compiled for an image, and lists its defined functions in order.
///
/// # Errors
/// As [`compile_object`](crate::compile_object).
pub fn list(module: &Module, options: &CompileOptions) -> Result<Vec<Listing>, CompileError> {
    require_profile(module, options)?;
    // Lines of the text would take the place of offsets.
    let options = CompileOptions { debug: None, ..options.clone() };
    let units = units::partition(module);
    let done = Schedule::of(&options).run(&units, |unit| {
        let mut read =
            |part: &Unit, lowered: &LoweredUnit<'_, '_>, _: &mut PhaseTimes| unit_listings(part, lowered);
        compile_parts(module, &options, unit, true, &mut PhaseTimes::default(), &mut read)
    });
    let mut listings = Vec::new();
    for parts in done.results {
        listings.extend(parts?.into_iter().flatten());
    }
    listings.sort_by_key(|listing| listing.func);
    Ok(listings)
}

fn unit_listings(unit: &Unit, lowered: &LoweredUnit<'_, '_>) -> Result<Vec<Listing>, CompileError> {
    let llvm_ir = emit::llvm_ir(lowered.state, None)?;
    let assembly = emit::assembly(lowered.context, lowered.state, &lowered.machine, None)?;
    let locations = locations(&llvm_ir);
    let of_llvm_ir = functions(&llvm_ir, definition, |line| line == "}");
    let of_assembly = functions(&assembly, label_of_function, |line| line.starts_with(".Lfunc_end"));
    let listing = |func: &FuncIndex| {
        let symbol = Symbol::Wasm(*func).to_string();
        let missing = || CompileError::NoSuchFunction(*func);
        Ok(Listing {
            func: *func,
            llvm_ir: llvm_ir_lines(of_llvm_ir.get(&*symbol).ok_or_else(missing)?, &locations),
            assembly: assembly_lines(of_assembly.get(&*symbol).ok_or_else(missing)?),
        })
    };
    unit.functions.iter().map(listing).collect()
}

/// The lines of each function, by symbol: from one that `starts` recognises to one where it `ends`.
fn functions<'a>(
    text: &'a str,
    starts: impl Fn(&'a str) -> Option<&'a str>,
    ends: impl Fn(&str) -> bool,
) -> HashMap<&'a str, Vec<&'a str>> {
    let mut found = HashMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(symbol) = starts(line) {
            let body = lines.by_ref().take_while(|line| !ends(line));
            found.insert(symbol, std::iter::once(line).chain(body).collect());
        }
    }
    found
}

/// The symbol that a line of LLVM IR defines.
fn definition(line: &str) -> Option<&str> {
    line.starts_with("define ").then(|| line.split('"').nth(1)).flatten()
}

/// The symbol that a line of assembly is the label of.
fn label_of_function(line: &str) -> Option<&str> {
    line.strip_prefix('"')?.strip_suffix("\":")
}

/// The line numbers of locations, which are wasm offsets, by the number of their metadata.
fn locations(llvm_ir: &str) -> HashMap<&str, WasmOffset> {
    llvm_ir.lines().filter_map(location).collect()
}

/// `!12 = !DILocation(line: 345, …)`.
fn location(line: &str) -> Option<(&str, WasmOffset)> {
    let (number, node) = line.strip_prefix('!')?.split_once(" = ")?;
    let node = node.strip_prefix("distinct ").unwrap_or(node).strip_prefix("!DILocation(line: ")?;
    let offset = node.split([',', ')']).next()?.parse().ok()?;
    Some((number, offset))
}

fn llvm_ir_lines(lines: &[&str], locations: &HashMap<&str, WasmOffset>) -> Vec<Line> {
    let traps = Traps::new(lines, &LLVM_IR);
    let mut shown = Vec::with_capacity(lines.len() + 1);
    for line in lines.iter().filter(|line| !line.trim_start().starts_with("#dbg_")) {
        let number = line.split_once("!dbg !").and_then(|(_, rest)| rest.split([',', ' ']).next());
        let offset = number.and_then(|number| locations.get(number)).copied();
        let targets = line.split("label %").skip(1).filter_map(|rest| rest.split([',', ' ']).next());
        let mark = traps.mark(line, targets);
        let text = [", !", " !dbg ", " ; preds"].iter().fold(*line, |text, end| cut(text, end));
        shown.push(Line {
            text: without_attributes(text.trim_end()).to_owned(),
            offset: offset.filter(|offset| *offset != 0),
            mark: mark.or_else(|| line.contains(" volatile ").then_some(Mark::Volatile)),
        });
    }
    shown.push(Line { text: "}".into(), offset: None, mark: None });
    shown
}

/// A line without the number of its attributes.
fn without_attributes(line: &str) -> &str {
    let number =
        line.rsplit_once(" #").filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
    number.map_or(line, |(text, _)| text)
}

/// What comes before `end`.
fn cut<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or(text, |(before, _)| before)
}

fn assembly_lines(lines: &[&str]) -> Vec<Line> {
    let traps = Traps::new(lines, &ASSEMBLY);
    let referred: HashSet<&str> = lines.iter().filter_map(|line| last_operand(line)).collect();
    let (mut offset, mut shown) = (None, Vec::new());
    for line in lines {
        let trimmed = line.trim();
        if let Some(location) = trimmed.strip_prefix(".loc\t") {
            let line = location.split_whitespace().nth(1).and_then(|line| line.parse().ok());
            offset = line.filter(|line| *line != 0);
            continue;
        }
        if trimmed.ends_with(':') {
            if local_label(trimmed).is_none_or(|label| referred.contains(label)) {
                shown.push(Line { text: trimmed.to_owned(), offset: None, mark: None });
            }
        } else if !trimmed.is_empty() && !trimmed.starts_with(['.', '#']) {
            let text = format!("  {}", without_comment(trimmed).replacen('\t', " ", 1));
            let mark = traps.mark(line, last_operand(trimmed).into_iter());
            shown.push(Line { text, offset, mark });
        }
    }
    shown
}

fn last_operand(line: &str) -> Option<&str> {
    without_comment(line).rsplit(['\t', ' ']).next()
}

/// A line of assembly without what x86-64 writes behind `#` and Arm behind `//`.
fn without_comment(line: &str) -> &str {
    cut(cut(line, "# "), "// ").trim_end()
}

fn local_label(line: &str) -> Option<&str> {
    line.strip_suffix(':').filter(|label| label.starts_with(".L"))
}

/// How a language writes blocks that trap.
struct Syntax {
    /// The label that a line is.
    label: fn(&str) -> Option<&str>,
    /// The code that a line traps with.
    trap: fn(&str) -> Option<u8>,
    /// Whether a line between a label and a trap does nothing.
    is_silent: fn(&str) -> bool,
}

const LLVM_IR: Syntax = Syntax {
    label: |line| line.split_once(':').map(|(label, _)| label).filter(|label| !label.contains(' ')),
    trap: |line| line.split_once("@llvm.ubsantrap(i8 ")?.1.split_once(')')?.0.parse().ok(),
    is_silent: |line| line.contains("asm sideeffect \"\"") || line.trim_start().starts_with("#dbg_"),
};

/// `ud1l 10(%eax), %eax` on x86-64, `brk #0x550a` on Arm.
const ASSEMBLY: Syntax = Syntax {
    label: local_label,
    trap: |line| {
        let line = line.trim();
        match line.strip_prefix("ud1l\t") {
            Some(operand) => match operand.split('(').next()? {
                "" => Some(0),
                code => code.parse().ok(),
            },
            None => u8::from_str_radix(line.strip_prefix("brk\t#0x55")?, 16).ok(),
        }
    },
    is_silent: |line| line.trim_start().starts_with('.'),
};

/// The blocks of a function that do nothing but trap.
struct Traps<'a> {
    codes: HashMap<&'a str, TrapCode>,
    syntax: &'static Syntax,
}

impl<'a> Traps<'a> {
    fn new(lines: &[&'a str], syntax: &'static Syntax) -> Self {
        let (mut codes, mut block) = (HashMap::new(), None);
        for line in lines {
            if let Some(label) = (syntax.label)(line) {
                block = Some(label);
            } else if !(syntax.is_silent)(line) {
                let code = (syntax.trap)(line).and_then(TrapCode::from_byte);
                codes.extend(block.take().zip(code));
            }
        }
        Self { codes, syntax }
    }

    /// What a line that may branch to `targets` has to do with traps.
    fn mark<'t>(&self, line: &str, mut targets: impl Iterator<Item = &'t str>) -> Option<Mark> {
        if let Some(code) = (self.syntax.trap)(line).and_then(TrapCode::from_byte) {
            return Some(Mark::Trap(code));
        }
        targets.find_map(|target| self.codes.get(target)).copied().map(Mark::Check)
    }
}
