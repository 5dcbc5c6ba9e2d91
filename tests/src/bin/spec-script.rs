//! Runs one script of the specification's suite without a compiler: the process of the mode `aot`. It is told a folder with the
//! script and its compiled modules, and how accesses are checked, and prints what became of the commands.

use std::process::ExitCode;

use serde_json::{Value, json};
use wootz_engine::{Config, Engine};
use wootz_wast::Failure;
use wootz_wast::configuration::CHECKS;
use wootz_wast::prepared::Prepared;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(checks), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("usage: spec-script FOLDER CHECKS");
        return ExitCode::from(2);
    };
    match run(&folder, &checks) {
        Ok(outcome) => {
            println!("{outcome}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &str, checks: &str) -> Result<Value, String> {
    let mapped = std::fs::read_to_string("/proc/self/maps").map_err(|error| error.to_string())?;
    if mapped.contains("LLVM") {
        return Err("this process has LLVM, so the test shows nothing".into());
    }
    let checks = CHECKS.iter().find(|(name, _)| *name == checks).ok_or("no such strategy")?.1;
    let script =
        std::fs::read_to_string(format!("{folder}/script.wast")).map_err(|error| error.to_string())?;
    let engine = Engine::with_compiler(&Config::new().checks(checks), Prepared::new(folder));
    let outcome = wootz_wast::run(&engine, &script);
    let failure = |failure: &Failure| json!({ "line": failure.line, "message": failure.message });
    Ok(json!({
        "passed": outcome.passed,
        "failed": outcome.failed.iter().map(failure).collect::<Vec<_>>(),
        "skipped": outcome.skipped,
    }))
}
