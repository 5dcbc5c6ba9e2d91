//! File tests: each `filetests/**/*.wat` ends with the IR of its functions, or the error, as comments.
//!
//! A file that has a line `;;! optimise` shows the IR as `optimise` leaves it, with `;;! fuel` where fuel is counted.
//! A file that starts with `;; keep locals` shows what the locals hold as well.
//!
//! `WOOTZ_BLESS=1` writes what comes out into the files. Every body is also verified, whatever it looks like.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use wootz_wasm_ir::{Module, Translator, ir, optimise};

/// The line between a test and what is expected of it.
const MARK: &str = ";; ---- expected ----\n";

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("filetests");
    let mut files = Vec::new();
    find(&root, &mut files);
    files.sort();
    assert!(!files.is_empty(), "there are no file tests in {}", root.display());
    let trials = files
        .into_iter()
        .map(|file| {
            let name = file.strip_prefix(&root).expect("found below the root").display().to_string();
            Trial::test(name, move || run(&file))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "wat") {
            files.push(path);
        }
    }
}

fn run(file: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(file)?;
    let (source, expected) = text.split_once(MARK).unwrap_or((&text, ""));
    let mut actual = String::new();
    for line in translate(source)?.lines() {
        writeln!(actual, "{}", format!(";; {line}").trim_end())?;
    }
    if std::env::var_os("WOOTZ_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(file, format!("{}\n\n{MARK}{actual}", source.trim_end()))?;
        return Ok(());
    }
    if actual == expected {
        return Ok(());
    }
    let (line, (a, e)) = actual
        .lines()
        .chain(std::iter::repeat(""))
        .zip(expected.lines().chain(std::iter::repeat("")))
        .enumerate()
        .find(|(_, (a, e))| a != e)
        .expect("they differ");
    Err(format!("line {} of the output differs\nexpected: {e}\nactual:   {a}\n\n{actual}", line + 1).into())
}

/// The IR of all functions, or the error.
fn translate(source: &str) -> Result<String, Failed> {
    let module = match Module::new(source.as_bytes()) {
        Ok(module) => module,
        Err(error) => return Ok(error.to_string()),
    };
    let declarations = module.declarations();
    let keep = source.starts_with(";; keep locals\n");
    let mut translator = if keep { Translator::keeping_locals() } else { Translator::new() };
    let mut text = String::new();
    for func in declarations.defined_functions() {
        match translator.translate(&module, func) {
            Ok(body) => {
                ir::verify(declarations, body)?;
                if source.lines().any(|line| line == ";;! optimise") {
                    optimise::run(declarations, body, source.lines().any(|line| line == ";;! fuel"));
                    ir::verify(declarations, body)
                        .map_err(|error| format!("{error}\n{}", ir::DisplayBody(body)))?;
                }
                write!(text, "{}", ir::DisplayNamed(body, declarations))?;
            }
            Err(error) => writeln!(text, "{func}: {error}")?,
        }
    }
    Ok(text)
}
