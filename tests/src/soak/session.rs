//! A session of `wootz repl`, in a process of its own, in which one function is entered over and over.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::{Footprint, Process};

/// What a session took.
#[derive(Clone, Debug)]
pub struct Redefinitions {
    /// Along the way, with the number of redefinitions before.
    pub samples: Vec<(usize, Footprint)>,
    /// After it was reset and had done the first of it again.
    pub reset: Footprint,
}

/// Redefines a function, each time with a call through an older one, and resets the session at last. `compiler` is the binary
/// `wootz-compiler`, whose session has these options.
///
/// # Errors
/// If the session ends or a call gives a wrong result.
pub fn redefinitions(compiler: &Path, options: &[&str], count: usize) -> Result<Redefinitions> {
    const FIRST: &str = "(func $f (result i32) (i32.const 0)) (func $g (result i32) (call $f))";
    let mut session = Session::start(compiler, options)?;
    let process = Process::numbered(session.process.id())?;
    session.enter(FIRST)?;
    let mut samples = Vec::new();
    for number in 0..count {
        session.redefine(number)?;
        if number.is_multiple_of(count.div_ceil(10)) || number + 1 == count {
            samples.push((number, process.footprint()?));
        }
    }
    session.enter(":reset")?;
    session.enter(FIRST)?;
    session.redefine(0)?;
    let reset = process.footprint()?;
    session.end()?;
    Ok(Redefinitions { samples, reset })
}

struct Session {
    process: Child,
    entries: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Session {
    fn start(compiler: &Path, options: &[&str]) -> Result<Self> {
        let mut process = Command::new(compiler)
            .args(["repl", "--strict"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", compiler.display()))?;
        let entries = process.stdin.take().context("it has a standard input")?;
        let answers = BufReader::new(process.stdout.take().context("it has a standard output")?).lines();
        Ok(Self { process, entries, answers })
    }

    fn enter(&mut self, text: &str) -> Result<()> {
        Ok(writeln!(self.entries, "{text}")?)
    }

    fn redefine(&mut self, number: usize) -> Result<()> {
        self.enter(&format!("(func $f (result i32) (i32.const {number}))\n(call $g)"))?;
        let answer = self.answers.next().context("the session ended")??;
        ensure!(answer == number.to_string(), "redefinition {number} gave {answer}");
        Ok(())
    }

    fn end(mut self) -> Result<()> {
        drop(self.entries);
        ensure!(self.process.wait()?.success(), "the session failed");
        Ok(())
    }
}
