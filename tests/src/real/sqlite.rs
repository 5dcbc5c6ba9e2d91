//! SQLite: a database made by the guest is the one that the native build makes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::{Guest, Packages, dir, output, same, scratch_folder};
use crate::c_program::CProgram;

const DATABASE: &str = "shop.db";

fn program() -> Result<CProgram> {
    Ok(CProgram::sqlite()?.opt_level("-O3"))
}

pub(super) fn module(_: &Packages) -> Result<PathBuf> {
    program()?.wasm()
}

pub(super) fn native_compiler(output: &Path) -> Result<Command> {
    Ok(program()?.native_compiler(output))
}

pub(super) fn check(_: &Packages, guest: &Guest<'_>) -> Result<()> {
    let [folder, native_folder] = [scratch_folder()?, scratch_folder()?];
    let native = program()?.native()?;
    let expected = output(Command::new(native).arg(DATABASE).current_dir(native_folder.path()), "")?;
    ensure!(expected.status.success(), "the native build failed: {expected:?}");
    let found = guest.run(&[dir(folder.path(), ".")], &[DATABASE], "")?;
    same("standard error", &found.stderr, &expected.stderr)?;
    same("standard output", &found.stdout, &expected.stdout)?;
    ensure!(found.status.success(), "it ended with {}", found.status);
    let [found, expected] = [folder, native_folder].map(|folder| fs::read(folder.path().join(DATABASE)));
    ensure!(found? == expected?, "the databases differ");
    Ok(())
}
