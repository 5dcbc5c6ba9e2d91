//! The command with the compiler, `wootz-compiler`: what `wootz` becomes when there is something to compile.
//!
//! Every failure is a [`Report`] with an exit code of [`exit`]; nothing panics on bad input, and a panic
//! is said to be a bug. `docs/cli.md` documents the options.

mod compile;
mod explore;
mod failure;
mod inspect;
mod maps;
mod profile;
mod repl;
mod script;

use std::sync::Arc;

use clap::Parser;
use wootz::{Engine, Module};
use wootz_cli::args::{Cli, Command, InspectArgs, ModeArg, RunArgs, ValidateArgs};
use wootz_cli::exit::Exit;
use wootz_cli::input::Input;
use wootz_cli::report::{Outcome, Report, conclude, report_panics};
use wootz_cli::{apart, cache, debug, run};

fn main() {
    // A thread that compiles must not wait for itself.
    report_panics(wootz_codegen_llvm::leave);
    // On a mistake this prints the usage and ends the process with code 2.
    let cli = Cli::parse();
    let outcome = match &cli.command {
        Command::Run(args) => run(args, None),
        Command::Profile(args) => profile::profile(args, |profiling| run(&args.run, Some(profiling))),
        Command::Compile(args) => compile::compile(args).map(|()| Exit::Success),
        Command::Validate(args) => validate(args).map(|()| Exit::Success),
        Command::Explore(args) => explore::explore(args).map(|()| Exit::Success),
        Command::Wast(args) => script::run(args),
        Command::WastApart(args) => apart::run(args),
        Command::Inspect(args) => inspect(args).map(|()| Exit::Success),
        Command::Cache(args) => cache::cache(args).map(|()| Exit::Success),
        Command::Repl(args) => repl::repl(args),
        Command::Maps(args) => maps::maps(args).map(|()| Exit::Success),
    };
    wootz_codegen_llvm::leave(conclude(outcome))
}

fn run(args: &RunArgs, profiling: Option<&Arc<run::Profiling>>) -> Outcome<Exit> {
    let input = Input::read(&args.file(), args.input.max_module_size)?;
    let engine = Engine::new(&debug::run_config(args, &input)?);
    let compile = |module: &wootz_wasm_ir::Module| {
        if args.mode == ModeArg::Lazy {
            let opened = engine.compile(module);
            return opened.map_err(|error| failure::report(&input, module.declarations(), &error));
        }
        let compiled = compile::with_progress(&input.name, !args.progress.no_progress, |observer| {
            engine.compile_observed(module, observer)
        });
        let loaded = compiled.and_then(|compiled| Module::from_image(&engine, compiled.image));
        loaded.map_err(|error| failure::report(&input, module.declarations(), &error))
    };
    let ended = run::run(args, &engine, &input, Some(&compile), profiling)?;
    Ok(ended.unwrap_or(Exit::Success))
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
    let mut options = args.compile.options(args.machine.target);
    options.branches = args.profile_use.branches()?;
    inspect::inspect(&input, &module, &view, &options)
}
