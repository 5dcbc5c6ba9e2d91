//! The form of a source file: a header, a length that one can read, no notes to oneself.

use super::Violation;
use super::source::{Source, find_word};

/// The most lines a file may have.
const LINES: usize = 600;

/// Files that may be longer, how long, and why.
const LONGER: &[(&str, usize, &str)] = &[];

/// Files that other files include, where `//!` cannot stand: their header is of plain comments. And who includes them.
const INCLUDED: &[(&str, &str)] =
    &[("crates/runtime/tests/support/tiny_image.rs", "the documentation of crates/runtime/src/lib.rs")];

/// Words that mark unfinished work. It belongs in an issue, where someone finds it.
const NOTES: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];

/// The violations of one file.
pub(super) fn check(path: &str, text: &str, source: &Source) -> Vec<Violation> {
    let mut violations = Vec::new();
    let header = if INCLUDED.iter().any(|(file, _)| *file == path) { "// " } else { "//! " };
    if !text.starts_with(header) {
        let message = format!(
            "the first line is not a `{}` header that says what this file is and for whom",
            header.trim()
        );
        violations.push(Violation::at(path, 1, message));
    }
    let lines = text.lines().count();
    let budget = LONGER.iter().find(|(file, ..)| *file == path).map_or(LINES, |(_, budget, _)| *budget);
    if lines > budget {
        violations.push(Violation::of(path, format!("{lines} lines are more than the {budget} it may have")));
    }
    for (index, (code, comment)) in source.code.iter().zip(&source.comments).enumerate() {
        if let Some(note) = NOTES.iter().find(|note| find_word(comment, note).is_some()) {
            violations.push(Violation::at(path, index + 1, format!("a {note} stands in the sources")));
        }
        if code.contains("dbg!") {
            violations.push(Violation::at(path, index + 1, "a `dbg!` was left behind"));
        }
    }
    violations
}

/// Exceptions that nobody needs any more.
pub(super) fn stale_exceptions(files: &[(String, String)]) -> Vec<Violation> {
    let mut violations = stale(LONGER, files);
    for (path, _) in INCLUDED {
        if !files.iter().any(|(file, _)| file == path) {
            violations.push(Violation::of(path, "has an exception for its header but does not exist"));
        }
    }
    violations
}

fn stale(longer: &[(&str, usize, &str)], files: &[(String, String)]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, ..) in longer {
        match files.iter().find(|(file, _)| file == path) {
            None => {
                violations.push(Violation::of(path, "has an exception for its length but does not exist"))
            }
            Some((_, text)) if text.lines().count() <= LINES => {
                violations.push(Violation::of(path, "no longer needs its exception for the length"));
            }
            Some(_) => {}
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::{check, stale};
    use crate::tidy::source::Source;

    fn messages(text: &str) -> Vec<String> {
        let violations = check("crates/wasm-ir/src/lib.rs", text, &Source::new(text));
        violations.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_header_comes_first() {
        assert_eq!(messages("//! What and for whom.\n"), [""; 0]);
        assert!(messages("use std::fmt;\n")[0].contains("lib.rs:1: the first line is not a `//!` header"));
        assert!(messages("\n//! Late.\n")[0].contains("header"));
    }

    #[test]
    fn an_included_file_has_a_header_of_plain_comments() {
        let file = super::INCLUDED[0].0;
        let count = |text: &str| check(file, text, &Source::new(text)).len();
        assert_eq!((count("// What.\n"), count("fn f() {}\n")), (0, 1));
    }

    #[test]
    fn long_files_are_refused() {
        let long = format!("//! Long.\n{}", "\n".repeat(600));
        assert!(messages(&long)[0].contains("601 lines"));
        let just = format!("//! Just.\n{}", "\n".repeat(599));
        assert_eq!(messages(&just), [""; 0]);
    }

    #[test]
    fn notes_to_oneself_are_refused() {
        let text = format!("//! File.\n// {}: later\nfn f() {{}} /* {} */\n", "TODO", "FIXME");
        assert_eq!(messages(&text).len(), 2);
        assert_eq!(messages("//! File.\nlet text = \"TODO\";\n"), [""; 0]);
        assert!(messages("//! File.\nfn f() { dbg!(1); }\n")[0].contains(":2: a `dbg!`"));
    }

    #[test]
    fn exceptions_do_not_outlive_their_need() {
        let exceptions =
            [("gone.rs", 900, "a table"), ("short.rs", 900, "a table"), ("long.rs", 900, "a table")];
        let files = [("short.rs".to_owned(), "\n".repeat(9)), ("long.rs".to_owned(), "\n".repeat(700))];
        let stale = stale(&exceptions, &files);
        assert_eq!(stale.len(), 2);
        assert_eq!((stale[0].place.as_str(), stale[1].place.as_str()), ("gone.rs", "short.rs"));
    }
}
