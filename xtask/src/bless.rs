//! `cargo xtask bless`: lets the file tests rewrite what they expect.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::command::{cargo, run};
use crate::setup::{Purpose, setup};

/// The variable that tells a file test to write what it got instead of comparing it.
const VARIABLE: &str = "WOOTZ_BLESS";

/// Runs the tests of every crate that has file tests, with blessing on.
pub(crate) fn bless(filters: &[String]) -> Result<()> {
    setup(Purpose::Test)?;
    let packages = packages_with_file_tests(&crate::root())?;
    if packages.is_empty() {
        bail!("no crate has tests that read {VARIABLE}");
    }
    let filters: Vec<Option<&String>> =
        if filters.is_empty() { vec![None] } else { filters.iter().map(Some).collect() };
    for filter in filters {
        let mut command = cargo();
        command.args(["test", "--tests", "--no-fail-fast"]).env(VARIABLE, "1");
        for package in &packages {
            command.args(["--package", package]);
        }
        run(command.arg("--").args(filter))?;
    }
    println!("blessed; read the diff (`git diff`) before you commit it");
    Ok(())
}

/// The packages whose sources read the variable.
fn packages_with_file_tests(root: &Path) -> Result<Vec<String>> {
    let mut folders = vec![root.join("tests")];
    for entry in fs::read_dir(root.join("crates")).context("cannot list crates")? {
        folders.push(entry?.path());
    }
    folders.sort();
    let mut packages = Vec::new();
    for folder in folders {
        if !mentions_variable(&folder)? {
            continue;
        }
        let manifest = folder.join("Cargo.toml");
        let text =
            fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
        let name = package_name(&text).with_context(|| format!("{} names no package", manifest.display()))?;
        packages.push(name.to_owned());
    }
    Ok(packages)
}

fn mentions_variable(folder: &Path) -> Result<bool> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        let found = if path.is_dir() {
            mentions_variable(&path)?
        } else {
            path.extension().is_some_and(|extension| extension == "rs")
                && fs::read_to_string(&path)?.contains(VARIABLE)
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

fn package_name(manifest: &str) -> Option<&str> {
    let line = manifest.lines().find_map(|line| line.strip_prefix("name = "))?;
    Some(line.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::package_name;

    #[test]
    fn the_name_is_read_from_the_manifest() {
        assert_eq!(package_name("[package]\nname = \"wootz\"\n"), Some("wootz"));
        assert_eq!(package_name("[workspace]\n"), None);
    }
}
