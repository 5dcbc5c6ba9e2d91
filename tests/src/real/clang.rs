//! clang and its linker: the C programs that it compiles do under Wootz what they do natively.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::{Guest, Packages, dir, output, same, scratch_folder, successful};
use crate::c_program::{CProgram, root};

/// Programs of the examples, what they are given, and how they end.
const PROGRAMS: [(&str, &[&str], i32); 3] =
    [("nbody", &["1000"], 0), ("life", &["100", "60", "40"], 0), ("sha256", &["sha256.c", "missing"], 1)];

pub(super) fn module(packages: &Packages) -> Result<PathBuf> {
    Ok(package(packages)?.join("gen/llvm.core.wasm"))
}

fn package(packages: &Packages) -> Result<PathBuf> {
    packages.package("@yowasp/clang", "22.0.0-git20542-10")
}

/// The headers and libraries that are in the package as an archive.
fn resources(packages: &Packages) -> Result<PathBuf> {
    let package = package(packages)?;
    let folder = package.join("usr");
    if !folder.join("lib").exists() {
        let unpacked = package.join("usr.unfinished");
        fs::create_dir_all(&unpacked)?;
        let archive = package.join("gen/llvm-resources.tar");
        successful(Command::new("tar").arg("xf").arg(archive).arg("-C").arg(&unpacked))?;
        fs::rename(unpacked, &folder)?;
    }
    Ok(folder)
}

pub(super) fn check(packages: &Packages, guest: &Guest<'_>) -> Result<()> {
    let resources = resources(packages)?;
    for (name, arguments, code) in PROGRAMS {
        let folder = scratch_folder()?;
        let source = format!("{name}.c");
        fs::copy(root().join("examples").join(&source), folder.path().join(&source))?;
        compile(guest, &resources, folder.path(), name)?;

        let native = CProgram::example(name).native()?;
        let expected = output(Command::new(native).args(arguments).current_dir(folder.path()), "")?;
        let mut ours = guest.wootz();
        ours.arg(dir(folder.path(), ".")).arg(format!("{name}.wasm")).args(arguments);
        let found = output(ours.current_dir(folder.path()), "")?;
        same(name, &found.stdout, &expected.stdout)?;
        let ended = (found.status.code(), expected.status.code());
        ensure!(ended == (Some(code), Some(code)), "{name} and its native build ended with {ended:?}");
    }

    // What is wrong with a program is told with its place.
    let folder = scratch_folder()?;
    fs::write(folder.path().join("wrong.c"), "int main(void)\n{\n    return x;\n}\n")?;
    let error = compile(guest, &resources, folder.path(), "wrong").unwrap_err().to_string();
    ensure!(error.contains("/project/wrong.c:3:12: error: use of undeclared identifier 'x'"), "{error}");
    Ok(())
}

/// Compiles and links `NAME.c` of a folder to `NAME.wasm`. Two runs: a guest starts no other program, as the driver of a native
/// clang would.
fn compile(guest: &Guest<'_>, resources: &Path, folder: &Path, name: &str) -> Result<()> {
    let temporary = scratch_folder()?;
    let options = [
        dir(resources, "/usr"),
        dir(folder, "/project"),
        dir(temporary.path(), "/tmp"),
        "--env=TMPDIR=/tmp".to_owned(),
    ];
    let run = |arguments: &[&str]| {
        let output = guest.run(&options, arguments, "")?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?} ended with {}:\n{errors}", output.status);
        anyhow::Ok(())
    };
    let [source, object, wasm] = ["c", "o", "wasm"].map(|ending| format!("/project/{name}.{ending}"));
    run(&["clang", "--target=wasm32-wasip1", "-O2", "-c", &source, "-o", &object])?;
    let start = "/usr/lib/wasm32-wasip1/crt1-command.o";
    let builtins = "/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a";
    run(&["wasm-ld", "-L/usr/lib/wasm32-wasip1", start, &object, "-lm", "-lc", builtins, "-o", &wasm])
}
