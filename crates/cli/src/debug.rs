//! `-g`: which text a debugger shows for a module that brings no sources: the file it was given as, or a print of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wootz::{Config, SourceText};
use wootz_codegen_llvm::print_text;
use wootz_wasm_ir::Module;

use crate::cache;
use crate::exit::Exit;
use crate::files::replace;
use crate::input::Input;
use crate::report::{Outcome, Report};
use crate::source::text_lines;

/// The settings of an engine that compiles one module, with debug information.
pub(crate) fn configure(config: Config, input: &Input) -> Config {
    match own_text(input) {
        Some(text) => config.debug_text(Arc::new(text)),
        None => {
            let folder = cache::folder().unwrap_or_else(|| std::env::temp_dir().join("wootz"));
            config.debug_info(folder.join(cache::TEXTS))
        }
    }
}

/// The text that debug information of a compiled file refers to: the module's own, or a print of it beside the file.
pub(crate) fn text_for(module: &Module, input: &Input, output: Option<&Path>) -> Outcome<SourceText> {
    if let Some(text) = own_text(input) {
        return Ok(text);
    }
    let output = output.ok_or_else(|| {
        Report::new(Exit::Usage, "the module's text needs a file, since debug information refers to it")
            .help("-o OUT names a file for the result; the text goes beside it")
    })?;
    let path = absolute(&output.with_extension("wat"));
    let (text, printed) = print_text(module.bytes(), path)
        .ok_or_else(|| Report::new(Exit::BadModule, "the module cannot be printed as text"))?;
    replace(&text.path, printed.as_bytes()).map_err(|error| {
        Report::new(Exit::Output, format!("cannot write {}: {error}", text.path.display()))
    })?;
    Ok(text)
}

/// The file itself, if it is text.
fn own_text(input: &Input) -> Option<SourceText> {
    let path = absolute(Path::new(&input.name));
    text_lines(input).filter(|_| path.is_file()).map(|lines| SourceText { path, lines })
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
