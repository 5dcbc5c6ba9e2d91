//! The mode `aot`: the modules of a script are compiled to files here, and the script runs in a process that has no compiler.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use wootz::{Config, Llvm};
use wootz_wast::configuration::CHECKS;
use wootz_wast::prepared::Recorder;
use wootz_wast::{Failure, Outcome};

/// The mode's name.
pub const MODE: &str = "aot";

/// Runs a script in a process of its own: `runner` is the binary `spec-script`. The modules come from files that this process
/// compiles, by running the script itself.
///
/// # Errors
/// If the files cannot be written, or the process does not answer as it should.
pub(super) fn run_prepared(runner: &Path, config: &Config, script: &str) -> Result<Outcome> {
    let folder = tempfile::tempdir().context("cannot make a folder for the images")?;
    let compiler = Recorder::new(Llvm, folder.path());
    let engine = wootz_engine::Engine::with_compiler(config, compiler);
    let here = wootz_wast::run(&engine, script);
    std::fs::write(folder.path().join("script.wast"), script).context("cannot write the script")?;
    let strategy = config.check_strategy();
    let checks = CHECKS.iter().find(|(_, known)| *known == strategy).map_or("", |(name, _)| name);
    let output = Command::new(runner).arg(folder.path()).arg(checks).output().with_context(|| {
        format!("cannot start {}: `cargo build -p wootz-tests` makes it", runner.display())
    })?;
    if !output.status.success() {
        bail!("the script's process: {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    let there = parse(&output.stdout).context("the script's process answers something else")?;
    if there != here {
        bail!(
            "the script ends as {there:?} in a process of its own, and as {here:?} where its modules are compiled"
        );
    }
    Ok(there)
}

fn parse(text: &[u8]) -> Option<Outcome> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let number = |value: &Value| Some(value.as_u64()? as usize);
    let failure = |value: &Value| {
        Some(Failure { line: number(&value["line"])?, message: value["message"].as_str()?.to_owned() })
    };
    Some(Outcome {
        passed: number(&value["passed"])?,
        failed: value["failed"].as_array()?.iter().map(failure).collect::<Option<_>>()?,
        skipped: value["skipped"].as_array()?.iter().map(number).collect::<Option<_>>()?,
    })
}
