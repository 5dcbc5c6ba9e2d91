//! Links `wootz-stub`, the program that executables are made of, with the C library inside: it starts in a third of the time less and
//! runs on systems with another C library. Where there are no static libraries to link with, it is linked as any program.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the standard library asks for by name, and what is linked in its place.
const LIBRARIES: [(&str, &[&str]); 3] = [
    ("libc.so", &["libc.a", "libgcc_eh.a"]),
    ("libm.so", &["libm.a"]),
    ("libgcc_s.so", &["libgcc_eh.a", "libc.a"]),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |variable: &str, value: &str| env::var(variable).is_ok_and(|found| found == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("static");
    if redirect(&out).is_some() {
        // Weak symbols that nobody defines are null, as in any static program.
        let folder = format!("-L{}", out.display());
        for argument in ["-static-pie", "-Wl,-z,nodynamic-undefined-weak", &folder] {
            println!("cargo::rustc-link-arg-bin=wootz-stub={argument}");
        }
    }
}

/// Fills a folder with scripts that have the names of shared libraries and make the linker take static ones. Only so can it be asked for one
/// binary of a package: `crt-static` is for all of them, and one has LLVM.
fn redirect(folder: &Path) -> Option<()> {
    std::fs::create_dir_all(folder).ok()?;
    for (name, libraries) in LIBRARIES {
        let paths = libraries.iter().map(|library| find(library)).collect::<Option<Vec<_>>>()?;
        std::fs::write(folder.join(name), format!("GROUP ( {} )\n", paths.join(" "))).ok()?;
    }
    Some(())
}

/// Where the C compiler that links has a library.
fn find(library: &str) -> Option<String> {
    let compiler = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let output = Command::new(compiler).arg(format!("-print-file-name={library}")).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    Path::new(&path).is_absolute().then_some(path)
}
