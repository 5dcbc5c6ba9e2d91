//! Packages of npm, by exact version, kept in the target directory.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::successful;
use crate::builds::target_folder;

/// Where fetched packages are.
pub struct Packages {
    folder: PathBuf,
}

impl Packages {
    /// In the target directory.
    ///
    /// # Errors
    /// If it cannot be found or written.
    pub fn new() -> Result<Self> {
        let folder = target_folder()?.join("real-programs");
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// Where they are, and where there is room for what is made of them.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// The folder of a package, downloaded if it is not there. No script of it runs.
    pub(super) fn package(&self, name: &str, version: &str) -> Result<PathBuf> {
        let prefix = self.folder.join(format!("{}-{version}", name.replace('/', "-")));
        let package = prefix.join("node_modules").join(name);
        if package.join("package.json").exists() {
            return Ok(package);
        }
        eprintln!("fetching {name} {version} with npm");
        fs::create_dir_all(&prefix)?;
        let mut npm = Command::new("npm");
        npm.args([
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--no-save",
            "--force",
            "--prefix",
        ]);
        npm.arg(&prefix).arg(format!("{name}@{version}"));
        successful(&mut npm).with_context(|| format!("npm is needed to fetch {name} {version}"))?;
        Ok(package)
    }
}
