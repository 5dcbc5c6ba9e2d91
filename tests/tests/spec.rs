//! The specification's suite as part of `cargo test`: every script of 1.0 and 2.0 at -O0 under both check strategies.
//! `cargo xtask spec-test` runs it in more configurations.

use std::process::ExitCode;

use libtest_mimic::Arguments;
use wootz_tests::spec::{Configuration, Grid, SUITES};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let configurations = [("guard", "0"), ("explicit", "0")]
        .into_iter()
        .filter_map(|(checks, level)| Configuration::new(checks, level));
    let suites = SUITES.iter().filter(|suite| ["1.0", "2.0"].contains(&suite.name));
    let grid = Grid::new(configurations.collect(), suites.collect());
    let conclusion = libtest_mimic::run(&arguments, grid.trials());
    if !arguments.list && conclusion.num_passed + conclusion.num_failed > 0 {
        print!("{}", grid.summary().0);
    }
    conclusion.exit_code()
}
