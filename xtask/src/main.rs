//! `cargo xtask`: the one entry point for people who build, run and check Wootz.
//!
//! This crate depends on none of ours and on nothing that needs LLVM, so it builds in seconds on a bare machine and
//! can install what the other crates need. CI runs `cargo xtask test` and nothing else.

mod bless;
mod check;
mod command;
mod debug_figures;
mod platform;
mod program;
mod setup;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

const USAGE: &str = "\
Wootz: set up, build, run, test and check the workspace

Usage: cargo xtask <COMMAND>

Commands:
  run [OPTIONS] FILE [-- ARGS]  Install what the build needs, build `wootz` and run a module with it;
                                OPTIONS are those of `wootz run` (see `cargo xtask run --help`)
  test [FILTER…]                Install what the tests need, then run every check and test, or the tests
                                whose names contain a FILTER
  setup [--build]               Only install what the tests (or, with --build, the build) need
  ci                            What CI runs: the same as `test` without a filter
  tidy                          Check the layering, the fences around unsafe code, and the sources' form
  bless [FILTER…]               Rewrite the expected output of the file tests; read the diff afterwards
  spec-test [OPTIONS]           Run the specification's test suite (see `cargo xtask spec-test --help`)
  fuzz [OPTIONS]                Run random modules here and in another engine (see `cargo xtask fuzz --help`)
  soak [OPTIONS]                Many instances at once and one after another (see `cargo xtask soak --help`)
  stress [OPTIONS]              Threads over shared memories, for as long as asked (see `cargo xtask stress --help`);
                                with --sanitize under ThreadSanitizer, by a nightly toolchain with rust-src
  real-programs [OPTIONS] [NAME…] Compile CPython, esbuild, clang and SQLite and put them to work; fetches them with
                                npm (see `cargo xtask real-programs --help`)
  debug-coverage [OPTION…] [PROGRAM…] How much gdb shows of compiled programs, against their native builds; options are for
                                the guest's clang
  debug-figures MODULE [ARG…]   What debug information of a module with DWARF costs: bytes, and time to compile
  bench [OPTIONS]               Measure start-up, compilation, kernels and real programs against native builds (see
                                `cargo xtask bench --help`)
  help                          Print this text";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let rest: Vec<String> = arguments.collect();
    let result = match command.as_deref() {
        Some("run") => program::run(&rest),
        Some("test") => check::test(&rest),
        Some("ci") => no_arguments("ci", &rest).and_then(|()| check::test(&[])),
        Some("setup") => setup_command(&rest),
        Some("tidy") => no_arguments("tidy", &rest).and_then(|()| tidy::command()),
        Some("bless") => bless::bless(&rest),
        Some("spec-test") => check::spec_test(&rest),
        Some("fuzz") => check::fuzz(&rest),
        Some("soak") => check::soak(&rest),
        Some("stress") => check::stress(&rest),
        Some("debug-coverage") => check::debug_coverage(&rest),
        Some("debug-figures") => debug_figures::debug_figures(&rest),
        Some("bench") => program::bench(&rest),
        Some("real-programs") => program::real_programs(&rest),
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        Some(other) => return usage_error(&format!("unknown command `{other}`")),
        None => return usage_error("a command is missing"),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn usage_error(message: &str) -> ExitCode {
    eprintln!("error: {message}\n\n{USAGE}");
    ExitCode::from(2)
}

fn no_arguments(command: &str, rest: &[String]) -> Result<()> {
    anyhow::ensure!(rest.is_empty(), "`{command}` takes no arguments, got `{}`", rest.join(" "));
    Ok(())
}

fn setup_command(rest: &[String]) -> Result<()> {
    let purpose = match rest {
        [] => setup::Purpose::Test,
        [flag] if flag == "--build" => setup::Purpose::Build,
        _ => anyhow::bail!("`setup` takes at most the flag `--build`, got `{}`", rest.join(" ")),
    };
    setup::setup(purpose)?;
    println!("everything needed is installed");
    Ok(())
}

/// The root of the workspace.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}
