//! The specification's suite as part of `cargo test`: every script that is run at all, under both check strategies at -O0 and
//! -O2, and samples of it in the other configurations, REPL sessions among them. `cargo xtask spec-test` runs it whole in any of them, and writes
//! reports.

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::Arguments;
use wootz::Config;
use wootz_tests::spec::{Grid, SUITES};
use wootz_wast::Configuration;

/// Of how many scripts a sample runs one.
const STEP: usize = 8;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let make = |modes: &[&str], levels: &[&str]| {
        Configuration::all(&Config::new(), modes, &["guard", "explicit"], levels).expect("the names exist")
    };
    let mut samples = make(&["regular"], &["1", "3"]);
    let modes = ["baseline", "deterministic", "deterministic-baseline", "lazy", "aot"];
    samples.extend(make(&modes, &["0", "2"]));
    samples.extend(make(&["lazy-hot"], &["2"]));
    let runner = Path::new(env!("CARGO_BIN_EXE_spec-script"));
    // The command is built before any test of the workspace runs, and stands beside what these are built with.
    let compiler = runner.with_file_name("wootz-compiler");
    assert!(
        compiler.exists(),
        "{} is missing: `cargo build --package wootz-cli` makes it",
        compiler.display()
    );
    let sessions =
        Configuration::all(&Config::new(), &["regular"], &["guard"], &["2"]).expect("the names exist");
    let grid = Grid::new(make(&["regular"], &["0", "2"]), SUITES.iter().collect(), runner)
        .with_samples(samples, STEP)
        .with_sessions(sessions, 4 * STEP, &compiler);
    let conclusion = libtest_mimic::run(&arguments, grid.trials(arguments.filter.as_deref()));
    if !arguments.list && conclusion.num_passed + conclusion.num_failed > 0 {
        print!("{}", grid.summary().0);
    }
    conclusion.exit_code()
}
