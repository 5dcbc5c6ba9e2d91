//! The commands of a session: what starts with a colon.

use std::path::Path;

use wootz::Extern;
use wootz_cli::exit::Exit;
use wootz_cli::files::PLAIN;
use wootz_cli::input::Input;
use wootz_cli::names::closest;
use wootz_cli::report::{Outcome, Report};
use wootz_codegen_llvm::{TextKind, emit_text};
use wootz_wasm_ir::ir::DisplayNamed;
use wootz_wasm_ir::{EntityIndex, FuncIndex, Module, Translator};

use super::compose::Kind;
use super::print::{hexdump, value};
use super::save;
use super::scope::Item;
use super::session::{Answer, Session, bug};
use super::state::Loaded;
use super::text::{is_fields, tokens, with_results};

/// A command: name, arguments, what it does.
pub(super) struct Command {
    pub(super) name: &'static str,
    arguments: &'static str,
    help: &'static str,
    run: fn(&mut Session, &str) -> Outcome<Answer>,
}

/// All of them.
pub(super) const COMMANDS: &[Command] = &[
    Command { name: ":help", arguments: "", help: "show this", run: |_, _| Ok(Answer::Text(help())) },
    Command {
        name: ":type",
        arguments: "EXPR | $FUNC",
        help: "the type of an expression, which is not run, or of a function",
        run: type_of,
    },
    Command { name: ":ir", arguments: "$FUNC", help: "the function in Wootz's SSA form", run: ir },
    Command {
        name: ":llvm",
        arguments: "$FUNC",
        help: "its LLVM IR, optimised",
        run: |session, name| machine(session, name, TextKind::LlvmIr),
    },
    Command {
        name: ":asm",
        arguments: "$FUNC",
        help: "its assembly",
        run: |session, name| machine(session, name, TextKind::Assembly),
    },
    Command { name: ":mem", arguments: "[$MEMORY] ADDR LEN", help: "bytes of a memory", run: memory },
    Command {
        name: ":globals",
        arguments: "",
        help: "the globals and their values",
        run: |session, _| Ok(listing(session, Kind::Global)),
    },
    Command {
        name: ":tables",
        arguments: "",
        help: "the tables, their sizes and first elements",
        run: |session, _| Ok(listing(session, Kind::Table)),
    },
    Command {
        name: ":funcs",
        arguments: "",
        help: "the functions",
        run: |session, _| Ok(listing(session, Kind::Function)),
    },
    Command {
        name: ":time",
        arguments: "ENTRY",
        help: "enter something and say how long it took",
        run: time,
    },
    Command {
        name: ":break-on-trap",
        arguments: "on | off",
        help: "whether a trap ends a script, as any error does with --strict",
        run: break_on_trap,
    },
    Command {
        name: ":load",
        arguments: "FILE",
        help: "enter the fields of a module, binary or text",
        run: |session, file| load(session, Path::new(file)),
    },
    Command {
        name: ":save",
        arguments: "FILE",
        help: "write what was defined as a module: text if FILE ends in .wat, else binary",
        run: |session, file| match file {
            "" => Err(usage(":save")),
            file => save(session, file, |session| save::definitions(session.scope())),
        },
    },
    Command {
        name: ":save-state",
        arguments: "FILE",
        help: "the same, with memories, tables and globals as they are now",
        run: |session, file| match file {
            "" => Err(usage(":save-state")),
            file => save(session, file, |session| save::state(session.scope(), session.store())),
        },
    },
    Command {
        name: ":undo",
        arguments: "",
        help: "take the last entry back",
        run: |session, _| session.undo(),
    },
    Command { name: ":reset", arguments: "", help: "forget everything", run: |session, _| session.reset() },
    Command { name: ":quit", arguments: "", help: "end the session", run: |_, _| Ok(Answer::Quit) },
];

/// Runs a line that starts with a colon.
///
/// # Errors
/// The report of a command that is unknown or fails.
pub(super) fn run(session: &mut Session, line: &str) -> Outcome<Answer> {
    let line = line.trim();
    let (name, arguments) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(session, arguments.trim()),
        None => {
            let report = Report::new(Exit::Usage, format!("there is no command {name}"));
            Err(match closest(name, COMMANDS.iter().map(|command| command.name)) {
                Some(similar) => report.help(format!("did you mean {similar}?")),
                None => report.help(":help lists the commands"),
            })
        }
    }
}

fn help() -> String {
    let mut out = String::from(
        "Enter fields of a module, as (func $twice (param i32) (result i32) …), or an expression, as (call $twice (i32.const 4)).\n\
         $1, $2, … are the values that expressions had, $_ is the last.\n",
    );
    for Command { name, arguments, help, .. } in COMMANDS {
        out.push_str(&format!("{:<32} {help}\n", format!("{name} {arguments}")));
    }
    out
}

fn usage(name: &str) -> Box<Report> {
    let arguments =
        COMMANDS.iter().find(|command| command.name == name).map_or("", |command| command.arguments);
    Report::new(Exit::Usage, format!("{name} is written {name} {arguments}"))
}

fn type_of(session: &mut Session, text: &str) -> Outcome<Answer> {
    if let Some(name) = text.strip_prefix('$')
        && let Some(index) = session.scope().find(Kind::Function, name)
    {
        let ty = &session.scope().functions[index].ty;
        return Ok(Answer::Text(if ty.is_empty() { "() -> ()".to_owned() } else { ty.clone() }));
    }
    let tokens = tokens(text).unwrap_or_default();
    if text.is_empty() || is_fields(text, &tokens) {
        return Err(usage(":type"));
    }
    let expression = session.read_expression(&with_results(text, &tokens))?;
    let types: Vec<String> = expression.results.iter().map(ToString::to_string).collect();
    Ok(Answer::Text(if types.is_empty() { "no value".to_owned() } else { types.join(" ") }))
}

/// The entry that defines a function, and its index there.
fn defined<'a>(session: &'a Session, command: &str, text: &str) -> Outcome<(&'a Loaded, FuncIndex)> {
    let Some(name) = text.strip_prefix('$') else { return Err(usage(command)) };
    let scope = session.scope();
    let Some(index) = scope.find(Kind::Function, name) else {
        let report = Report::new(Exit::Usage, format!("there is no function ${name}"));
        let names = scope.functions.iter().filter_map(|item| item.name.as_deref());
        return Err(match closest(name, names) {
            Some(similar) => report.help(format!("did you mean ${similar}?")),
            None => report.help(":funcs lists the functions"),
        });
    };
    let Item { owner, label, .. } = &scope.functions[index];
    let entry = owner.and_then(|owner| session.entry(owner));
    let entry =
        entry.ok_or_else(|| Report::new(Exit::Usage, format!("${name} is of the host and has no body")))?;
    let exports = &entry.module.declarations().exports;
    let func = exports.iter().find_map(|export| match export.item {
        EntityIndex::Function(func) if export.name == *label => Some(func),
        _ => None,
    });
    func.map(|func| (entry, func)).ok_or_else(|| bug(&"a definition without an export"))
}

fn ir(session: &mut Session, name: &str) -> Outcome<Answer> {
    let (entry, func) = defined(session, ":ir", name)?;
    let mut translator = Translator::new();
    let body = translator.translate(&entry.module, func).map_err(|error| entry.input.refusal(&error))?;
    Ok(Answer::Text(DisplayNamed(body, entry.module.declarations()).to_string()))
}

fn machine(session: &mut Session, name: &str, kind: TextKind) -> Outcome<Answer> {
    let command = if kind == TextKind::LlvmIr { ":llvm" } else { ":asm" };
    let (entry, func) = defined(session, command, name)?;
    let text = emit_text(&entry.module, &session.options, kind, Some(func));
    text.map(Answer::Text).map_err(|error| crate::failure::compile_report(&entry.input, &error))
}

fn memory(session: &mut Session, text: &str) -> Outcome<Answer> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let scope = session.scope();
    let index = match words.first().and_then(|word| word.strip_prefix('$')) {
        Some(name) => {
            words.remove(0);
            scope.find(Kind::Memory, name)
        }
        None => Some(0),
    };
    let number = |word: &&str| match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    };
    let [address, length] = words[..] else { return Err(usage(":mem")) };
    let (Some(address), Some(length)) = (number(&address), number(&length)) else {
        return Err(usage(":mem"));
    };
    let Some(memory) = index.and_then(|index| scope.memories.get(index)) else {
        return Err(Report::new(Exit::Usage, "there is no such memory").help("(memory 1) makes one"));
    };
    let Extern::Memory(memory) = &memory.item else { return Err(bug(&"a memory of another kind")) };
    let size = memory.data_size(session.store()) as u64;
    let end = address.checked_add(length).filter(|end| *end <= size);
    let Some(end) = end else {
        return Err(Report::new(Exit::Usage, format!("the memory has {size} bytes, from 0 to {:#x}", size)));
    };
    Ok(Answer::Text(hexdump(address, &memory.data(session.store())[address as usize..end as usize])))
}

fn listing(session: &Session, kind: Kind) -> Answer {
    let scope = session.scope();
    let line = |(index, item): (usize, &Item)| {
        let more = match &item.item {
            Extern::Global(global) => format!(" = {}", value(scope, &global.get(session.store()))),
            Extern::Table(table) => {
                const SHOWN: u64 = 8;
                let size = table.size(session.store());
                let elements = (0..size.min(SHOWN)).filter_map(|index| table.get(session.store(), index));
                let elements: Vec<String> = elements.map(|element| value(scope, &element)).collect();
                let rest = if size > SHOWN { ", …" } else { "" };
                format!(" has {size}: {}{rest}", elements.join(", "))
            }
            _ if item.owner.is_none() => " (of the host)".to_owned(),
            _ => String::new(),
        };
        let space = if item.ty.is_empty() { "" } else { " " };
        format!("{}{space}{}{more}\n", item.shown(index), item.ty)
    };
    let lines: String = scope.items(kind).iter().enumerate().map(line).collect();
    if lines.is_empty() { Answer::Text("none".to_owned()) } else { Answer::Text(lines) }
}

fn time(session: &mut Session, text: &str) -> Outcome<Answer> {
    if text.is_empty() {
        return Err(usage(":time"));
    }
    let answer = session.enter(text)?;
    let shown = super::show(session, &answer);
    let times = session.times;
    Ok(Answer::Text(format!("{shown}opened in {:.1?}, ran in {:.1?}", times.compile, times.run)))
}

fn break_on_trap(session: &mut Session, text: &str) -> Outcome<Answer> {
    session.break_on_trap = match text {
        "on" => true,
        "off" => false,
        _ => return Err(usage(":break-on-trap")),
    };
    Ok(Answer::Nothing)
}

/// Enters the fields of a module.
///
/// # Errors
/// The report of a file that cannot be read or a module that is refused.
pub(super) fn load(session: &mut Session, file: &Path) -> Outcome<Answer> {
    if file.as_os_str().is_empty() {
        return Err(usage(":load"));
    }
    let input = Input::read(file, 1 << 30)?;
    let text = if input.is_text() { String::from_utf8(input.bytes.to_vec()).ok() } else { None };
    let text = match text {
        Some(text) => text,
        None => print(&input)?,
    };
    session.enter(&text)
}

/// A binary module as text in which everything has a name.
fn print(input: &Input) -> Outcome<String> {
    let module = input.decode()?;
    let mut text = String::new();
    wasmprinter::Config::new()
        .name_unnamed(true)
        .print(module.bytes(), &mut wasmprinter::PrintFmtWrite(&mut text))
        .map_err(|error| Report::new(Exit::BadModule, format!("the module cannot be printed: {error}")))?;
    Ok(text)
}

fn save(session: &mut Session, file: &str, write: fn(&Session) -> Outcome<String>) -> Outcome<Answer> {
    let text = write(session)?;
    let input = Input::fragment(file.to_owned(), &text);
    let module = Module::new(text.as_bytes()).map_err(|error| input.refusal(&error))?;
    let bytes = if file.ends_with(".wat") { text.as_bytes() } else { module.bytes() };
    wootz_cli::files::replace(Path::new(file), bytes, PLAIN)
        .map_err(|error| Report::new(Exit::Output, format!("cannot write {file}: {error}")))?;
    Ok(Answer::Text(format!("wrote {file}, {} bytes", bytes.len())))
}
