//! When large programs print something, in lazy mode and under engines that compile before they run.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::Spread;
use crate::corpus::{Ended, run};
use crate::real::{PROGRAMS, Packages};

/// A program that prints something and ends: its name, and its arguments.
const FIRST: [(&str, &[&str]); 4] = [
    ("sqlite", &["first.db", "1"]),
    ("python", &["-c", "print(1)"]),
    ("esbuild", &["--version"]),
    ("clang", &["clang", "--version"]),
];

/// Runs a module with WASI in Node.js: its file, then the guest's arguments.
const NODE: &str = "
    const { WASI } = require('wasi'), [file, ...args] = process.argv.slice(1);
    const wasi = new WASI({ version: 'preview1', args: ['program', ...args], preopens: { '.': '.' }, returnOnExit: true });
    WebAssembly.instantiate(require('fs').readFileSync(file), wasi.getImportObject())
        .then(({ instance }) => { process.exitCode = wasi.start(instance); });";

/// The same in wasmtime, by its package for Python.
const WASMTIME: &str = include_str!("first.py");

/// By what programs are run: a module's file and its arguments come last on its command line.
struct Way<'a> {
    label: &'static str,
    command: &'a Path,
    options: &'static [&'static str],
}

/// From the start of a process until it prints something, and the processor time that it takes to its end: of the programs with these names, of all
/// if there are none.
///
/// # Errors
/// If a program cannot be fetched or fails.
pub fn output(wootz: &Path, names: &[String], rounds: usize) -> Result<()> {
    let packages = Packages::new()?;
    let ways = ways(wootz);
    println!(
        "From start to first output, and processor time to the end, s: median (minimum–maximum) of {rounds} alternated runs"
    );
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    for (name, arguments) in FIRST.into_iter().filter(|(name, _)| is_wanted(name)) {
        let program = PROGRAMS.iter().find(|program| program.name == name).context("no such program")?;
        let module = (program.module)(&packages)?;
        let mut figures = vec![(Vec::new(), Vec::new()); ways.len()];
        for _ in 0..rounds {
            for (Way { label, command, options }, (first, cpu)) in ways.iter().zip(&mut figures) {
                let folder = tempfile::tempdir().context("making a folder for a program's files")?;
                let mut command = Command::new(command);
                command.args(*options).arg(&module).args(arguments).current_dir(folder.path());
                let Ended { usage, code, first: printed, stderr, .. } = run(&mut command)?;
                ensure!(code == Some(0), "{name}, {label}: {stderr}");
                first.push(printed.with_context(|| format!("{name}, {label}: no output"))?);
                cpu.push(usage.cpu);
            }
        }
        for (way, (first, cpu)) in ways.iter().zip(figures) {
            let label = way.label;
            println!("  {name:8} {label:12} {}, processor {}", Spread::new(first), Spread::new(cpu));
        }
    }
    Ok(())
}

/// What is there to run programs with; a line for what is not.
fn ways(wootz: &Path) -> Vec<Way<'_>> {
    let mut ways = vec![
        Way {
            label: "lazy",
            command: wootz,
            options: &["run", "--no-cache", "--no-progress", "--dir=.", "--mode=lazy"],
        },
        Way {
            label: "regular -O0",
            command: wootz,
            options: &["run", "--no-cache", "--no-progress", "--dir=.", "-O0"],
        },
    ];
    let mut add = |label, command, options| ways.push(Way { label, command: Path::new(command), options });
    if succeeds("wasmtime", &["--version"]) {
        add("wasmtime", "wasmtime", &["run", "--dir=."]);
    } else if succeeds("python3", &["-c", "import wasmtime"]) {
        add("wasmtime", "python3", &["-c", WASMTIME]);
    } else {
        println!("  not measured: wasmtime, neither a command nor a package for Python");
    }
    if succeeds("node", &["--version"]) {
        add("Node.js", "node", &["--no-warnings", "-e", NODE]);
    } else {
        println!("  not measured: Node.js, no command `node`");
    }
    ways
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
