//! `cargo xtask bench`: what Wootz costs against the same programs compiled natively, as ratios of alternated runs.
//!
//! Four tables: starting a process, compiling a module, running a program, and what checks, fuel and a deadline add to that. Native is `clang -O3` without fused
//! multiplications. Every row's runs take turns with the native ones, so that a busy machine slows both; outputs must agree.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use wootz::{CheckStrategy, Config, Engine, Module, OptLevel};
use wootz_tests::c_program::{CProgram, root};
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
    /// The tables to make; all of them unless given.
    #[arg(long, value_enum)]
    table: Vec<Table>,
}

#[derive(Copy, Clone, PartialEq, Eq, ValueEnum)]
enum Table {
    StartUp,
    Compilation,
    RunTime,
    Costs,
}

const CHECKS: [(&str, CheckStrategy); 2] =
    [("guard", CheckStrategy::Guard), ("explicit", CheckStrategy::Explicit)];
const LEVELS: [(&str, OptLevel); 4] =
    [("-O0", OptLevel::O0), ("-O1", OptLevel::O1), ("-O2", OptLevel::O2), ("-O3", OptLevel::O3)];

fn main() -> ExitCode {
    let options = Options::parse();
    let made = Table::value_variants()
        .iter()
        .filter(|table| options.table.is_empty() || options.table.contains(table))
        .try_for_each(|table| match table {
            Table::StartUp => start_up(&options),
            Table::Compilation => compilation(&options),
            Table::RunTime => run_time(&options),
            Table::Costs => costs(&options),
        });
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A figure's median, minimum and maximum.
struct Spread {
    median: f64,
    minimum: f64,
    maximum: f64,
}

impl Spread {
    fn new(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let last = figures.len() - 1;
        Self { median: figures[figures.len() / 2], minimum: figures[0], maximum: figures[last] }
    }

    /// Of one measurement divided by another of the same round.
    fn of_ratios(figures: &[Duration], to: &[Duration]) -> Self {
        Self::new(
            figures.iter().zip(to).map(|(figure, to)| figure.as_secs_f64() / to.as_secs_f64()).collect(),
        )
    }

    fn of_times(figures: &[Duration], unit: f64) -> Self {
        Self::new(figures.iter().map(|figure| figure.as_secs_f64() * unit).collect())
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:8.2} ({:.2}–{:.2})", self.median, self.minimum, self.maximum)
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
fn programs() -> Result<[(CProgram, &'static [&'static str]); 4]> {
    Ok([
        (CProgram::sqlite()?.opt_level("-O3"), &["bench.db", "20000"]),
        (CProgram::example("nbody").opt_level("-O3"), &["2000"]),
        (CProgram::example("life").opt_level("-O3"), &["5000"]),
        (CProgram::example("picture").opt_level("-O3"), &["picture.ppm"]),
    ])
}

/// Programs at work: each against its native build, in the same rounds.
fn run_time(options: &Options) -> Result<()> {
    println!("Run time ÷ native (clang -O3 -ffp-contract=off), median (minimum–maximum) of paired ratios");
    for (program, arguments) in programs()? {
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
            println!("  {:14} {checks:8} -O2 {}", program.name(), Spread::of_ratios(times, &native_times));
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
    for (program, arguments) in programs()? {
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
            println!("  {:14} {label:14} {}", program.name(), Spread::of_ratios(figures, &times[0]));
        }
    }
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
