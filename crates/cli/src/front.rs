//! The command `wootz`: runs what is compiled already, in this process and without LLVM, and becomes `wootz-compiler` for everything
//! else, with the same arguments, terminal and exit code.

use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Parser;
use wootz_cli::args::{Cli, Command as Subcommand, RunArgs};
use wootz_cli::exit::Exit;
use wootz_cli::input::Input;
use wootz_cli::report::{Outcome, Report, end, report_panics};
use wootz_cli::{debug, run};
use wootz_engine::Engine;

fn main() {
    report_panics();
    end(run_compiled().and_then(|ended| ended.map_or_else(become_compiler, Ok)))
}

/// Runs the program, if the arguments ask for one that is compiled.
fn run_compiled() -> Outcome<Option<Exit>> {
    // What is wrong with the arguments, the other binary says.
    let is_run = std::env::args_os().nth(1).is_some_and(|first| first == "run");
    match is_run.then(Cli::try_parse) {
        // Standard input cannot be read again.
        Some(Ok(Cli { command: Subcommand::Run(args) })) if args.file().as_os_str() != "-" => run_args(&args),
        _ => Ok(None),
    }
}

fn run_args(args: &RunArgs) -> Outcome<Option<Exit>> {
    let input = Input::read(&args.file(), args.input.max_module_size)?;
    let engine = Engine::new(&debug::run_config(args, &input));
    run::run(args, &engine, &input, None, None)
}

/// Puts the binary with the compiler in the place of this process. Returns only if that fails.
fn become_compiler() -> Outcome<Exit> {
    let missing = |error: std::io::Error| {
        Report::new(Exit::System, format!("cannot start the compiler: {error}"))
            .help("`wootz-compiler` belongs beside `wootz`: install both, as `cargo install --path crates/cli` does")
    };
    let compiler = wootz_cli::compiler().map_err(missing)?;
    // Its messages are those of `wootz`.
    Err(missing(Command::new(compiler).arg0("wootz").args(std::env::args_os().skip(1)).exec()))
}
