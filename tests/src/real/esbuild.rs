//! esbuild: a project becomes the bundle that the native esbuild of the same version makes of it, and Node.js runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Guest, Packages, dir, inputs, same, scratch_folder, successful};

const VERSION: &str = "0.27.2";
const OPTIONS: [&str; 8] = [
    "main.tsx",
    "--bundle",
    "--minify",
    "--sourcemap",
    "--outdir=out",
    "--format=esm",
    "--jsx-factory=element",
    "--log-level=warning",
];
/// What the bundle prints.
const PRINTED: &str = "\
In all: 26.07 m² No rights reserved: \\ \"quoted\" `ticks` ${not} a template
<ul class=\"list\"><li id=\"circle\">12.6</li><li id=\"rectangle\">13.5</li></ul>
1 0 9 36 81; 2 0 1 4 9
In all function
";

pub(super) fn module(packages: &Packages) -> Result<PathBuf> {
    Ok(packages.package("@esbuild/wasi-preview1", VERSION)?.join("esbuild.wasm"))
}

pub(super) fn check(packages: &Packages, guest: &Guest<'_>) -> Result<()> {
    let native = packages.package("@esbuild/linux-x64", VERSION)?.join("bin/esbuild");
    let [folder, native_folder] = [project()?, project()?];
    successful(Command::new(native).args(OPTIONS).current_dir(native_folder.path()))?;

    // It looks for settings in all folders above the project: the project is the root.
    let found = guest.run(&[dir(folder.path(), "/")], &OPTIONS, "")?;
    ensure!(found.status.success(), "{}: {}", found.status, String::from_utf8_lossy(&found.stderr));
    same("standard error", &found.stderr, b"")?;
    let (made, expected) = (folder.path().join("out"), native_folder.path().join("out"));
    let names = files(&expected)?;
    ensure!(names == files(&made)?, "{:?} instead of {names:?}", files(&made)?);
    ensure!(names == ["main.css", "main.css.map", "main.js", "main.js.map"], "{names:?}");
    for name in &names {
        same(name, &fs::read(made.join(name))?, &fs::read(expected.join(name))?)?;
    }

    let bundle = made.join("main.mjs");
    fs::rename(made.join("main.js"), &bundle)?;
    let printed = successful(Command::new("node").arg(&bundle)).context("running the bundle")?;
    same("the bundle", &printed.stdout, PRINTED.as_bytes())?;

    // What is wrong with a project is told with its place.
    fs::write(folder.path().join("main.tsx"), "import \"./nothing\";\nlet x = ;\n")?;
    let refused = guest.run(&[dir(folder.path(), "/")], &OPTIONS, "")?;
    let errors = String::from_utf8_lossy(&refused.stderr);
    ensure!(refused.status.code() == Some(1) && errors.contains("main.tsx:2:8"), "{errors}");
    Ok(())
}

/// A copy of the project.
fn project() -> Result<tempfile::TempDir> {
    let folder = scratch_folder()?;
    for entry in fs::read_dir(inputs().join("project"))? {
        let entry = entry?;
        fs::copy(entry.path(), folder.path().join(entry.file_name()))?;
    }
    Ok(folder)
}

fn files(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}
