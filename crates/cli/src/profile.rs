//! `wootz profile`: runs a program and draws which functions it spent its time in.

use std::collections::BTreeMap;
use std::sync::Arc;

use inferno::flamegraph::{self, Options};
use wootz_cli::args::{ProfileArgs, ProfileForm};
use wootz_cli::exit::Exit;
use wootz_cli::files::{self, PLAIN};
use wootz_cli::report::{Outcome, Report, one_line};
use wootz_cli::run::Profiling;
use wootz_engine::{Profile, TrapFrame};

/// Runs the program by `run` and writes the profile, however the program ended.
pub(crate) fn profile(
    args: &ProfileArgs,
    run: impl FnOnce(&Arc<Profiling>) -> Outcome<Exit>,
) -> Outcome<Exit> {
    let profiling = Arc::new(Profiling::every(args.interval()));
    let ended = run(&profiling);
    let (profiles, running) = profiling.take();
    if running > 0 {
        eprintln!("wootz: the samples of {running} threads are missing: host functions hold them");
    }
    // A program that did not start has its own report.
    if !profiles.is_empty() {
        write(args, &profiles)?;
    }
    ended
}

fn write(args: &ProfileArgs, profiles: &[Profile]) -> Outcome {
    let folded = folded(profiles);
    let total: u64 = folded.values().sum();
    let missed: u64 = profiles.iter().map(|profile| profile.missed).sum();
    if missed > 0 {
        eprintln!("wootz: {missed} samples were lost");
    }
    let lines = folded.iter().map(|(stack, count)| format!("{stack} {count}\n"));
    let bytes = match args.form() {
        ProfileForm::Folded => lines.collect::<String>().into_bytes(),
        ProfileForm::Svg if total == 0 => {
            return Err(Report::new(Exit::Output, "there is no sample to draw")
                .help("the program ended at once; --frequency takes more samples"));
        }
        ProfileForm::Svg => {
            let title = args.run.file().display().to_string();
            let lines: Vec<String> = lines.collect();
            drawing(&title, &lines)
                .map_err(|error| Report::new(Exit::Bug, format!("cannot draw the profile: {error}")))?
        }
    };
    files::write(args.target(), &bytes, PLAIN)
}

fn drawing(title: &str, lines: &[String]) -> std::io::Result<Vec<u8>> {
    let mut options = Options::default();
    title.clone_into(&mut options.title);
    "samples".clone_into(&mut options.count_name);
    let mut svg = Vec::new();
    flamegraph::from_lines(&mut options, lines.iter().map(|line| line.trim_end()), &mut svg)
        .map_err(std::io::Error::other)?;
    Ok(svg)
}

/// How often each stack of functions was found, outermost first, separated by semicolons.
fn folded(profiles: &[Profile]) -> BTreeMap<String, u64> {
    let mut folded = BTreeMap::new();
    let mut add = |stack: String, count: u64| {
        if count > 0 {
            *folded.entry(stack).or_insert(0) += count;
        }
    };
    for profile in profiles {
        add("[host functions]".into(), profile.outside);
        add("[waiting]".into(), profile.waiting);
        for (stack, count) in &profile.stacks {
            let names: Vec<String> = stack.iter().rev().map(name).collect();
            add(if names.is_empty() { "[runtime]".into() } else { names.join(";") }, *count);
        }
    }
    folded
}

/// A function's name, without what separates frames.
fn name(frame: &TrapFrame) -> String {
    match &frame.name {
        Some(name) => one_line(name).replace(';', ":"),
        None => format!("func {}", frame.func.0),
    }
}
