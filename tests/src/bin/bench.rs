//! `cargo xtask bench`: what Wootz costs against the same programs compiled natively, as ratios of alternated runs.
//!
//! Tables: starting a process, the same with what is compiled ahead of time, compiling a module, running a program, what checks, fuel
//! and a deadline add to that, running small kernels, and the lazy mode against the regular one. Native is `clang -O3` without fused
//! multiplications. Every row's runs take turns with the native ones, so that a busy machine slows both; outputs must agree.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use wootz::{CheckStrategy, Config, Engine, Module, OptLevel};
use wootz_tests::c_program::{CProgram, root};
use wootz_tests::corpus;
use wootz_tests::figures::{Ratios, Spread, first, hints, kernels, lazy, passes, targets};
use wootz_tests::loading::{self, STEPS, Wasmtime};
use wootz_tests::wasi_program::WasiProgram;

/// Measures start-up, compilation and run time against native builds.
#[derive(Parser)]
struct Options {
    /// The `wootz` command whose start-up is measured.
    #[arg(long)]
    wootz: PathBuf,
    /// Runs of each kind, alternated; tables give the median and, in brackets, minimum and maximum.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The tables to make; all of them but `passes` unless given.
    #[arg(long, value_enum)]
    table: Vec<Table>,
    /// The programs of the tables of run times and first outputs; all of them unless given.
    #[arg(long)]
    program: Vec<String>,
    /// The passes of the table of passes, by the names that it has for them; all of them unless given.
    #[arg(long)]
    pass: Vec<String>,
    /// The engines and modes of the table of the corpus; all that are installed unless given. Native code is always among them.
    #[arg(long)]
    engine: Vec<String>,
    /// Fail if the kernels or real programs are slower against native code than this file says, by more than the noise.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Write what the kernels and real programs take against native code to this file.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

impl Options {
    /// Whether the program with a name is to be measured.
    fn wants(&self, name: &str) -> bool {
        self.program.is_empty() || self.program.iter().any(|wanted| wanted == name)
    }
}

#[derive(Copy, Clone, PartialEq, Eq, ValueEnum)]
enum Table {
    StartUp,
    Ahead,
    Compilation,
    RunTime,
    Costs,
    Kernels,
    Lazy,
    LazyWarm,
    LazyFirst,
    Corpus,
    Hints,
    Passes,
}

impl Table {
    /// Whether it is made only when asked for: it is for whoever chooses passes, and takes half an hour for each round.
    fn is_rare(self) -> bool {
        self == Self::Passes
    }
}

const CHECKS: [(&str, CheckStrategy); 2] =
    [("guard", CheckStrategy::Guard), ("explicit", CheckStrategy::Explicit)];
const INTERPRETERS: [&str; 3] = ["lua", "quickjs", "regex"];
const LEVELS: [(&str, OptLevel); 4] =
    [("-O0", OptLevel::O0), ("-O1", OptLevel::O1), ("-O2", OptLevel::O2), ("-O3", OptLevel::O3)];

fn main() -> ExitCode {
    match measure(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<()> {
    let before = options.against.as_deref().map(Ratios::read).transpose()?;
    let mut ratios = Ratios::default();
    let mut failures = Failures::default();
    let wanted = |table: &&Table| match &options.table[..] {
        [] => !table.is_rare(),
        tables => tables.contains(table),
    };
    for table in Table::value_variants().iter().filter(wanted) {
        let made = match table {
            Table::StartUp => start_up(options),
            Table::Ahead => ahead(options),
            Table::Compilation => compilation(options),
            Table::RunTime => run_time(options),
            Table::Costs => costs(options),
            Table::Kernels => kernels::table(&options.wootz.with_file_name(""), options.rounds, &mut ratios),
            Table::Lazy => lazy::calls(options.rounds),
            Table::LazyWarm => {
                warm_programs(options).and_then(|programs| lazy::warm(&programs, options.rounds))
            }
            Table::LazyFirst => first::output(&options.wootz, &options.program, options.rounds),
            Table::Corpus => corpus(options, &mut ratios, &mut failures),
            Table::Hints => hints::prefetches(&options.wootz, options.rounds),
            Table::Passes => passes::worth(&options.wootz, &options.program, &options.pass, options.rounds),
        };
        let name = table.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        failures.keep(&format!("table {name}"), made);
    }
    targets::print(&ratios);
    if let Some(file) = &options.record {
        ratios.write(file)?;
    }
    let slower = before.map_or_else(Vec::new, |before| ratios.slower_than(&before));
    ensure!(slower.is_empty(), "slower than before:\n{}", slower.join("\n"));
    ensure!(failures.0.is_empty(), "not measured: {}", failures.0.join(", "));
    Ok(())
}

/// What could not be measured. The rest is, and the command fails at the end.
#[derive(Default)]
struct Failures(Vec<String>);

impl Failures {
    /// The result, or nothing and a line on standard error now.
    fn keep<T>(&mut self, what: &str, result: Result<T>) -> Option<T> {
        result
            .map_err(|error| {
                eprintln!("error: {what}: {error:#}");
                self.0.push(what.to_owned());
            })
            .ok()
    }
}

/// Whole processes, from start to exit.
fn start_up(options: &Options) -> Result<()> {
    let hello = CProgram::new(root().join("tests/programs/hello.c"));
    let sqlite = CProgram::sqlite()?.opt_level("-O3");
    println!("Start to exit, ms: median (minimum–maximum) of {} alternated runs", options.rounds);
    // SQLite prints its usage and exits: all of the module is compiled, almost nothing of it runs.
    for (name, program, code) in [("hello", hello, 0), ("sqlite", sqlite, 2)] {
        let (native, wasm) = (program.native()?, program.wasm()?);
        let commands: Vec<(String, Command)> = [("native".to_owned(), Command::new(&native))]
            .into_iter()
            .chain(LEVELS.map(|(level, _)| {
                let mut command = Command::new(&options.wootz);
                command.args(["run", "--no-cache", level]).arg(&wasm);
                (format!("wootz run {level}"), command)
            }))
            .collect();
        for (label, times) in alternate(commands, options.rounds, code)? {
            println!("  {name:8} {label:14} {}", Spread::of_times(&times, 1e3));
        }
    }
    Ok(())
}

/// Whole processes of what is compiled ahead of time, and the sizes of its files.
fn ahead(options: &Options) -> Result<()> {
    let hello = CProgram::new(root().join("tests/programs/hello.c"));
    let sqlite = CProgram::sqlite()?.opt_level("-O3");
    let folder = tempfile::tempdir()?;
    println!(
        "Compiled ahead of time, start to exit, ms: median (minimum–maximum) of {} alternated runs",
        options.rounds
    );
    for (name, program, code) in [("hello", hello, 0), ("sqlite", sqlite, 2)] {
        let (native, wasm) = (program.native()?, program.wasm()?);
        let mut commands = vec![("native".to_owned(), Command::new(&native))];
        let mut sizes = Vec::new();
        for kind in ["exe", "image"] {
            let file = folder.path().join(format!("{name}.{kind}"));
            let mut compile = Command::new(&options.wootz);
            compile.args(["compile", "--emit", kind, "-o"]).arg(&file).arg(&wasm);
            ensure!(compile.status()?.success(), "{name} does not compile to {kind}");
            sizes.push((kind, std::fs::metadata(&file)?.len()));
            let mut command = Command::new(if kind == "exe" { &file } else { &options.wootz });
            if kind == "image" {
                command.arg("run").arg(&file);
            }
            commands.push((kind.to_owned(), command));
        }
        let mut cached = Command::new(&options.wootz);
        cached.arg("run").arg(&wasm).env("WOOTZ_CACHE_DIR", folder.path().join("cache"));
        commands.push(("from the cache".to_owned(), cached));
        // The first round fills the caches.
        for (label, times) in alternate(commands, options.rounds + 1, code)? {
            println!("  {name:8} {label:14} {}", Spread::of_times(&times[1..], 1e3));
        }
        let image = folder.path().join(format!("{name}.image"));
        match loading(options, name, &wasm, &image, code)? {
            Some(bytes) => sizes.push(("wasmtime", bytes)),
            None => {
                println!("  {name:8} wasmtime       not measured: there is no package `wasmtime` for Python")
            }
        }
        let module = std::fs::metadata(&wasm)?.len();
        for (kind, size) in sizes {
            println!(
                "  {name:8} {kind:14} {size:9} bytes, {:.2} for each of wasm",
                size as f64 / module as f64
            );
        }
    }
    Ok(())
}

/// From a file of compiled code to the end of the program, inside of a process: Wootz and, where there is its package for Python,
/// wasmtime, in turns. Returns the size of wasmtime's file.
fn loading(options: &Options, name: &str, wasm: &Path, image: &Path, code: i32) -> Result<Option<u64>> {
    let compiled = image.with_extension("cwasm");
    let mut wasmtime = Wasmtime::compile(wasm, &compiled)?;
    let engine = Engine::default();
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..options.rounds {
        let ours = loading::ours(&engine, image)?;
        let theirs = wasmtime.as_mut().map(|(wasmtime, _)| wasmtime.load(&compiled)).transpose()?;
        for (loaded, times) in [Some(ours), theirs].into_iter().zip(&mut times) {
            let Some(loaded) = loaded else { continue };
            ensure!(loaded.code == code, "{name} ended with {}, not {code}", loaded.code);
            times.push(loaded.times);
        }
    }
    for (label, times) in ["wootz", "wasmtime"].into_iter().zip(times).filter(|(_, times)| !times.is_empty())
    {
        print!("  {name:8} in a process, {label:8}");
        for (step, what) in STEPS.into_iter().enumerate() {
            let times: Vec<_> = times.iter().map(|times| times[step]).collect();
            print!("  {what} {}", Spread::of_times(&times, 1e3));
        }
        println!();
    }
    Ok(wasmtime.map(|(_, bytes)| bytes))
}

fn alternate(
    mut commands: Vec<(String, Command)>,
    rounds: usize,
    code: i32,
) -> Result<Vec<(String, Vec<Duration>)>> {
    let mut times = vec![Vec::new(); commands.len()];
    for _ in 0..rounds {
        for ((label, command), times) in commands.iter_mut().zip(&mut times) {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let started = Instant::now();
            let status = command.status().with_context(|| format!("starting {label}"))?;
            times.push(started.elapsed());
            ensure!(status.code() == Some(code), "{label} ended with {status}, not {code}");
        }
    }
    Ok(commands.into_iter().map(|(label, _)| label).zip(times).collect())
}

/// From the bytes of SQLite's module to an image, and from the image to a loaded module.
fn compilation(options: &Options) -> Result<()> {
    let wasm = std::fs::read(CProgram::sqlite()?.opt_level("-O3").wasm()?)?;
    println!("Compiling SQLite ({} bytes of wasm), one thread, s; loading its image, ms", wasm.len());
    for (level, opt) in LEVELS {
        for (checks, strategy) in CHECKS {
            let engine = Engine::new(&Config::new().opt_level(opt).checks(strategy).verify(false));
            let started = Instant::now();
            let image = engine.precompile(&wasm)?;
            let compiled = started.elapsed().as_secs_f64();
            let size = image.len();
            let image: std::sync::Arc<[u8]> = image.into();
            let loads: Vec<_> = (0..options.rounds.max(1))
                .map(|_| {
                    let started = Instant::now();
                    let module = Module::from_image(&engine, std::sync::Arc::clone(&image));
                    let loaded = started.elapsed();
                    module.map(|_| loaded)
                })
                .collect::<std::result::Result<_, _>>()?;
            let loads = Spread::of_times(&loads, 1e3);
            println!("  {level} {checks:8} {compiled:8.2} s, image {size:9} bytes, load {loads} ms");
        }
    }
    Ok(())
}

/// What is run, with its arguments.
fn programs(options: &Options) -> Result<Vec<(CProgram, &'static [&'static str])>> {
    let all: [(CProgram, &'static [&'static str]); 4] = [
        (CProgram::sqlite()?, &["bench.db", "20000"]),
        (CProgram::example("nbody"), &["2000"]),
        (CProgram::example("life"), &["5000"]),
        (CProgram::example("picture"), &["picture.ppm"]),
    ];
    let programs = all.into_iter().filter(|(program, _)| options.wants(program.name()));
    Ok(programs.map(|(program, arguments)| (program.opt_level("-O3"), arguments)).collect())
}

/// The same, and what of the corpus looks at a program or a pattern while it runs: it gains most from a profile.
fn warm_programs(options: &Options) -> Result<Vec<(CProgram, &'static [&'static str])>> {
    let is_interpreter = |name: &str| INTERPRETERS.contains(&name) && options.wants(name);
    let corpus = corpus::all()?.into_iter().filter(|program| is_interpreter(program.source.name()));
    let corpus = corpus.map(|program| (program.source, program.arguments));
    Ok(programs(options)?.into_iter().chain(corpus).collect())
}

/// Programs at work: each against its native build, in the same rounds.
fn run_time(options: &Options) -> Result<()> {
    println!("Run time ÷ native (clang -O3 -ffp-contract=off), median (minimum–maximum) of paired ratios");
    for (program, arguments) in programs(options)? {
        let native = program.native()?;
        let wasm = program.wasm()?;
        let compiled =
            CHECKS.map(|(checks, strategy)| (checks, WasiProgram::compile(&wasm, OptLevel::O2, strategy)));
        let mut native_times = Vec::new();
        let mut times = [const { Vec::new() }; CHECKS.len()];
        for _ in 0..options.rounds {
            let (time, expected) = run_native(&native, arguments)?;
            native_times.push(time);
            for ((_, compiled), times) in compiled.iter().zip(&mut times) {
                let compiled = compiled.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
                let folder = scratch_folder()?;
                let started = Instant::now();
                let output = compiled.run(arguments, &[], folder.path())?;
                times.push(started.elapsed());
                ensure!(output.stdout == expected, "{} printed something else", compiled.name());
            }
        }
        let native = Spread::of_times(&native_times, 1e3);
        println!("  {:14} native {native} ms", program.name());
        for ((checks, _), times) in CHECKS.iter().zip(&times) {
            println!(
                "  {:14} {checks:8} -O2 {}",
                program.name(),
                Spread::of_time_ratios(times, &native_times)
            );
        }
    }
    Ok(())
}

/// The same programs, with what may be had for a price: each against guarded memories and nothing else, in the same rounds.
fn costs(options: &Options) -> Result<()> {
    println!(
        "Run time ÷ that with guarded memories and nothing else (-O2), median (minimum–maximum) of paired ratios"
    );
    let [guard, explicit] =
        CHECKS.map(|(_, strategy)| Config::new().opt_level(OptLevel::O2).checks(strategy));
    let (fuel, later) = (u64::MAX >> 1, Duration::from_secs(3600));
    let choices = [
        ("guard", guard.clone(), None),
        ("again", guard.clone(), None),
        ("deadline", guard.clone(), Some(later)),
        ("explicit", explicit.clone(), None),
        ("guard, fuel", guard.fuel(fuel), None),
        ("explicit, fuel", explicit.fuel(fuel), None),
    ];
    for (program, arguments) in programs(options)? {
        let wasm = program.wasm()?;
        let compile = |(label, config, timeout): &(&str, Config, Option<Duration>)| {
            let compiled = WasiProgram::compile_as(format!("{}, {label}", program.name()), &wasm, config)?;
            Ok(match timeout {
                Some(timeout) => compiled.timeout(*timeout),
                None => compiled,
            })
        };
        let compiled = choices.iter().map(compile).collect::<Result<Vec<_>>>()?;
        let mut times = vec![Vec::new(); choices.len()];
        let mut expected = None;
        for _ in 0..options.rounds {
            for (compiled, times) in compiled.iter().zip(&mut times) {
                let folder = scratch_folder()?;
                let started = Instant::now();
                let output = compiled.run(arguments, &[], folder.path())?;
                times.push(started.elapsed());
                let expected = expected.get_or_insert_with(|| output.stdout.clone());
                ensure!(output.stdout == *expected, "{} printed something else", compiled.name());
            }
        }
        println!("  {:14} guard          {} ms", program.name(), Spread::of_times(&times[0], 1e3));
        for ((label, ..), figures) in choices.iter().zip(&times).skip(1) {
            println!("  {:14} {label:14} {}", program.name(), Spread::of_time_ratios(figures, &times[0]));
        }
    }
    Ok(())
}

/// Real programs in all engines.
fn corpus(options: &Options, ratios: &mut Ratios, failures: &mut Failures) -> Result<()> {
    let mut engines = corpus::installed();
    engines.retain(|engine| {
        engine.name == corpus::NATIVE
            || options.engine.is_empty()
            || options.engine.iter().any(|wanted| wanted == engine.name)
    });
    let start_up = failures.keep("start-up", corpus::start_up(&options.wootz, &engines, options.rounds));
    let mut table = corpus::Table {
        engines: engines.iter().map(|engine| engine.name).collect(),
        rows: Vec::new(),
        start_up: start_up.unwrap_or_default(),
    };
    for program in corpus::all()? {
        if options.program.is_empty() || options.program.iter().any(|wanted| wanted == program.source.name())
        {
            let name = program.source.name();
            eprintln!("building and running {name}");
            let row = corpus::measure(&options.wootz, &engines, &program, options.rounds);
            table.rows.extend(failures.keep(name, row));
        }
    }
    println!("Real programs; native is clang -O3 -march=native -ffp-contract=off");
    print!("{table}");
    let ours = engines.iter().enumerate().filter(|(_, engine)| engine.is_ours()).map(|(place, _)| place);
    table.add_to(ratios, targets::CORPUS, &ours.collect::<Vec<_>>());
    let picture = options.wootz.with_file_name("corpus.svg");
    std::fs::write(&picture, table.plot().svg()?)?;
    println!("The run times as a picture: {}", picture.display());
    Ok(())
}

fn run_native(program: &Path, arguments: &[&str]) -> Result<(Duration, Vec<u8>)> {
    let folder = scratch_folder()?;
    let started = Instant::now();
    let output = Command::new(program).args(arguments).current_dir(folder.path()).output()?;
    let time = started.elapsed();
    ensure!(output.status.success(), "{} failed: {}", program.display(), output.status);
    Ok((time, output.stdout))
}

fn scratch_folder() -> Result<tempfile::TempDir> {
    tempfile::tempdir().context("making a folder for a program's files")
}
