//! The specification's suite as part of `cargo test`: every script that is run at all, under both check strategies at -O0 and
//! -O2. `cargo xtask spec-test` runs it in other configurations and writes reports.

use std::process::ExitCode;

use libtest_mimic::Arguments;
use wootz_tests::spec::{Configuration, Grid, SUITES};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut configurations = Vec::new();
    for checks in ["guard", "explicit"] {
        configurations.extend(["0", "2"].iter().filter_map(|level| Configuration::new(checks, level)));
    }
    let grid = Grid::new(configurations, SUITES.iter().collect());
    let conclusion = libtest_mimic::run(&arguments, grid.trials(arguments.filter.as_deref()));
    if !arguments.list && conclusion.num_passed + conclusion.num_failed > 0 {
        print!("{}", grid.summary().0);
    }
    conclusion.exit_code()
}
