//! Programs that are built once and kept in the target directory, under names that hold a hash of everything they were made from.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The path of a program with a name, a hash of what it is made from and an extension. Unless it is there, a command makes it: that which
/// the function returns for the path to write to. `missing` is what to say if it cannot be started.
///
/// # Errors
/// If the command fails.
pub(crate) fn kept(
    (name, hash, extension): (&str, u64, &str),
    command: impl FnOnce(&Path) -> Command,
    missing: impl FnOnce() -> String,
) -> Result<PathBuf> {
    let folder = target_folder()?.join("c-programs");
    fs::create_dir_all(&folder)?;
    let output = folder.join(format!("{name}-{hash:016x}.{extension}"));

    // Tests run in threads and in processes: one of them compiles, the others wait for it.
    let lock = File::create(output.with_extension(format!("{extension}.lock")))?;
    lock.lock()?;
    if output.exists() {
        return Ok(output);
    }
    let unfinished = output.with_extension(format!("{extension}.unfinished"));
    let mut command = command(&unfinished);
    let result = command.output().with_context(missing)?;
    if !result.status.success() {
        bail!("{command:?} failed:\n{}", String::from_utf8_lossy(&result.stderr));
    }
    fs::rename(unfinished, &output)?;
    Ok(output)
}

/// The workspace's folder.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// The target directory that the running program was built in: cargo marks it.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let marked = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    Ok(marked.map_or_else(|| root().join("target"), Path::to_owned))
}
