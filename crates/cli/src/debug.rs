//! `-g`: which text a debugger shows for a module that brings no sources: the file it was given as, or a print of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wootz_engine::{Config, SourceText};

use crate::args::RunArgs;
use crate::cache;
use crate::input::Input;
use crate::report::Outcome;
use crate::source::text_lines;

/// The settings of an engine that runs one program.
pub fn run_config(args: &RunArgs, input: &Input) -> Outcome<Config> {
    let config = args.config()?;
    if args.compile.debug.is_none() {
        return Ok(config);
    }
    Ok(match own_text(input) {
        Some(text) => config.debug_text(Arc::new(text)),
        None => config.debug_info(text_folder()),
    })
}

/// Where the texts of modules are that have none of their own.
pub fn text_folder() -> PathBuf {
    cache::folder().unwrap_or_else(|| std::env::temp_dir().join("wootz")).join(cache::TEXTS)
}

/// The file itself, if it is text.
pub fn own_text(input: &Input) -> Option<SourceText> {
    let path = absolute(Path::new(&input.name));
    text_lines(input).filter(|_| path.is_file()).map(|lines| SourceText { path, lines })
}

/// A path from the root on, so that a debugger finds the file wherever it was started.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
