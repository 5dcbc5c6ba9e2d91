//! `wootz wast`: test scripts in the specification's format.

use std::panic;

use wootz::Engine;

use crate::args::WastArgs;
use crate::exit::Exit;
use crate::input::Input;
use crate::report::{Outcome, Report, output, printable};

/// Bytes that a script may have.
const LIMIT: usize = 1 << 30;

/// Runs every script and tells of each command that failed, then of the numbers.
pub(crate) fn run(args: &WastArgs) -> Outcome<Exit> {
    let engine = Engine::new(&args.compile.config());
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for file in &args.files {
        let input = Input::read(file, LIMIT)?;
        let text = std::str::from_utf8(&input.bytes).map_err(|_| {
            Report::new(Exit::BadModule, "a test script is text, this is not").at(input.name.clone())
        })?;
        // A panic is a failure of one command: the engine of scripts says so at its line and goes on.
        let hook = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        let outcome = wootz_wast::run(&engine, text);
        panic::set_hook(hook);
        let failures = outcome.failed.iter().map(|failure| (failure.line, failure.message.as_str()));
        let others = outcome.skipped.iter().map(|line| (*line, "this command is not supported"));
        let mut lines: Vec<(usize, &str)> = failures.chain(others).collect();
        lines.sort_unstable();
        for (line, message) in lines {
            eprintln!("{}", printable(&format!("{}:{line}: {message}", input.name)));
        }
        passed += outcome.passed;
        failed += outcome.failed.len();
        skipped += outcome.skipped.len();
    }
    output(format!("{passed} passed, {failed} failed, {skipped} skipped\n").as_bytes())?;
    Ok(if failed + skipped == 0 { Exit::Success } else { Exit::Failed })
}
