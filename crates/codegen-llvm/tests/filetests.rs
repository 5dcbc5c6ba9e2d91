//! Runs every `filetests/**/*.wat`: compiles it and matches the output with the directives in its comments.
//!
//! A line `;;! emit = asm, opt = O2, checks = guard, func = 0` starts a run; the comment lines after it are
//! directives of the crate `filecheck` (`check:`, `nextln:`, `not:`, …) for that run's output, tabs made spaces. Keys and their defaults:
//! `emit` (`llvm-ir` or `asm`; `llvm-ir`), `opt` (`O2`), `checks` (`guard`), `cpu` (`x86-64-v3`), `func` (whole module);
//! `machine = aarch64` sets the machine and its baseline, `feature = +name` adds a feature of the CPU;
//! `traps = relaxed`, `nans = canonical`, `relaxed = deterministic` and `debug = on` switch on what they say.
//! Every file is also compiled and linked for all machines at all levels under both strategies with the verifiers on.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use filecheck::{CheckerBuilder, NO_VARIABLES};
use wootz_codegen_llvm::{
    CompileOptions, Cpu, Machine, OptLevel, SourceText, TextKind, TrapPrecision, compile_image, emit_text,
};
use wootz_vm_abi::plan::CheckStrategy;
use wootz_wasm_ir::{FuncIndex, Module};

/// One `;;!` line and the directives under it.
struct Run {
    line: usize,
    options: CompileOptions,
    kind: TextKind,
    func: Option<FuncIndex>,
    directives: Vec<String>,
}

#[test]
fn every_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("filetests");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(files.len() > 10, "the file tests are gone");
    let mut failures = String::new();
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file).display().to_string();
        if let Err(error) = check_file(file) {
            writeln!(failures, "{name}: {error}\n").unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "wat") {
            files.push(path);
        }
    }
}

fn check_file(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let module = Module::new(text.as_bytes()).map_err(|error| error.to_string())?;
    for opt in [OptLevel::O0, OptLevel::O1, OptLevel::O2, OptLevel::O3] {
        for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
            for &machine in Machine::ALL {
                let options = CompileOptions {
                    opt,
                    checks,
                    machine,
                    cpu: Cpu::Baseline,
                    verify: true,
                    ..CompileOptions::default()
                };
                compile_image(&module, &options)
                    .map_err(|error| format!("{machine} {opt:?} {checks:?}: {error}"))?;
            }
        }
    }
    let runs = parse(&text)?;
    if runs.is_empty() {
        return Err("no `;;!` line".into());
    }
    for run in runs {
        let line = run.line;
        check_run(&module, run).map_err(|error| format!("run at line {line}: {error}"))?;
    }
    Ok(())
}

fn check_run(module: &Module, run: Run) -> Result<(), String> {
    let mut builder = CheckerBuilder::new();
    for directive in &run.directives {
        if !builder.directive(directive).map_err(|error| error.to_string())? {
            return Err(format!("not a directive: {directive}"));
        }
    }
    let checker = builder.finish();
    if checker.is_empty() {
        return Err("a run without directives".into());
    }
    let output = emit_text(module, &run.options, run.kind, run.func).map_err(|error| error.to_string())?;
    let output = output.replace('\t', " ");
    if checker.check(&output, NO_VARIABLES).map_err(|error| error.to_string())? {
        return Ok(());
    }
    let (_, explanation) = checker.explain(&output, NO_VARIABLES).map_err(|error| error.to_string())?;
    Err(explanation)
}

fn parse(text: &str) -> Result<Vec<Run>, String> {
    let mut runs: Vec<Run> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some(comment) = line.trim_start().strip_prefix(";;") else { continue };
        if let Some(keys) = comment.strip_prefix('!') {
            runs.push(parse_run(number, keys).map_err(|error| format!("line {number}: {error}"))?);
        } else if let Some(run) = runs.last_mut()
            && is_directive(comment)
        {
            run.directives.push(comment.trim().to_owned());
        }
    }
    Ok(runs)
}

fn is_directive(comment: &str) -> bool {
    ["check:", "nextln:", "sameln:", "unordered:", "not:", "regex:"]
        .iter()
        .any(|directive| comment.trim_start().starts_with(directive))
}

fn parse_run(line: usize, keys: &str) -> Result<Run, String> {
    let mut run = Run {
        line,
        options: CompileOptions {
            opt: OptLevel::O2,
            checks: CheckStrategy::Guard,
            cpu: Cpu::Named("x86-64-v3".into()),
            verify: true,
            ..CompileOptions::default()
        },
        kind: TextKind::LlvmIr,
        func: None,
        directives: Vec::new(),
    };
    for pair in keys.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is not `key = value`"))?;
        match (key.trim(), value.trim()) {
            ("emit", "llvm-ir") => run.kind = TextKind::LlvmIr,
            ("emit", "asm") => run.kind = TextKind::Assembly,
            ("opt", "O0") => run.options.opt = OptLevel::O0,
            ("opt", "O1") => run.options.opt = OptLevel::O1,
            ("opt", "O2") => run.options.opt = OptLevel::O2,
            ("opt", "O3") => run.options.opt = OptLevel::O3,
            ("checks", "guard") => run.options.checks = CheckStrategy::Guard,
            ("checks", "explicit") => run.options.checks = CheckStrategy::Explicit,
            ("guard", bytes) => {
                run.options.guard = bytes.parse().map_err(|_| format!("`{bytes}` is not a size"))?;
            }
            ("traps", "relaxed") => run.options.traps = TrapPrecision::Relaxed,
            ("nans", "canonical") => run.options.canonicalize_nans = true,
            ("relaxed", "deterministic") => run.options.deterministic = true,
            ("machine", name) => {
                let machine = Machine::ALL.iter().copied().find(|machine| machine.name() == name);
                run.options.machine = machine.ok_or_else(|| format!("no machine {name}"))?;
                run.options.cpu = Cpu::Baseline;
            }
            ("debug", "on") => {
                let text = SourceText { path: "module.wat".into(), lines: Vec::new() };
                run.options.debug = Some(Arc::new(text));
            }
            ("cpu", name) => run.options.cpu = Cpu::Named(name.into()),
            ("feature", change) => run.options.cpu_features.push(change.into()),
            ("func", index) => {
                let index = index.parse().map_err(|_| format!("`{index}` is not a function index"))?;
                run.func = Some(FuncIndex(index));
            }
            (key, value) => return Err(format!("unknown setting `{key} = {value}`")),
        }
    }
    Ok(run)
}
