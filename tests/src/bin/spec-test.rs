//! `cargo xtask spec-test`: the specification's test suite in a grid of configurations.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use libtest_mimic::{Arguments, FormatSetting};
use wootz::Config;
use wootz_tests::spec::{Grid, REPL, SUITES, Suite};
use wootz_wast::Configuration;

/// Run the specification's test suite: versions 1.0 to 3.0 and the proposals
#[derive(Parser)]
#[command(name = "cargo xtask spec-test", bin_name = "cargo xtask spec-test")]
struct Options {
    /// Modes: regular; lazy (functions are compiled when they are called); lazy-hot (and
    /// optimised at once); deterministic (results that the specification leaves open are fixed); baseline (for any x86-64);
    /// deterministic-baseline; aot (compiled to files, run in a process without a compiler);
    /// repl (modules entered into sessions, calls as expressions)
    #[arg(long, value_delimiter = ',', default_value = "regular")]
    mode: Vec<String>,
    /// Check strategies: guard, explicit, auto
    #[arg(long, value_delimiter = ',', default_value = "guard,explicit")]
    checks: Vec<String>,
    /// Optimisation levels: 0 to 3
    #[arg(short = 'O', long = "opt", value_delimiter = ',', default_value = "0,1,2,3")]
    opt: Vec<String>,
    /// Parts of the suite [default: all of them]
    #[arg(long, value_delimiter = ',')]
    suite: Vec<String>,
    /// Only scripts whose name, for example `guard -O0 wasm-v2/memory_copy`, contains this
    #[arg(long)]
    filter: Option<String>,
    /// Scripts run at the same time [default: one for each processor]
    #[arg(long)]
    jobs: Option<usize>,
    /// Write everything that was found to this file, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print one line for each script
    #[arg(long)]
    verbose: bool,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let make = |modes: &[&str]| {
        let (checks, levels): (Vec<&str>, Vec<&str>) = (
            options.checks.iter().map(String::as_str).collect(),
            options.opt.iter().map(String::as_str).collect(),
        );
        Configuration::all(&Config::new(), modes, &checks, &levels)
            .map_err(|names| anyhow!("there is no configuration `{names}` (see --help)"))
    };
    let (sessions, modes): (Vec<&str>, Vec<&str>) =
        options.mode.iter().map(String::as_str).partition(|mode| *mode == REPL);
    let beside = |name| std::env::current_exe().map(|program| program.with_file_name(name));
    let mut grid = Grid::new(make(&modes)?, suites(&options.suite)?, &beside("spec-script")?);
    if !sessions.is_empty() {
        grid = grid.with_sessions(make(&["regular"])?, 1, &beside("wootz-compiler")?);
    }
    let arguments = Arguments {
        filter: options.filter.clone(),
        test_threads: options.jobs,
        format: Some(if options.verbose { FormatSetting::Pretty } else { FormatSetting::Terse }),
        ..Arguments::default()
    };
    let conclusion = libtest_mimic::run(&arguments, grid.trials(options.filter.as_deref()));
    for (reason, scripts) in grid.skipped() {
        let scripts: Vec<_> = scripts.into_iter().collect();
        println!("not run: {}: {reason}", scripts.join(", "));
    }
    for (reason, commands) in grid.left_out() {
        println!("{commands} commands left out: {reason}");
    }
    let (summary, clean) = grid.summary();
    if let Some(path) = &options.report {
        let text = serde_json::to_string_pretty(&grid.report())?;
        std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    print!("\n{summary}");
    Ok(if clean && !conclusion.has_failed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn suites(names: &[String]) -> Result<Vec<&'static Suite>> {
    if names.is_empty() {
        return Ok(SUITES.iter().collect());
    }
    let find = |name: &String| {
        let suite = SUITES.iter().find(|suite| suite.name == name);
        let known: Vec<_> = SUITES.iter().map(|suite| suite.name).collect();
        suite.with_context(|| format!("there is no suite `{name}`; there are: {}", known.join(", ")))
    };
    names.iter().map(find).collect()
}
