//! The mode `repl`: each module of a script is entered into a session of its own, in a process `wootz repl`, and its calls as expressions.
//!
//! What a session cannot be told is left out, with the reason. Every other command is an entry that ends in a number of its own, so its
//! values are those that were printed before that, and an entry that failed has none; the messages of those come in the same order.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use wast::core::{AbstractHeapType, HeapType, WastArgCore, WastRetCore};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet};
use wootz::{Config, Engine, Store, Val};
use wootz_wasm_ir::entity::Entity as _;
use wootz_wasm_ir::{EntityIndex, FuncType, HeapType as HeapTypeOf, Module, RefType, TypeIndex, ValType};
use wootz_wast::configuration::{CHECKS, LEVELS};
use wootz_wast::{Failure, Outcome};

/// The mode's name.
pub const MODE: &str = "repl";

/// Why a command is left out.
type Reason = &'static str;

const IMPORTS: Reason = "a session imports nothing but WASI";
const SHARED: Reason = "modules that import each other would share the session's definitions";
const TAGS: Reason = "a session has no tags";
const REFUSED: Reason = "a module that has to be refused is no definition";
const EXTERN: Reason = "an expression cannot make a reference of the host's";
const TYPES: Reason = "an expression does not always know types that a function's type refers to";
const THREADS: Reason = "a session is on one thread";
const DEFINITIONS: Reason = "a module that is instantiated several times is no definition";

/// What a run of a script found: commands, and how many are left out for which reason.
pub(super) type Found = (Outcome, BTreeMap<Reason, usize>);

/// Runs what can be entered of a script. `compiler` is the binary `wootz-compiler`.
///
/// # Errors
/// If the script cannot be read, or a session does not answer as it should.
pub(super) fn run_sessions(compiler: &Path, config: &Config, script: &str) -> Result<Found> {
    let mut lexer = Lexer::new(script);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let wast: Wast<'_> = parser::parse(&buffer)?;
    let mut plan = Plan::default();
    for directive in wast.directives {
        let line = directive.span().linecol_in(script).0 + 1;
        plan.add(line, directive);
    }
    let options = options(config)?;
    let mut outcome = Outcome::default();
    for session in &plan.sessions {
        match session.left_out() {
            Some(reason) => plan.left_out.extend(std::iter::repeat_n(reason, 1 + session.commands.len())),
            None => session.run(compiler, &options, &mut outcome)?,
        }
    }
    let mut left_out = BTreeMap::new();
    plan.left_out.iter().for_each(|reason| *left_out.entry(*reason).or_default() += 1);
    Ok((outcome, left_out))
}

fn options(config: &Config) -> Result<[String; 3]> {
    let compile = config.compile_options();
    let checks = CHECKS.iter().find(|(_, strategy)| *strategy == compile.checks).context("unknown checks")?;
    let level = LEVELS.iter().find(|(_, level)| *level == compile.opt).context("unknown level")?;
    Ok(["repl".to_owned(), format!("--checks={}", checks.0), format!("-O{}", level.0)])
}

/// The sessions of a script.
#[derive(Default)]
struct Plan<'a> {
    sessions: Vec<Session<'a>>,
    current: Option<usize>,
    names: BTreeMap<&'a str, usize>,
    left_out: Vec<Reason>,
}

/// A module and what is done with it.
struct Session<'a> {
    line: usize,
    /// What to enter, or why it cannot be.
    module: Result<(String, Module), Reason>,
    /// The trap that entering it ends in.
    traps: Option<&'a str>,
    commands: Vec<Action<'a>>,
    is_shared: bool,
}

/// A call or a look at a global.
struct Action<'a> {
    line: usize,
    /// The expression, or why there is none.
    text: Result<String, Reason>,
    types: Vec<ValType>,
    expected: Expected<'a>,
}

enum Expected<'a> {
    Anything,
    Values(Vec<WastRet<'a>>),
    Trap(&'a str),
}

impl<'a> Plan<'a> {
    fn add(&mut self, line: usize, directive: WastDirective<'a>) {
        match directive {
            WastDirective::Module(module) => {
                let name = module.name();
                self.enter(line, module, None);
                self.current = Some(self.sessions.len() - 1);
                self.names.extend(name.map(|name| (name.name(), self.sessions.len() - 1)));
            }
            WastDirective::Register { module, .. } => {
                if let Some(session) = self.session(module) {
                    session.is_shared = true;
                }
                self.left_out.push(SHARED);
            }
            WastDirective::Invoke(invoke) => self.invoke(line, &invoke, Expected::Anything),
            WastDirective::AssertReturn { exec, results, .. } => {
                self.execute(line, exec, Expected::Values(results));
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                self.execute(line, exec, Expected::Trap(message));
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                self.invoke(line, &call, Expected::Trap(message));
            }
            WastDirective::ModuleDefinition(_) | WastDirective::ModuleInstance { .. } => {
                self.current = None;
                self.left_out.push(DEFINITIONS);
            }
            WastDirective::AssertInvalid { .. }
            | WastDirective::AssertMalformed { .. }
            | WastDirective::AssertUnlinkable { .. }
            | WastDirective::AssertInvalidCustom { .. }
            | WastDirective::AssertMalformedCustom { .. } => self.left_out.push(REFUSED),
            WastDirective::AssertException { .. } | WastDirective::AssertSuspension { .. } => {
                self.left_out.push(TAGS);
            }
            WastDirective::Thread(_) | WastDirective::Wait { .. } => self.left_out.push(THREADS),
        }
    }

    fn session(&mut self, name: Option<Id<'_>>) -> Option<&mut Session<'a>> {
        let index = match name {
            Some(name) => self.names.get(name.name()).copied(),
            None => self.current,
        };
        self.sessions.get_mut(index?)
    }

    fn enter(&mut self, line: usize, mut module: QuoteWat<'a>, traps: Option<&'a str>) {
        let module = module.encode().map_err(|_| REFUSED).and_then(|binary| {
            let module = Module::from_binary(&binary[..]).map_err(|_| REFUSED)?;
            let declarations = module.declarations();
            if !declarations.imports.is_empty() {
                return Err(IMPORTS);
            }
            // Calls are by index, which brings all functions of the session into an expression.
            if declarations
                .types
                .iter()
                .any(|(index, ty)| types_of(ty).any(|one| refers_to(one, Some(index))))
            {
                return Err(TYPES);
            }
            let text = wasmprinter::print_bytes(&binary).map_err(|_| REFUSED)?;
            Ok((text, module))
        });
        self.sessions.push(Session { line, module, traps, commands: Vec::new(), is_shared: false });
    }

    fn execute(&mut self, line: usize, exec: WastExecute<'a>, expected: Expected<'a>) {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(line, &invoke, expected),
            WastExecute::Wat(module) => {
                let traps = match expected {
                    Expected::Trap(message) => Some(message),
                    _ => None,
                };
                self.enter(line, QuoteWat::Wat(module), traps);
            }
            WastExecute::Get { module, global, .. } => {
                let Some(session) = self.session(module) else { return self.left_out.push(DEFINITIONS) };
                session.action(line, global, Vec::new(), expected);
            }
        }
    }

    fn invoke(&mut self, line: usize, invoke: &WastInvoke<'a>, expected: Expected<'a>) {
        let Some(session) = self.session(invoke.module) else { return self.left_out.push(DEFINITIONS) };
        session.action(line, invoke.name, invoke.args.iter().map(argument).collect(), expected);
    }
}

fn types_of(ty: &FuncType) -> impl Iterator<Item = &ValType> {
    ty.params.iter().chain(&ty.results)
}

/// Whether a value type refers to a type of the module: this one, or any.
fn refers_to(ty: &ValType, wanted: Option<TypeIndex>) -> bool {
    let ValType::Ref(RefType { heap: HeapTypeOf::Concrete(index), .. }) = ty else { return false };
    wanted.is_none_or(|wanted| wanted == *index)
}

/// An argument as an instruction; floats by their bits.
fn argument(argument: &WastArg<'_>) -> Result<String, Reason> {
    let WastArg::Core(argument) = argument else { return Err(EXTERN) };
    Ok(match argument {
        WastArgCore::I32(value) => format!("(i32.const {value})"),
        WastArgCore::I64(value) => format!("(i64.const {value})"),
        WastArgCore::F32(value) => format!("(f32.reinterpret_i32 (i32.const {}))", value.bits),
        WastArgCore::F64(value) => format!("(f64.reinterpret_i64 (i64.const {}))", value.bits),
        WastArgCore::V128(value) => {
            let bytes = value.to_le_bytes().map(|byte| byte.to_string());
            format!("(v128.const i8x16 {})", bytes.join(" "))
        }
        WastArgCore::RefNull(HeapType::Abstract { shared: false, ty: AbstractHeapType::Func }) => {
            "(ref.null func)".into()
        }
        WastArgCore::RefNull(HeapType::Abstract { shared: false, ty: AbstractHeapType::Extern }) => {
            "(ref.null extern)".into()
        }
        WastArgCore::RefNull(_) | WastArgCore::RefExtern(_) | WastArgCore::RefHost(_) => return Err(EXTERN),
    })
}

impl<'a> Session<'a> {
    /// What is not entered at all: a session whose state others change, or that lacks a step.
    fn left_out(&self) -> Option<Reason> {
        let reason = self.module.as_ref().err().copied();
        reason.or_else(|| self.is_shared.then_some(SHARED)).or_else(|| {
            let reasons: BTreeSet<_> =
                self.commands.iter().filter_map(|one| one.text.as_ref().err()).collect();
            reasons.first().map(|reason| **reason)
        })
    }

    fn action(
        &mut self,
        line: usize,
        export: &str,
        arguments: Vec<Result<String, Reason>>,
        expected: Expected<'a>,
    ) {
        let Ok((_, module)) = &self.module else {
            let text = Err(IMPORTS);
            return self.commands.push(Action { line, text, types: Vec::new(), expected });
        };
        let declarations = module.declarations();
        let item = declarations.exports.iter().find(|one| one.name == export).map(|one| one.item);
        let arguments: Result<Vec<String>, Reason> = arguments.into_iter().collect();
        let (text, types) = match item {
            Some(EntityIndex::Function(func))
                if types_of(declarations.signature(func)).any(|ty| refers_to(ty, None)) =>
            {
                (Err(TYPES), Vec::new())
            }
            Some(EntityIndex::Function(func)) => (
                arguments.map(|arguments| format!("(call {} {})", func.index(), arguments.join(" "))),
                declarations.signature(func).results.to_vec(),
            ),
            Some(EntityIndex::Global(global)) => (
                Ok(format!("(global.get {})", global.index())),
                vec![declarations.globals[global].ty.content],
            ),
            _ => (Err(REFUSED), Vec::new()),
        };
        self.commands.push(Action { line, text, types, expected });
    }

    fn run(&self, compiler: &Path, options: &[String], outcome: &mut Outcome) -> Result<()> {
        let Ok((module, _)) = &self.module else { bail!("it was left out") };
        let mut script = format!("{module}\n");
        for (number, command) in self.commands.iter().enumerate() {
            let text = command.text.as_ref().map_err(|reason| anyhow::anyhow!("{reason}"))?;
            script += &format!("{text} (i64.const {})\n", mark(number));
        }
        let mut process = Command::new(compiler)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!("cannot start {}: `cargo build -p wootz-cli` makes it", compiler.display())
            })?;
        let mut stdin = process.stdin.take().context("it has a standard input")?;
        // Beside reading what it answers: a pipe holds only so much.
        let writer = std::thread::spawn(move || stdin.write_all(script.as_bytes()));
        let output = process.wait_with_output()?;
        // A process that ended early is found out below.
        let _ = writer.join();
        let line = self.line;
        ensure!(output.status.success(), "line {line}: the session ended with {}", output.status);
        let (stdout, stderr) = (String::from_utf8(output.stdout)?, String::from_utf8_lossy(&output.stderr));
        let errors: Vec<&str> = stderr.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
        self.judge(&stdout.lines().collect::<Vec<_>>(), &errors, outcome)
    }

    /// Compares what was printed.
    fn judge(&self, lines: &[&str], errors: &[&str], outcome: &mut Outcome) -> Result<()> {
        let store = Store::new(&Engine::default(), ());
        let mut lines = lines;
        let printed: Vec<Option<&[&str]>> = (self.commands.iter().enumerate())
            .map(|(number, command)| {
                let count = command.types.len();
                let ends = lines.get(count).is_some_and(|line| *line == mark(number).to_string());
                let (values, rest) = lines.split_at(if ends { count } else { 0 });
                lines = &rest[usize::from(ends)..];
                ends.then_some(values)
            })
            .collect();
        ensure!(lines.is_empty(), "line {}: the session printed more: {lines:?}", self.line);
        let failed = printed.iter().filter(|values| values.is_none()).count();
        let (of_module, of_commands) = errors
            .split_at_checked(errors.len() - failed.min(errors.len()))
            .context("it is no more than all")?;
        ensure!(
            of_commands.len() == failed && of_module.len() <= 1,
            "line {}: errors: {errors:?}",
            self.line
        );
        let entered = match (self.traps, of_module.first()) {
            (None, None) => Ok(()),
            (Some(expected), Some(error)) if is_trap(error, expected) => Ok(()),
            (expected, error) => Err(format!("entering the module: expected {expected:?}, got {error:?}")),
        };
        let mut count = |line, verdict: Result<(), String>| match verdict {
            Ok(()) => outcome.passed += 1,
            Err(message) => outcome.failed.push(Failure { line, message }),
        };
        count(self.line, entered);
        let mut errors = of_commands.iter();
        for (command, values) in self.commands.iter().zip(printed) {
            let got = values.ok_or_else(|| errors.next().copied().unwrap_or(""));
            count(command.line, command.judge(&store, got));
        }
        Ok(())
    }
}

impl Action<'_> {
    fn judge(&self, store: &Store<()>, got: Result<&[&str], &str>) -> Result<(), String> {
        match (&self.expected, got) {
            (Expected::Anything, Ok(_)) => Ok(()),
            (Expected::Trap(expected), Err(error)) if is_trap(error, expected) => Ok(()),
            (Expected::Values(expected), Ok(values))
                if values.len() == expected.len()
                    && (self.types.iter().zip(values).zip(expected))
                        .all(|((ty, text), expected)| is_value(store, *ty, text, expected)) =>
            {
                Ok(())
            }
            (Expected::Values(expected), got) => Err(format!("expected {expected:?}, got {got:?}")),
            (Expected::Trap(expected), got) => Err(format!("expected the trap {expected:?}, got {got:?}")),
            (Expected::Anything, Err(error)) => Err(error.to_owned()),
        }
    }
}

/// What a command's entry ends in: numbers that no script computes.
fn mark(command: usize) -> u64 {
    7_316_492_000_000 + command as u64
}

/// Whether a message is that of a trap. Two of the suite's have an index that ours have not.
fn is_trap(error: &str, expected: &str) -> bool {
    let expected = match expected.rsplit_once(' ') {
        Some((rest @ "uninitialized element", _)) => rest,
        _ => expected,
    };
    error.strip_prefix("trap: ").is_some_and(|message| message.starts_with(expected))
}

/// Whether a printed value is the one that is expected.
fn is_value(store: &Store<()>, ty: ValType, text: &str, expected: &WastRet<'_>) -> bool {
    if let WastRet::Core(WastRetCore::RefFunc(None)) = expected {
        return text.starts_with("func");
    }
    value(ty, text).is_some_and(|value| wootz_wast::matches(store, value, expected))
}

/// The value that was printed.
fn value(ty: ValType, text: &str) -> Option<Val> {
    Some(match ty {
        ValType::I32 => Val::I32(text.parse().ok()?),
        ValType::I64 => Val::I64(text.parse().ok()?),
        ValType::F32 => Val::F32(match nan(text, 0x40_0000) {
            Some((sign, payload)) => sign << 31 | 0x7f80_0000 | payload as u32,
            None => text.parse::<f32>().ok()?.to_bits(),
        }),
        ValType::F64 => Val::F64(match nan(text, 1 << 51) {
            Some((sign, payload)) => u64::from(sign) << 63 | 0x7ff << 52 | payload,
            None => text.parse::<f64>().ok()?.to_bits(),
        }),
        ValType::V128 => {
            let lanes = text.strip_prefix("i32x4:")?.split(',').map(|lane| lane.parse::<i32>().ok());
            let lanes: Vec<i32> = lanes.collect::<Option<_>>()?;
            Val::V128(lanes.iter().rev().fold(0, |bits, lane| bits << 32 | u128::from(*lane as u32)))
        }
        ValType::Ref(reference) => Some(Val::null(reference)).filter(|null| null.to_string() == text)?,
    })
}

/// The sign and the payload of a NaN.
fn nan(text: &str, canonical: u64) -> Option<(u32, u64)> {
    let (sign, text) = text.strip_prefix('-').map_or((0, text), |rest| (1, rest));
    let payload = text.strip_prefix("nan")?;
    match payload.strip_prefix(":0x") {
        Some(payload) => Some((sign, u64::from_str_radix(payload, 16).ok()?)),
        None => payload.is_empty().then_some((sign, canonical)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(script: &str, check: impl FnOnce(&Plan<'_>)) {
        let buffer = ParseBuffer::new(script).unwrap();
        let wast: Wast<'_> = parser::parse(&buffer).unwrap();
        let mut plan = Plan::default();
        wast.directives.into_iter().for_each(|directive| plan.add(1, directive));
        check(&plan);
    }

    const SCRIPT: &str = r#"
        (module (func (export "f") (param f32) (result f32) (local.get 0)) (func (export "t") (unreachable)))
        (assert_return (invoke "f" (f32.const 1.5)) (f32.const 1.5))
        (assert_trap (invoke "t") "unreachable")
        (assert_return (invoke "f" (f32.const 0)) (f32.const nan:canonical))
        (module (import "m" "f" (func)))"#;

    #[test]
    fn commands_become_entries() {
        plan(SCRIPT, |plan| {
            let [session, other] = &plan.sessions[..] else { panic!("two modules") };
            assert_eq!((session.left_out(), other.left_out()), (None, Some(IMPORTS)));
            let first = session.commands[0].text.as_deref();
            assert_eq!(first, Ok("(call 0 (f32.reinterpret_i32 (i32.const 1069547520)))"));
        });
    }

    #[test]
    fn what_is_printed_is_judged() {
        plan(SCRIPT, |plan| {
            let judge = |lines: &[&str], errors: &[&str]| {
                let mut outcome = Outcome::default();
                plan.sessions[0].judge(lines, errors, &mut outcome).map(|()| outcome)
            };
            let marks = [0, 2].map(|number| mark(number).to_string());
            let good = judge(&["1.5", &marks[0], "-nan", &marks[1]], &["trap: unreachable"]).unwrap();
            assert_eq!((good.passed, good.failed.len()), (4, 0));
            let bad = judge(&["1.25", &marks[0], "nan:0x1", &marks[1]], &["trap: something"]).unwrap();
            assert_eq!((bad.passed, bad.failed.len()), (1, 3));
            assert!(judge(&["1.5", &marks[0], "nan", &marks[1], "more"], &["trap: unreachable"]).is_err());
            assert!(
                judge(&["1.5", &marks[0], "nan", &marks[1]], &[]).is_err(),
                "a failure without a message"
            );
            let refused = judge(&[], &["invalid", "unknown func", "unknown func", "unknown func"]).unwrap();
            assert_eq!((refused.passed, refused.failed.len()), (0, 4));
        });
    }

    #[test]
    fn printed_values_are_read_back() {
        assert!(matches!(value(ValType::F32, "-nan:0x1"), Some(Val::F32(0xff80_0001))));
        assert!(matches!(value(ValType::F64, "inf"), Some(Val::F64(0x7ff0_0000_0000_0000))));
        let vector = value(ValType::V128, "i32x4:1,2,3,-1");
        assert!(matches!(vector, Some(Val::V128(0xffff_ffff_0000_0003_0000_0002_0000_0001))));
    }
}
