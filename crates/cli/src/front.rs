//! The command `wootz`: runs what is compiled already, in this process and without LLVM, and becomes `wootz-compiler` for everything
//! else, with the same arguments, terminal and exit code.

use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Parser;
use wootz_cli::args::{Cli, Command as Subcommand, ModeArg, RunArgs};
use wootz_cli::exit::Exit;
use wootz_cli::input::Input;
use wootz_cli::report::{Outcome, Report, end, report_panics};
use wootz_cli::{apart, debug, run};
use wootz_engine::Engine;

fn main() {
    report_panics(std::process::exit);
    end(run_compiled().and_then(|ended| ended.map_or_else(become_compiler, Ok)))
}

/// Runs the program, if the arguments ask for one that is compiled.
fn run_compiled() -> Outcome<Option<Exit>> {
    // What is wrong with the arguments, the other binary says.
    let is_ours = std::env::args_os().nth(1).is_some_and(|first| first == "run" || first == "wast-apart");
    match is_ours.then(Cli::try_parse) {
        Some(Ok(Cli { command: Subcommand::WastApart(args) })) => apart::run(&args).map(Some),
        Some(Ok(Cli { command: Subcommand::Run(args) })) if is_for_us(&args) => run_args(&args),
        _ => Ok(None),
    }
}

/// Whether it may be that nothing has to be compiled. What is read here and turns out to be for the compiler is read again: a large module
/// that is sure to be, and what can be read only once, is left to it.
fn is_for_us(args: &RunArgs) -> bool {
    let path = args.file();
    match std::fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => false,
        Ok(_) if args.no_cache || args.mode == ModeArg::Lazy => Input::begins_as_image(&path),
        Ok(_) => true,
        // A file that is not there is reported here, but `-` is none.
        Err(_) => path.as_os_str() != "-",
    }
}

fn run_args(args: &RunArgs) -> Outcome<Option<Exit>> {
    let input = Input::read(&args.file(), args.input.max_module_size)?;
    let engine = Engine::new(&debug::run_config(args, &input)?);
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
