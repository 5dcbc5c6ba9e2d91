//! Runs one script of the specification's suite without a compiler: the process of the mode `aot`, see `wootz_wast::apart`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use wootz_wast::apart::answer;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(checks), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("usage: spec-script FOLDER CHECKS");
        return ExitCode::from(2);
    };
    let written = answer(Path::new(&folder), &checks)
        .and_then(|answer| std::io::stdout().write_all(&answer).map_err(|error| error.to_string()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
