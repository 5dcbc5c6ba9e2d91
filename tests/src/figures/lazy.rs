//! The lazy mode against the regular one: a chain of cold functions, and programs that have run for a while.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use wootz::{CheckStrategy, Config, Engine, Instance, Mode, Module, OptLevel, Store, TypedFunc};

use super::Spread;
use super::calls::processor_time;
use crate::c_program::CProgram;
use crate::wasi_program::WasiProgram;

/// Functions in a row that each call the next.
const CHAIN: usize = 1000;
/// Runs of a program in which it has to be as good as it gets.
pub(super) const WARMING: usize = 60;
/// How long the background may take between two of them.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn engine(mode: Mode) -> Engine {
    Engine::new(&Config::new().mode(mode).verify(false))
}

fn instance(engine: &Engine, text: &str) -> Result<(Store<()>, TypedFunc<i32, i32>, Module)> {
    let module = Module::new(engine, text)?;
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let run = instance.get_typed_func(&store, "run")?;
    Ok((store, run, module))
}

/// A chain of cold functions, and what a call costs in every way.
///
/// # Errors
/// If a module does not compile or computes something else.
pub fn calls(rounds: usize) -> Result<()> {
    let next = |n| {
        format!(
            "(func $f{n} (param i32) (result i32) (i32.add (call $f{} (local.get 0)) (i32.const 1)))",
            n + 1
        )
    };
    let chain: String = (0..CHAIN - 1).map(next).collect();
    let last = CHAIN - 1;
    let text = format!(
        "(module {chain} (func $f{last} (param i32) (result i32) (local.get 0)) (export \"run\" (func $f0)))"
    );
    println!("A chain of {CHAIN} functions, from the text to the result, ms");
    for (name, mode) in [("lazy", Mode::Lazy), ("regular", Mode::Regular)] {
        let mut times = Vec::new();
        for _ in 0..rounds {
            let engine = engine(mode);
            let started = Instant::now();
            let (mut store, run, _) = instance(&engine, &text)?;
            ensure!(run.call(&mut store, 1)? == CHAIN as i32, "the chain computes something else");
            times.push(started.elapsed());
        }
        println!("  {name:24} {}", Spread::of_times(&times, 1e3));
    }
    super::calls::ways(rounds)
}

/// Waits until nothing of a module is being made better. Returns whether it had nothing to wait for.
pub(super) fn settled(module: &Module) -> Result<bool> {
    let pending = || module.lazy_statistics().map_or(0, |statistics| statistics.pending);
    let had_none = pending() == 0;
    let started = Instant::now();
    while pending() > 0 {
        ensure!(started.elapsed() < PATIENCE, "the background does not come to an end");
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(had_none)
}

/// Programs that have run until nothing gets better any more: their processor time in lazy mode ÷ that in the regular one.
///
/// # Errors
/// If a program does not compile or prints something else.
pub fn warm(programs: &[(CProgram, &'static [&'static str])], rounds: usize) -> Result<()> {
    println!(
        "Processor time of a run when warm, lazy ÷ regular (both -O2), median (minimum–maximum) of paired ratios"
    );
    for (program, arguments) in programs {
        let wasm = program.wasm()?;
        let compile = |mode: Mode| {
            let config = Config::new().opt_level(OptLevel::O2).checks(CheckStrategy::Guard).mode(mode);
            WasiProgram::compile_as(format!("{}, {mode:?}", program.name()), &wasm, &config)
        };
        let (lazy, regular) = (compile(Mode::Lazy)?, compile(Mode::Regular)?);
        let run = |program: &WasiProgram| -> Result<(Duration, Vec<u8>)> {
            let folder = tempfile::tempdir().context("making a folder for a program's files")?;
            let started = processor_time()?;
            let output = program.run(arguments, &[], folder.path())?;
            Ok((processor_time()? - started, output.stdout))
        };
        let (first, expected) = run(&lazy)?;
        let mut runs = 1;
        let mut calm = 0;
        while calm < 3 && runs < WARMING {
            calm = if settled(lazy.module())? { calm + 1 } else { 0 };
            run(&lazy)?;
            runs += 1;
        }
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (program, times) in [&lazy, &regular].into_iter().zip(&mut times) {
                let (time, output) = run(program)?;
                times.push(time);
                ensure!(output == expected, "{} printed something else", program.name());
            }
        }
        println!(
            "  {:14} {} after {runs} runs; the first took {:.2} s, the last {} s",
            program.name(),
            Spread::of_time_ratios(&times[0], &times[1]),
            first.as_secs_f64(),
            Spread::of_times(&times[0], 1.0),
        );
        let statistics = lazy.module().lazy_statistics().context("it is lazy")?;
        for (name, tier) in ["first", "second"].into_iter().zip(statistics.tiers) {
            println!("    {name} tier: {tier:?}");
        }
    }
    Ok(())
}
