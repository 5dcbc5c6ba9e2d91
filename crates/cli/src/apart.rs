//! The process of a script in the mode `aot` of `wootz wast`: it has no compiler, and so must be `wootz`.

use wootz_wast::apart::answer;

use crate::args::ApartArgs;
use crate::exit::Exit;
use crate::report::{Outcome, Report, output};

/// Runs the script and prints what became of its commands.
pub fn run(args: &ApartArgs) -> Outcome<Exit> {
    let answer = answer(&args.folder, &args.checks).map_err(|message| Report::new(Exit::Bug, message))?;
    output(&answer).map(|()| Exit::Success)
}
