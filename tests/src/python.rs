//! A script in a Python process that answers requests, one line of JSON each: how other engines are asked that Rust programs cannot
//! link. A process that dies or hangs is an error of the request.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;

/// An answer that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process, ended with this.
pub(crate) struct Python {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<String>,
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Python {
    /// Starts a script.
    pub(crate) fn start(script: &str) -> Result<Self> {
        let mut command = Command::new("python3");
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (sender, answers) = channel();
        let (requests, output) = (child.stdin.take(), child.stdout.take());
        let process = Self { child, requests: requests.context("Python has no standard input")?, answers };
        let output = output.context("Python has no standard output")?;
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(process)
    }

    /// The answer to a request.
    pub(crate) fn ask(&mut self, request: &Json) -> Result<Json> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        match self.answers.recv_timeout(PATIENCE) {
            Ok(line) => Ok(serde_json::from_str(&line)?),
            Err(RecvTimeoutError::Timeout) => bail!("Python hangs"),
            Err(RecvTimeoutError::Disconnected) => bail!("Python died"),
        }
    }
}
