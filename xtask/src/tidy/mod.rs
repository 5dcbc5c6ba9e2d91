//! `cargo xtask tidy`: proves the invariants that ARCHITECTURE.md states and no compiler checks.
//!
//! One file per rule. A rule is a function from what it looks at (text, or cargo's metadata) to the violations, so
//! that its tests can show it a made-up violation without touching the tree.

mod fences;
mod form;
mod layers;
mod links;
mod source;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, output};

/// A broken rule and where.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Violation {
    /// The file, relative to the root, or the package.
    place: String,
    /// The line, from 1, where there is one.
    line: Option<usize>,
    message: String,
}

impl Violation {
    fn at(place: &str, line: usize, message: impl Into<String>) -> Self {
        Self { place: place.to_owned(), line: Some(line), message: message.into() }
    }

    fn of(place: &str, message: impl Into<String>) -> Self {
        Self { place: place.to_owned(), line: None, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.place, self.message),
            None => write!(f, "{}: {}", self.place, self.message),
        }
    }
}

/// The command: prints every violation, and fails if there is one.
pub(crate) fn command() -> Result<()> {
    let violations = violations(&crate::root())?;
    for violation in &violations {
        eprintln!("{violation}");
    }
    if !violations.is_empty() {
        bail!("{} places are not tidy", violations.len());
    }
    println!("tidy: layering, fences, form and links are in order");
    Ok(())
}

/// Every violation of every rule in the workspace at `root`.
fn violations(root: &Path) -> Result<Vec<Violation>> {
    let mut violations = layers::check(&layers::Graph::of_workspace()?);
    let files = Tree::read(root)?;
    for (path, text) in &files.rust {
        let source = source::Source::new(text);
        violations.extend(fences::check(path, &source));
        violations.extend(form::check(path, text, &source));
    }
    violations.extend(form::stale_exceptions(&files.rust));
    violations.extend(links::check(&files.markdown, &|path| root.join(path).exists()));
    violations.extend(unformatted());
    violations.sort();
    Ok(violations)
}

fn unformatted() -> Option<Violation> {
    let mut command = cargo();
    command.args(["fmt", "--all", "--", "--check", "--files-with-diff"]);
    let error = output(&mut command).err()?;
    Some(Violation::of("cargo fmt", format!("{error:#}; run `cargo fmt --all`")))
}

/// The texts that the rules read, by path relative to the root, in order.
struct Tree {
    rust: Vec<(String, String)>,
    markdown: Vec<(String, String)>,
}

impl Tree {
    fn read(root: &Path) -> Result<Self> {
        let mut paths = Vec::new();
        list(root, Path::new(""), &mut paths)?;
        paths.sort();
        let mut tree = Self { rust: Vec::new(), markdown: Vec::new() };
        for path in paths {
            let list = match path.extension().and_then(|extension| extension.to_str()) {
                Some("rs") => &mut tree.rust,
                Some("md") => &mut tree.markdown,
                _ => continue,
            };
            let full = root.join(&path);
            let text =
                fs::read_to_string(&full).with_context(|| format!("cannot read {}", full.display()))?;
            list.push((path.to_string_lossy().replace('\\', "/"), text));
        }
        Ok(tree)
    }
}

/// Every file under `root/folder`, but what cargo and git keep there.
fn list(root: &Path, folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let full = root.join(folder);
    for entry in fs::read_dir(&full).with_context(|| format!("cannot list {}", full.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        let path = folder.join(&name);
        let hidden = name.to_string_lossy().starts_with('.');
        if entry.file_type()?.is_dir() {
            if !hidden && name != "target" {
                list(root, &path, paths)?;
            }
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::violations;

    #[test]
    fn the_workspace_is_tidy() {
        let violations = violations(&crate::root()).expect("tidy runs");
        let report: Vec<String> = violations.iter().map(ToString::to_string).collect();
        assert!(report.is_empty(), "not tidy:\n{}", report.join("\n"));
    }
}
