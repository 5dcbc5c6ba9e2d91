//! `cargo xtask fuzz`: random modules in Wootz and in another engine until the time is over, and a smaller module for
//! each difference.
//!
//! Modules run in worker processes (this program again): one that crashes or hangs is a finding and not the end of the
//! run. Case N of a seed is the same whoever runs it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use wootz_tests::differential::{Case, Comparison, Generator, Judges, Oracles, Verdict, module, shrink};

/// A module that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time for making one failing case smaller.
const SHRINKING: Duration = Duration::from_secs(60);
/// Failures after which a run ends.
const FAILURES: usize = 20;

/// What stands in a worker's line before how wasmi differs from all others.
const ALONE: &str = " but not: ";

/// Run random modules in Wootz, in every strategy and at two levels, and in other engines, and compare
#[derive(Parser)]
#[command(name = "cargo xtask fuzz", bin_name = "cargo xtask fuzz")]
struct Options {
    /// How long to go on
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Another seed is another sequence of modules
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Processes [default: one for each processor]
    #[arg(long)]
    jobs: Option<u64>,
    /// The number of the first module
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// The engines to compare with
    #[arg(long, value_enum, default_value_t = Oracles::Auto)]
    oracle: Oracles,
    /// Where failing modules are kept
    #[arg(long, default_value = "target/fuzz-failures", value_name = "DIR")]
    failures: PathBuf,
    /// Run this module only: text, binary, or the kept bytes of a case
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Print the module of this number of the seed, and run nothing
    #[arg(long, value_name = "NUMBER")]
    show: Option<u64>,
    /// Be a worker: from `first` on, every so many modules
    #[arg(long, hide = true)]
    worker: Option<u64>,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    if let Some(step) = options.worker {
        return worker(&options, step);
    }
    if let Some(number) = options.show {
        print!("{}", text(&Case::new(options.seed, number))?);
        return Ok(ExitCode::SUCCESS);
    }
    match &options.replay {
        Some(file) => replay(file, options.oracle),
        None => fuzz(&options),
    }
}

/// Runs modules and says before and after each what happens, one line each.
fn worker(options: &Options, step: u64) -> Result<ExitCode> {
    let judges = Judges::new(options.oracle)?;
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let mut number = options.first;
    let mut out = std::io::stdout().lock();
    while Instant::now() < end {
        writeln!(out, "begin {number}")?;
        out.flush()?;
        writeln!(out, "{}", line(judges.judge_case(&Case::new(options.seed, number))))?;
        number += step;
    }
    Ok(ExitCode::SUCCESS)
}

/// A verdict as the worker says it: a word, then what it was found by, or the difference.
fn line(verdict: Option<Verdict>) -> String {
    let Some(verdict) = verdict else { return "none".to_owned() };
    let word = match verdict.comparison {
        Comparison::Same => "same",
        Comparison::Inconclusive => "inconclusive",
        Comparison::Different(what) => return format!("different {}", what.replace('\n', " ")),
    };
    let by = |yes, name| if yes { name } else { "" };
    let judges = format!("{word}{}{}", by(verdict.wasmi, " wasmi"), by(verdict.wasmtime, " wasmtime"));
    verdict.alone.map_or(judges.clone(), |what| format!("{judges}{ALONE}{}", what.replace('\n', " ")))
}

/// Ends with 0 for equal runs and with 1 for a difference.
fn replay(file: &Path, oracle: Oracles) -> Result<ExitCode> {
    let judges = Judges::new(oracle)?;
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let verdict = match generator_of(file) {
        Some(generator) => judges.judge_case(&Case { generator, entropy: bytes }),
        None => Some(judges.judge(&wat::parse_bytes(&bytes)?)),
    };
    match verdict {
        Some(Verdict { comparison: Comparison::Different(what), .. }) => {
            println!("{what}");
            Ok(ExitCode::FAILURE)
        }
        other => {
            println!("{}", line(other));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn generator_of(file: &Path) -> Option<Generator> {
    let found = file.extension()?;
    Generator::ALL.into_iter().find(|generator| found == generator.extension())
}

/// What became of a module.
enum Event {
    /// With the word of the worker.
    Ended(u64, String),
    /// The worker died or hung in it.
    Lost(u64, String),
}

#[derive(Default)]
struct Counts {
    run: usize,
    wasmi: usize,
    wasmtime: usize,
    inconclusive: usize,
    /// How wasmi differs where wasmtime agrees with Wootz.
    alone: BTreeMap<u64, String>,
    failed: BTreeMap<u64, String>,
}

/// What all workers share.
struct Run {
    step: u64,
    seed: u64,
    oracle: Oracles,
    end: Instant,
}

fn fuzz(options: &Options) -> Result<ExitCode> {
    eprintln!("Wootz is compared with {}", Judges::new(options.oracle)?.names());
    let started = Instant::now();
    let end = started + Duration::from_secs(options.seconds);
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let jobs = options.jobs.unwrap_or(processors).max(1);
    let (sender, events) = channel();
    for job in 0..jobs {
        let (sender, first) = (sender.clone(), options.first + job);
        let run = Run { step: jobs, seed: options.seed, oracle: options.oracle, end };
        std::thread::spawn(move || {
            let mut next = Some(first);
            while let Some(first) = next.filter(|_| Instant::now() < end) {
                next = watch(first, &run, &mut |event| sender.send(event).is_ok());
            }
        });
    }
    drop(sender);
    let counts = collect(&events);
    let seconds = started.elapsed().as_secs();
    for (number, what) in &counts.failed {
        println!("module {number} of seed {}: {what}", options.seed);
        keep(options, *number, what)?;
    }
    for (number, what) in &counts.alone {
        println!("module {number} of seed {}: wasmi alone: {what}", options.seed);
    }
    println!(
        "{} modules in {seconds} s: {} also in wasmi, {} in wasmtime; {} inconclusive, {} in which wasmi stands alone, {} differences",
        counts.run,
        counts.wasmi,
        counts.wasmtime,
        counts.inconclusive,
        counts.alone.len(),
        counts.failed.len()
    );
    Ok(if counts.failed.is_empty() && counts.run > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn collect(events: &Receiver<Event>) -> Counts {
    let mut counts = Counts::default();
    for event in events {
        let (number, word) = match event {
            Event::Ended(number, word) => (number, word),
            Event::Lost(number, what) => (number, format!("different {what}")),
        };
        let (word, alone) =
            word.split_once(ALONE).map_or((word.as_str(), None), |(word, what)| (word, Some(what)));
        counts.alone.extend(alone.map(|what| (number, what.to_owned())));
        counts.run += usize::from(word != "none");
        counts.inconclusive += usize::from(word.starts_with("inconclusive"));
        counts.wasmi += usize::from(word.split(' ').any(|word| word == "wasmi"));
        counts.wasmtime += usize::from(word.split(' ').any(|word| word == "wasmtime"));
        if let Some(what) = word.strip_prefix("different ") {
            eprintln!("module {number}: {what}");
            counts.failed.insert(number, what.to_owned());
        }
        if counts.failed.len() >= FAILURES {
            eprintln!("{FAILURES} differences: that is enough");
            break;
        }
    }
    counts
}

/// Runs one worker until its time is over, or until it is lost: then the next module's number is returned.
fn watch(first: u64, run: &Run, tell: &mut dyn FnMut(Event) -> bool) -> Option<u64> {
    let mut child = match spawn(first, run) {
        Ok(child) => child,
        Err(error) => {
            tell(Event::Lost(first, format!("no worker: {error:#}")));
            return None;
        }
    };
    let lines = lines(&mut child);
    let mut current = first;
    let mut inside = false;
    let lost = loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => match line.strip_prefix("begin ").and_then(|number| number.parse().ok()) {
                Some(number) => (current, inside) = (number, true),
                None => {
                    inside = false;
                    if !tell(Event::Ended(current, line)) {
                        let _ = child.kill();
                        let _ = child.wait();
                        return None;
                    }
                }
            },
            Err(RecvTimeoutError::Timeout) => {
                let _ = child.kill();
                break format!("hangs for more than {} s", PATIENCE.as_secs());
            }
            Err(RecvTimeoutError::Disconnected) => break "crashes".to_owned(),
        }
    };
    let status = child.wait();
    if !inside && status.as_ref().is_ok_and(std::process::ExitStatus::success) {
        return None;
    }
    let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    tell(Event::Lost(current, format!("{lost}: {status}"))).then_some(current + run.step)
}

fn spawn(first: u64, run: &Run) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    let time = run.end.saturating_duration_since(Instant::now());
    command.arg("--worker").arg(run.step.to_string());
    command.arg("--first").arg(first.to_string());
    command.arg("--seed").arg(run.seed.to_string());
    command.args(oracle_arguments(run.oracle));
    command.arg("--seconds").arg(time.as_secs().to_string());
    Ok(command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn()?)
}

fn oracle_arguments(oracle: Oracles) -> [String; 2] {
    let name = oracle.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
    ["--oracle".to_owned(), name]
}

/// What a process prints, line by line.
fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}

/// Makes a failing case smaller and keeps it: its bytes, its text, and what is wrong with it.
fn keep(options: &Options, number: u64, what: &str) -> Result<()> {
    std::fs::create_dir_all(&options.failures)
        .with_context(|| format!("cannot make {}", options.failures.display()))?;
    let case = Case::new(options.seed, number);
    let path = options.failures.join(format!("{}-{number}.{}", options.seed, case.generator.extension()));
    let attempt = path.with_extension(format!("attempt.{}", case.generator.extension()));
    let smallest =
        shrink::shrink(&case, SHRINKING, |case| fails(&attempt, case, options.oracle).unwrap_or(false));
    let _ = std::fs::remove_file(&attempt);
    std::fs::write(&path, &smallest.entropy)?;
    // A damaged module may be none: its bytes are what is kept.
    let printed = text(&smallest).unwrap_or_else(|error| format!(";; not to be printed: {error:#}\n"));
    let text = format!(";; {what}\n{printed}");
    std::fs::write(path.with_extension("wat"), text)?;
    println!("  kept as {}", path.with_extension("wat").display());
    Ok(())
}

/// Whether a case fails in a process of its own: differs, crashes or hangs.
fn fails(file: &Path, case: &Case, oracle: Oracles) -> Result<bool> {
    std::fs::write(file, &case.entropy)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--replay").arg(file).args(oracle_arguments(oracle));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(!status.success());
        }
        if Instant::now() >= end {
            child.kill()?;
            child.wait()?;
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn text(case: &Case) -> Result<String> {
    match module(case)? {
        Some(wasm) => wasmprinter::print_bytes(wasm),
        None => Ok(String::new()),
    }
}
