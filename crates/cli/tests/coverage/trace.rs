//! What a debugger shows of a program: every variable in scope, at every line that it comes to.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// A program in all its lines, in the order in which they were reached.
pub(crate) type Trace = Vec<Stop>;

/// One line that was reached.
pub(crate) struct Stop {
    pub(crate) line: u64,
    /// By name.
    pub(crate) variables: BTreeMap<String, Variable>,
}

/// A variable in scope.
pub(crate) struct Variable {
    /// Line of its declaration: with the name, it tells which variable it is.
    pub(crate) declared: u64,
    pub(crate) is_parameter: bool,
    /// What it holds, or `None` if that is gone.
    pub(crate) value: Option<Value>,
}

/// More lines than any of the programs comes to.
const STOPS: &str = "20000";

/// Runs a command under gdb and stops at all lines of a source.
pub(crate) fn record(command: &[&str], source: &Path, folder: &Path) -> Result<Trace, Box<dyn Error>> {
    let text = fs::read_to_string(source)?;
    let is_main = |line: &str| line.starts_with("int main(") || line.starts_with("pub extern \"C\" fn main(");
    let main = text.lines().position(is_main).ok_or("there is no main")? + 1;
    let (script, result) = (folder.join("trace.py"), folder.join("trace.json"));
    fs::write(&script, include_str!("trace.py"))?;
    fs::write(&result, "")?;
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-x"]).arg(script).arg("--args").args(command).stdin(Stdio::null());
    gdb.env("COVERAGE_SOURCE", source.file_name().ok_or("no file")?);
    gdb.env("COVERAGE_LINES", text.lines().count().to_string());
    gdb.env("COVERAGE_MAIN", main.to_string()).env("COVERAGE_OUT", &result).env("COVERAGE_STOPS", STOPS);
    let output = gdb.current_dir(folder).output()?;
    let trace: Result<Trace, _> = fs::read_to_string(&result)?.lines().map(stop).collect();
    let trace = trace?;
    if trace.is_empty() || !output.status.success() {
        return Err(format!("gdb: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(trace)
}

fn stop(text: &str) -> Result<Stop, Box<dyn Error>> {
    let stop: Value = serde_json::from_str(text)?;
    let variables = stop["variables"].as_object().ok_or("a stop without variables")?;
    let variable = |entry: &Value| {
        Some(Variable {
            declared: entry[0].as_u64()?,
            is_parameter: entry[1].as_bool()?,
            value: Some(entry[2].clone()).filter(|value| !value.is_null()),
        })
    };
    let variables = variables.iter().map(|(name, entry)| Some((name.clone(), variable(entry)?)));
    Ok(Stop {
        line: stop["line"].as_u64().ok_or("a stop without a line")?,
        variables: variables.collect::<Option<_>>().ok_or("a variable without a declaration")?,
    })
}
