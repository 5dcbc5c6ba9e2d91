//! The `wootz` binary as its users meet it: output, messages and exit codes.

mod bad_module;
mod bad_usage;
mod branches;
mod cache;
mod compile;
mod executable;
mod explore;
mod front;
mod inspect;
mod maps;
mod profile;
mod progress;
mod repl;
mod run;
mod script;
mod stop;
mod traps;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run left behind.
#[derive(Debug, PartialEq)]
struct Outcome {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Outcome {
    /// The output of a run that must succeed and say nothing else.
    #[track_caller]
    fn output(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }

    /// The message of a run that must fail with a code and print nothing else.
    #[track_caller]
    fn error(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{}", self.stderr);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        assert!(
            !self.stderr.contains("panicked") && !self.stderr.contains("bug in wootz"),
            "{}",
            self.stderr
        );
        self.stderr
    }
}

/// A directory with files, in which the command runs.
struct Dir(tempfile::TempDir);

impl Dir {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    /// A directory with one file.
    fn with(name: &str, contents: impl AsRef<[u8]>) -> Self {
        let dir = Self::new();
        dir.write(name, contents);
        dir
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, contents).expect("the file is written");
        path
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wootz"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null()).env_remove("NO_COLOR");
        // The user's own cache is not for tests.
        command.env("WOOTZ_CACHE_SIZE", "0");
        command
    }

    fn wootz(&self, args: &[&str]) -> Outcome {
        outcome(self.command(args).output().expect("the command starts"))
    }

    fn wootz_with_stdin(&self, args: &[&str], stdin: &[u8]) -> Outcome {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        // The command may end without reading all of it.
        let _ = child.stdin.take().expect("a pipe").write_all(stdin);
        outcome(child.wait_with_output().expect("the command ends"))
    }
}

fn outcome(output: std::process::Output) -> Outcome {
    let text = |bytes| String::from_utf8(bytes).expect("the output is text");
    Outcome {
        code: output.status.code().expect("no signal ended the command"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// The binary of a module's text.
fn binary(wat: &str) -> Vec<u8> {
    let buffer = wast::parser::ParseBuffer::new(wat).expect("the text lexes");
    let mut wat = wast::parser::parse::<wast::Wat<'_>>(&buffer).expect("the text parses");
    wat.encode().expect("the module encodes")
}
