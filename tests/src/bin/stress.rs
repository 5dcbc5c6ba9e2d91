//! Stresses shared memories, atomic instructions and lazily compiled code, and runs a program with threads many times; prints what was seen.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use wootz_tests::c_program::CProgram;
use wootz_tests::stress::{self, MODES, Summary};
use wootz_tests::wasi_program::WasiProgram;

/// Stresses shared memories: contended locks, queues and counters, growth and traps meanwhile, and litmus tests of the order of
/// accesses, at -O0 and -O2 with both check strategies. Then runs a program with pthreads.
#[derive(Parser, Debug)]
#[command(name = "cargo xtask stress", bin_name = "cargo xtask stress")]
struct Args {
    /// How long to stress the memories.
    #[arg(long, default_value = "60")]
    seconds: u64,
    /// How often to run the program with pthreads, in each mode.
    #[arg(long, default_value = "1000")]
    runs: u32,
    /// Stress nothing but threads in lazily compiled modules.
    #[arg(long)]
    lazy: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let started = Instant::now();
    let time = Duration::from_secs(args.seconds);
    if args.lazy {
        let summary = stress::run_lazily(time)?;
        println!("{}", tiers(&summary));
        return Ok(());
    }
    let summary = stress::run(time)?;
    println!(
        "{} rounds in {:.0} s: {} traps, {} pages grown, {} waits woken",
        summary.rounds,
        started.elapsed().as_secs_f64(),
        summary.traps,
        summary.grown,
        summary.woken
    );
    println!("{}", tiers(&summary));
    println!("{:40} {:>12} {:>12}", "litmus test", "runs", "forbidden");
    for (name, runs, seen) in summary.litmus {
        println!("{name:40} {runs:>12} {seen:>12}");
    }
    if args.runs > 0 { program(args.runs) } else { Ok(()) }
}

fn tiers(summary: &Summary) -> String {
    format!(
        "{} rounds of eight threads in a lazily compiled module, {} swaps",
        summary.tier_rounds, summary.swaps
    )
}

/// The parallel sum, again and again.
fn program(runs: u32) -> Result<()> {
    let wasm = CProgram::parallel_sum().wasm()?;
    for (opt, checks) in MODES {
        let program = WasiProgram::compile(&wasm, opt, checks)?;
        let started = Instant::now();
        let mut first = None;
        for run in 0..runs {
            let output = program.run(&["4", "1"], b"", &std::env::temp_dir());
            let output = output.with_context(|| format!("run {run}"))?;
            ensure!(output.code == 0, "{}, run {run}: exit code {}", program.name(), output.code);
            let first = first.get_or_insert_with(|| output.stdout.clone());
            ensure!(*first == output.stdout, "{}, run {run}: another output", program.name());
        }
        println!(
            "parallel sum at {opt:?} with {checks:?} checks: {runs} runs in {:.1} s, each right",
            started.elapsed().as_secs_f64()
        );
    }
    Ok(())
}
