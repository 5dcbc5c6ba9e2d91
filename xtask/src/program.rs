//! `cargo xtask run`, `bench` and `real-programs`: build the command line tool, and run it, measure it or try it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{cargo, each_line};
use crate::setup::{Purpose, setup};

/// Builds `wootz` and runs `wootz run OPTIONS FILE ARGS`. Does not return when the program starts: the exit code is the
/// program's own.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    setup(Purpose::Build)?;
    let program = build()?;
    let mut command = Command::new(&program);
    command.arg("run").args(without_separator(arguments));
    become_command(&mut command).with_context(|| format!("cannot start {}", program.display()))
}

/// Builds `wootz` and the benchmark, both in release, and runs the benchmark.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    with_wootz("bench", arguments)
}

/// Builds `wootz` and runs it on large programs.
pub(crate) fn real_programs(arguments: &[String]) -> Result<()> {
    with_wootz("real-programs", arguments)
}

/// Runs a program of the tests that is given the `wootz` command, both built in release.
fn with_wootz(name: &str, arguments: &[String]) -> Result<()> {
    setup(Purpose::Test)?;
    let program = build()?;
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "--package", "wootz-tests", "--bin", name, "--", "--wootz"]);
    crate::command::run(command.arg(program).args(arguments))
}

/// The arguments without the first `--`, which stands between the module and the guest's arguments. `wootz run` needs none
/// and gives the guest everything after the module.
fn without_separator(arguments: &[String]) -> impl Iterator<Item = &String> {
    let separator = arguments.iter().position(|argument| argument == "--");
    arguments
        .iter()
        .enumerate()
        .filter(move |(index, _)| Some(*index) != separator)
        .map(|(_, argument)| argument)
}

#[cfg(unix)]
fn become_command(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn become_command(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1));
}

/// Builds the release binary and returns its path, asked of cargo because the target directory can be anywhere.
fn build() -> Result<PathBuf> {
    let mut command = cargo();
    command.args([
        "build",
        "--release",
        "--package",
        "wootz-cli",
        "--message-format=json-render-diagnostics",
    ]);
    let mut executable = None;
    let built = each_line(&mut command, |line| {
        if let Some(path) = executable_of(line) {
            executable = Some(path);
        }
    })?;
    if !built {
        bail!("`wootz` does not build");
    }
    executable.context("cargo built `wootz` but did not say where it is")
}

/// The path in cargo's message that the binary `wootz` is finished.
fn executable_of(line: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let is_ours = message["reason"] == "compiler-artifact" && message["target"]["name"] == "wootz";
    let path = message["executable"].as_str()?;
    is_ours.then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::{executable_of, without_separator};

    #[test]
    fn the_guest_does_not_see_the_separator() {
        let guest = |arguments: &[&str]| -> Vec<String> {
            let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            without_separator(&arguments).cloned().collect()
        };
        assert_eq!(guest(&["-O1", "file", "--", "-O2", "--", "x"]), ["-O1", "file", "-O2", "--", "x"]);
        assert_eq!(guest(&["file", "x"]), ["file", "x"]);
    }

    #[test]
    fn only_the_finished_binary_counts() {
        let binary = r#"{"reason":"compiler-artifact","target":{"name":"wootz"},"executable":"/t/wootz"}"#;
        let library = r#"{"reason":"compiler-artifact","target":{"name":"wootz"},"executable":null}"#;
        let other = r#"{"reason":"compiler-artifact","target":{"name":"xtask"},"executable":"/t/xtask"}"#;
        assert_eq!(executable_of(binary).as_deref(), Some("/t/wootz".as_ref()));
        assert_eq!(executable_of(library), None);
        assert_eq!(executable_of(other), None);
        assert_eq!(executable_of("not json"), None);
    }
}
