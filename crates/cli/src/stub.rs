//! The program that executables are made of: `wootz compile --emit exe` adds a module's image to it.

use wootz_cli::executable;
use wootz_cli::report::report_panics;

fn main() {
    report_panics();
    let exit = executable::run().unwrap_or_else(|report| {
        report.print();
        report.exit()
    });
    std::process::exit(exit.code().into());
}
