//! Code for 64-bit Arm under qemu, script by script and example by example: see `wootz_tests::aarch64`. Without qemu every test is listed as ignored, with
//! the reason in its kind.

use std::fs::File;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use libtest_mimic::{Arguments, Failed, Trial};
use wootz::OptLevel;
use wootz_tests::aarch64::{EMULATOR, Harness, Mode, has_emulator};
use wootz_tests::c_program::{CProgram, root};
use wootz_tests::spec::{SUITES, Script};

/// What the harness can do nothing with is not worth emulating.
const SUITES_HERE: [&str; 5] = ["2.0", "simd", "relaxed-simd", "tail-call", "wide-arithmetic"];

/// The mode in which every script is run.
const MAIN: &str = "O2";

const MODES: [Mode; 3] = [
    Mode { name: "O0", opt: OptLevel::O0, features: &[], deterministic: true },
    Mode { name: MAIN, opt: OptLevel::O2, features: &["+lse"], deterministic: true },
    Mode { name: "O2-own-choices", opt: OptLevel::O2, features: &["+lse"], deterministic: false },
];

/// The examples with their arguments, and the file that one writes. Their standard input is a text.
const EXAMPLES: [(&str, &[&str], Option<&str>); 5] = [
    ("life", &["60"], None),
    ("nbody", &["3"], None),
    ("sha256", &[], None),
    ("words", &["20"], None),
    ("picture", &["small.ppm", "48", "32"], Some("small.ppm")),
];

/// Of how many scripts one is run in the other modes than the main one.
const STEP: usize = 3;

/// Calls that are compared at least: so many the suite has for this harness.
const CALLS: usize = 5_000;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = !has_emulator();
    let kind = if missing {
        format!("not run: no {EMULATOR}, which cargo xtask setup installs")
    } else {
        String::new()
    };
    let harness = Arc::new((!missing).then(|| Harness::new().map_err(|error| format!("{error:#}"))));
    let calls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut trials = Vec::new();
    let suites = SUITES.iter().filter(|suite| SUITES_HERE.contains(&suite.name));
    let scripts = suites.flat_map(|suite| suite.scripts()).filter(|script| script.skipped.is_none());
    for (number, script) in scripts.enumerate() {
        // Relaxed operators are what a machine's own choices differ in.
        let modes = MODES.into_iter().filter(|mode| mode.deterministic || !script.name.contains("relaxed"));
        for mode in modes.filter(|mode| mode.name == MAIN || number % STEP == 0) {
            let (harness, calls, script) = (Arc::clone(&harness), Arc::clone(&calls), script.clone());
            let name = format!("{}@{}", script.name, mode.name);
            let trial = Trial::test(name, move || {
                let compared = run(&harness, &script, &mode)?;
                calls.fetch_add(compared, std::sync::atomic::Ordering::Relaxed);
                Ok(())
            });
            trials.push(trial.with_kind(kind.clone()).with_ignored_flag(missing));
        }
    }
    for (example, args, written) in EXAMPLES {
        for mode in MODES {
            let harness = Arc::clone(&harness);
            let trial = Trial::test(format!("{example}@{}", mode.name), move || {
                Ok(run_example(&harness, example, args, written, &mode)
                    .map_err(|error| format!("{error:#}"))?)
            });
            trials.push(trial.with_kind(kind.clone()).with_ignored_flag(missing));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    let calls = calls.load(std::sync::atomic::Ordering::Relaxed);
    let all = !arguments.list && !missing && conclusion.num_filtered_out == 0;
    if all {
        println!("{calls} calls compared");
        if calls < CALLS {
            eprintln!("these are fewer than {CALLS}");
            return ExitCode::FAILURE;
        }
    }
    conclusion.exit_code()
}

/// Runs an example, and compares what it writes with what its native build does.
fn run_example(
    harness: &Option<Result<Harness, String>>,
    example: &str,
    args: &[&str],
    written: Option<&str>,
    mode: &Mode,
) -> Result<()> {
    let harness =
        harness.as_ref().context("there is no emulator")?.as_ref().map_err(|error| anyhow!("{error}"))?;
    let program = CProgram::example(example);
    let stdin = || File::open(root().join("README.md"));
    let folder = tempfile::tempdir()?;
    let mut native = Command::new(program.native()?);
    let native = native.args(args).current_dir(folder.path()).stdin(stdin()?).output()?;
    // The file is complete before the standard output is flushed.
    let mut expected = written.map_or(Ok(Vec::new()), |file| std::fs::read(folder.path().join(file)))?;
    expected.extend(native.stdout);
    ensure!(native.status.success() && !expected.is_empty(), "the native build failed");
    let args: Vec<&str> = [example].iter().chain(args).copied().collect();
    let found = harness.program(example, &std::fs::read(program.wasm()?)?, &args, stdin()?, mode)?;
    ensure!(found == expected, "it writes {:?}", String::from_utf8_lossy(&found));
    Ok(())
}

fn run(harness: &Option<Result<Harness, String>>, script: &Script, mode: &Mode) -> Result<usize, Failed> {
    let harness = harness.as_ref().ok_or("there is no emulator")?.as_ref()?;
    Ok(harness.run(&script.name, script.text, mode).map_err(|error| format!("{error:#}"))?.calls)
}
