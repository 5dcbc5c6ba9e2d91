//! The sources that a module was compiled from, as its DWARF names them, if they are on this machine.

use std::path::Path;

use wootz_engine::SourceLine;

use super::{Excerpt, lines};

/// A larger file is not shown.
const LARGEST: u64 = 8 << 20;

/// The text of a source; `None` if there is no such file, or a large one.
pub fn read(path: &Path) -> Option<String> {
    let small = path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST);
    let bytes = small.then(|| std::fs::read(path).ok()).flatten()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// `file.c:3`, with a path that is as short as it can be from here.
pub(crate) fn place(line: &SourceLine) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = Path::new(&line.file);
    let path = path.strip_prefix(here).unwrap_or(path);
    format!("{}:{}", crate::report::one_line(&path.to_string_lossy()), line.line)
}

/// The line, marked, and the one before it.
pub(crate) fn excerpt(line: &SourceLine) -> Option<Excerpt> {
    let text = read(Path::new(&line.file))?;
    let number = line.line as usize;
    let content = text.lines().nth(number.checked_sub(1)?)?;
    let indent = content.len() - content.trim_start().len();
    let mut excerpt = lines::excerpt(&text, number, indent + 1)?;
    // Which part of the line it was is not known.
    let shown = excerpt.lines[excerpt.marked].1.chars().count();
    excerpt.length = shown.saturating_sub(excerpt.column).max(1);
    Some(excerpt)
}
