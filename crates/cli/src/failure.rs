//! From an error of the compiler to a report.

use wootz::{CompileError, Error};
use wootz_cli::args::RECORD;
use wootz_cli::exit::Exit;
use wootz_cli::input::Input;
use wootz_cli::report::{BUG, Report};
use wootz_cli::run::failure_report;
use wootz_wasm_ir::Declarations;

/// The report of what went wrong while a module was compiled, loaded or instantiated.
pub(crate) fn report(input: &Input, declarations: &Declarations, error: &Error) -> Box<Report> {
    match error {
        Error::Compile(error) => match error.downcast_ref() {
            Some(error) => compile_report(input, error),
            None => Report::new(Exit::Bug, error.to_string()).help(BUG),
        },
        error => failure_report(input, declarations, error, None),
    }
}

/// The report of a failed compilation.
pub(crate) fn compile_report(input: &Input, error: &CompileError) -> Box<Report> {
    match error {
        CompileError::Translate(error) => input.refusal(error),
        CompileError::UnknownCpu { .. } | CompileError::NotNative(_) => {
            Report::new(Exit::Usage, error.to_string()).help("see --cpu")
        }
        CompileError::UnknownFeature { .. } => {
            Report::new(Exit::Usage, error.to_string()).help("see --features")
        }
        CompileError::Profile(_) => Report::new(Exit::Usage, error.to_string()).help(RECORD),
        CompileError::NoSuchFunction(_) | CompileError::NoCForm(_) => {
            Report::new(Exit::Usage, error.to_string())
        }
        CompileError::UnsupportedTarget(_) => Report::new(Exit::System, error.to_string()),
        error => Report::new(Exit::Bug, error.to_string()).help(BUG),
    }
}
