//! Scripts in a process of their own that has no compiler: the mode `aot`.
//!
//! The script runs here first, with a compiler that leaves its answers in files ([`Recorder`]), and then in the other process, where the
//! modules come from these files ([`Prepared`]). What becomes of each command must be the same. The other process is given the folder and the
//! name of the check strategy, and answers on standard output:
//!
//! ```text
//! passed N
//! skipped LINE              for each command that was
//! failed LINE N             the same, with as many bytes of message as N says, and a line break behind
//! ```

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

use wootz_engine::{Compile, Config, Engine};

use crate::configuration::CHECKS;
use crate::prepared::{Prepared, Recorder};
use crate::{Failure, Outcome, run};

const SCRIPT: &str = "script.wast";

/// Why nothing is known of a script that was to run in another process.
#[derive(Debug)]
pub enum ApartError {
    /// The folder for its modules cannot be written.
    Folder(io::Error),
    /// The process cannot be started.
    Start(PathBuf, io::Error),
    /// The process failed, or answered something else: what it said.
    Process(String),
    /// The script ends in another way there.
    Differs {
        /// As it ends where its modules are compiled.
        here: Outcome,
        /// As it ends in the other process.
        there: Outcome,
    },
}

impl fmt::Display for ApartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(error) => write!(f, "cannot write a folder for the images: {error}"),
            Self::Start(program, error) => write!(f, "cannot start {}: {error}", program.display()),
            Self::Process(said) => write!(f, "the script's process: {said}"),
            Self::Differs { here, there } => write!(
                f,
                "the script ends as {there:?} in a process of its own, and as {here:?} where its modules are compiled"
            ),
        }
    }
}

impl std::error::Error for ApartError {}

/// Runs a script in a process of its own, with the modules that `compiler` makes here. `process` is that process, as far as its arguments
/// do not say what to run: it calls [`answer`].
///
/// # Errors
/// [`ApartError`], also if the script ends differently there.
pub fn run_apart(
    compiler: impl Compile + 'static,
    config: &Config,
    script: &str,
    process: &mut Command,
) -> Result<Outcome, ApartError> {
    let folder = Folder::new().map_err(ApartError::Folder)?;
    let here = run(&Engine::with_compiler(config, Recorder::new(compiler, &folder.0)), script);
    fs::write(folder.0.join(SCRIPT), script).map_err(ApartError::Folder)?;
    let strategy = config.check_strategy();
    let checks = CHECKS.iter().find(|(_, known)| *known == strategy).map_or("", |(name, _)| name);
    let output = process.arg(&folder.0).arg(checks).output();
    let output = output.map_err(|error| ApartError::Start(process.get_program().into(), error))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !output.status.success() {
        return Err(ApartError::Process(format!("{}: {}", output.status, text(&output.stderr))));
    }
    let there = decode(&output.stdout).ok_or_else(|| ApartError::Process(text(&output.stdout)))?;
    if there == here { Ok(there) } else { Err(ApartError::Differs { here, there }) }
}

/// What the other process does: runs the script of a folder, and returns what to print.
///
/// # Errors
/// A message: of a folder or a strategy that does not exist, or of a process that has a compiler after all.
pub fn answer(folder: &Path, checks: &str) -> Result<Vec<u8>, String> {
    let mapped = fs::read_to_string("/proc/self/maps").map_err(|error| error.to_string())?;
    if mapped.contains("LLVM") {
        return Err("this process has LLVM, so the test shows nothing".into());
    }
    let checks = CHECKS.iter().find(|(name, _)| *name == checks).ok_or("no such strategy")?.1;
    let script = fs::read_to_string(folder.join(SCRIPT)).map_err(|error| error.to_string())?;
    let engine = Engine::with_compiler(&Config::new().checks(checks), Prepared::new(folder));
    Ok(encode(&run(&engine, &script)))
}

fn encode(outcome: &Outcome) -> Vec<u8> {
    let skipped = outcome.skipped.iter().map(|line| format!("skipped {line}\n"));
    let failed =
        |Failure { line, message }: &Failure| format!("failed {line} {}\n{message}\n", message.len());
    let lines = [format!("passed {}\n", outcome.passed)];
    lines.into_iter().chain(skipped).chain(outcome.failed.iter().map(failed)).collect::<String>().into_bytes()
}

fn decode(text: &[u8]) -> Option<Outcome> {
    let mut rest = std::str::from_utf8(text).ok()?;
    let mut outcome = Outcome::default();
    let number = |word: Option<&str>| word?.parse().ok();
    while !rest.is_empty() {
        let (line, behind) = rest.split_once('\n')?;
        rest = behind;
        let mut words = line.split(' ');
        match words.next()? {
            "passed" => outcome.passed = number(words.next())?,
            "skipped" => outcome.skipped.push(number(words.next())?),
            "failed" => {
                let (line, length) = (number(words.next())?, number(words.next())?);
                let (message, behind) = rest.split_at_checked(length)?;
                rest = behind.strip_prefix('\n')?;
                outcome.failed.push(Failure { line, message: message.to_owned() });
            }
            _ => return None,
        }
    }
    Some(outcome)
}

/// A folder for temporary files, which only this user can read.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("wootz-wast-{}-{number}", std::process::id()));
            match builder.create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return created.map(|()| Self(path)),
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_what_is_read() {
        let failure = |line, message: &str| Failure { line, message: message.to_owned() };
        let failed = vec![failure(3, "one\nfailed 4 5\n≠"), failure(9, "")];
        let outcome = Outcome { passed: 12, failed, skipped: vec![1, 40] };
        assert_eq!(decode(&encode(&outcome)), Some(outcome.clone()));
        assert_eq!(decode(&encode(&Outcome::default())), Some(Outcome::default()));
        let text = encode(&outcome);
        let cut = text[..text.len() - 1].to_vec();
        for bad in [cut, b"failed 1 9\nshort\n".to_vec(), b"what\n".to_vec(), vec![0xff]] {
            assert_eq!(decode(&bad), None);
        }
    }

    #[test]
    fn a_folder_is_gone_with_its_owner() {
        let (first, second) = (Folder::new().unwrap(), Folder::new().unwrap());
        assert!(first.0 != second.0 && first.0.is_dir());
        let path = first.0.clone();
        fs::write(path.join("file"), "").unwrap();
        drop(first);
        assert!(!path.exists() && second.0.is_dir());
    }
}
