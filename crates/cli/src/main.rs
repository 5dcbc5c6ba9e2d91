//! The `wootz` command: `run`, `compile`, `validate`, `wast`, `inspect`, `maps`.
//!
//! Every failure is a [`Report`] with an exit code of [`exit`]; nothing panics on bad input, and a panic
//! is said to be a bug. `docs/cli.md` documents the options.

mod args;
mod cache;
mod compile;
mod debug;
mod exit;
mod files;
mod input;
mod inspect;
mod maps;
mod names;
mod report;
mod run;
mod script;
mod source;
mod values;

use clap::Parser;

use args::{Cli, Command, InspectArgs, ValidateArgs};
use exit::Exit;
use input::Input;
use report::{Outcome, Report};

/// What to do about a bug.
const BUG: &str = "this is a bug in wootz: please report it with the module and the command line";

fn main() {
    std::panic::set_hook(Box::new(|panic| {
        Report::new(Exit::Bug, format!("wootz panicked: {panic}")).help(BUG).print();
        std::process::exit(Exit::Bug.code().into());
    }));
    // On a mistake this prints the usage and ends the process with code 2.
    let cli = Cli::parse();
    let outcome = match &cli.command {
        Command::Run(args) => run::run(args),
        Command::Compile(args) => compile::compile(args).map(|()| Exit::Success),
        Command::Validate(args) => validate(args).map(|()| Exit::Success),
        Command::Wast(args) => script::run(args),
        Command::Inspect(args) => inspect(args).map(|()| Exit::Success),
        Command::Cache(args) => cache::cache(args).map(|()| Exit::Success),
        Command::Maps(args) => maps::maps(args).map(|()| Exit::Success),
    };
    let exit = outcome.unwrap_or_else(|report| {
        report.print();
        report.exit()
    });
    std::process::exit(exit.code().into());
}

fn validate(args: &ValidateArgs) -> Outcome {
    let module = Input::read(&args.file, args.input.max_module_size)?;
    module.decode().map(drop)
}

fn inspect(args: &InspectArgs) -> Outcome {
    let Some((file, view)) = args.subject() else {
        return Err(Report::new(Exit::Usage, "no file given").help("wootz inspect FILE"));
    };
    let input = Input::read(&file, args.input.max_module_size)?;
    let module = input.decode()?;
    let options = args.compile.options(args.machine.target);
    inspect::inspect(&input, &module, &view, &options)
}
