//! The program that executables are made of: `wootz compile --emit exe` adds a module's image to it.

use wootz_cli::executable;
use wootz_cli::report::{end, report_panics};

fn main() {
    report_panics(std::process::exit);
    end(executable::run())
}
