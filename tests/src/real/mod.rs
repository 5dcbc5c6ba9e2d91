//! Large programs from elsewhere, fetched when they are wanted, compiled ahead of time by the `wootz` command and put to work:
//! each has a judge that is not Wootz. For `cargo xtask real-programs`.
//!
//! | program | is | its judge |
//! |---|---|---|
//! | `sqlite` | C, 1.3 MB of code | the native build: output, and the database byte for byte |
//! | `python` | CPython, 6 MB | the machine's own Python |
//! | `esbuild` | Go, 14 MB | the native esbuild of the same version, byte for byte, and Node.js |
//! | `clang` | C++, 66 MB | what it compiles, run by Wootz, does what the native build does |

mod clang;
mod esbuild;
mod fetch;
mod python;
mod sqlite;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};

pub use fetch::Packages;

/// A program: how to get it, and what it has to do.
pub struct RealProgram {
    /// Its name.
    pub name: &'static str,
    /// Finds its module, downloading it if need be.
    pub module: fn(&Packages) -> Result<PathBuf>,
    /// Puts it to work and compares what it does.
    pub check: fn(&Packages, &Guest<'_>) -> Result<()>,
    /// The command that compiles it natively to a file, where that is a matter of one command.
    pub native_compiler: Option<fn(&Path) -> Result<Command>>,
}

/// All of them, the small ones first.
pub const PROGRAMS: [RealProgram; 4] = [
    RealProgram {
        name: "sqlite",
        module: sqlite::module,
        check: sqlite::check,
        native_compiler: Some(sqlite::native_compiler),
    },
    RealProgram { name: "python", module: python::module, check: python::check, native_compiler: None },
    RealProgram { name: "esbuild", module: esbuild::module, check: esbuild::check, native_compiler: None },
    RealProgram { name: "clang", module: clang::module, check: clang::check, native_compiler: None },
];

/// Compiled programs, run by the command.
pub struct Guest<'a> {
    wootz: &'a Path,
    image: &'a Path,
}

impl<'a> Guest<'a> {
    /// An image, to be run by a `wootz` command.
    pub fn new(wootz: &'a Path, image: &'a Path) -> Self {
        Self { wootz, image }
    }

    /// `wootz run OPTIONS IMAGE ARGS`, with standard input from `stdin`.
    fn run<S: AsRef<OsStr>>(&self, options: &[S], args: &[&str], stdin: &str) -> Result<Output> {
        let mut command = Command::new(self.wootz);
        command.arg("run").args(options).arg(self.image).args(args);
        output(&mut command, stdin)
    }

    /// The command, to run something else with.
    fn wootz(&self) -> Command {
        let mut command = Command::new(self.wootz);
        command.arg("run");
        command
    }
}

/// The option that lets a guest use a folder.
fn dir(host: &Path, guest: &str) -> String {
    format!("--dir={}::{guest}", host.display())
}

/// Runs a command to its end with some standard input, which must fit into a pipe.
fn output(command: &mut Command, stdin: &str) -> Result<Output> {
    use std::io::Write;
    let name = command.get_program().to_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", name.display()))?;
    if let Some(mut pipe) = child.stdin.take() {
        // It may end without having read it.
        let _ = pipe.write_all(stdin.as_bytes());
    }
    Ok(child.wait_with_output()?)
}

/// As [`output`], and it must succeed.
fn successful(command: &mut Command) -> Result<Output> {
    let output = output(command, "")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed ({}):\n{errors}", output.status);
    Ok(output)
}

/// Fails unless a guest's output is what it should be, and shows the first line that differs.
fn same(what: &str, found: &[u8], expected: &[u8]) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let [found, expected] = [found, expected].map(String::from_utf8_lossy);
    let lines = found.lines().chain([""]).zip(expected.lines().chain([""]));
    match lines.enumerate().find(|(_, (found, expected))| found != expected) {
        Some((line, (found, expected))) => {
            bail!("{what}, line {}: \"{found}\" instead of \"{expected}\"", line + 1)
        }
        None => bail!("{what}: {} bytes instead of {}", found.len(), expected.len()),
    }
}

/// A folder for a program's files.
fn scratch_folder() -> Result<tempfile::TempDir> {
    tempfile::tempdir().context("making a folder for a program's files")
}

/// The folder of what the programs are given.
fn inputs() -> PathBuf {
    crate::c_program::root().join("tests/programs/real")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_that_differ_are_told_by_line() {
        assert!(same("it", b"a\nb\n", b"a\nb\n").is_ok());
        let told = |found: &[u8], expected: &[u8]| same("it", found, expected).unwrap_err().to_string();
        assert_eq!(told(b"a\nb", b"a\nc\n"), "it, line 2: \"b\" instead of \"c\"");
        assert_eq!(told(b"a\n", b"a\nc\n"), "it, line 2: \"\" instead of \"c\"");
        assert_eq!(told(b"a\n", b"a"), "it: 2 bytes instead of 1");
    }
}
