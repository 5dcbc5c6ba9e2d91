//! Compiles Rust programs for the benchmarks: to WebAssembly with WASI, and natively for this processor, by the toolchain that runs.

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::builds::kept;

const COMPILER: &str = "rustc";
const GUEST: &str = "wasm32-wasip1";

/// A program of one source file, compiled as `cargo build --release` would.
pub struct RustProgram {
    source: PathBuf,
    wasm_options: &'static [&'static str],
}

impl RustProgram {
    /// A program, and options for the compiler when that compiles to WebAssembly.
    pub fn new(source: PathBuf, wasm_options: &'static [&'static str]) -> Self {
        Self { source, wasm_options }
    }

    /// Whether the standard library for WASI is installed: it comes with `rustup target add wasm32-wasip1`.
    pub fn has_guest_library() -> bool {
        let mut rustc = Command::new(COMPILER);
        let folder = rustc.args(["--print=target-libdir", "--target", GUEST]).output();
        folder.is_ok_and(|folder| {
            let path = String::from_utf8_lossy(&folder.stdout);
            folder.status.success() && Path::new(path.trim()).is_dir()
        })
    }

    /// Path of its WebAssembly module.
    ///
    /// # Errors
    /// If the compiler or its library is missing, or refuses the program.
    pub fn wasm(&self) -> Result<PathBuf> {
        let mut options = vec!["--target", GUEST];
        options.extend(self.wasm_options);
        self.build("wasm", &options)
    }

    /// Path of its native executable.
    ///
    /// # Errors
    /// If the compiler is missing or refuses the program.
    pub fn native(&self) -> Result<PathBuf> {
        self.build("native", &["-Ctarget-cpu=native"])
    }

    fn build(&self, extension: &str, options: &[&str]) -> Result<PathBuf> {
        let mut arguments: Vec<OsString> = ["--edition=2024", "-Copt-level=3"].map(OsString::from).into();
        arguments.extend(options.iter().map(OsString::from));
        let mut hasher = DefaultHasher::new();
        let version = Command::new(COMPILER).arg("--version").output().with_context(missing_compiler)?;
        ensure!(version.status.success(), "{COMPILER} does not tell its version");
        version.stdout.hash(&mut hasher);
        arguments.hash(&mut hasher);
        let source = std::fs::read(&self.source);
        source.with_context(|| format!("reading {}", self.source.display()))?.hash(&mut hasher);
        let name = self.source.file_stem().context("a source file has a name")?.to_string_lossy();
        let compiler = |output: &Path| {
            let mut command = Command::new(COMPILER);
            command.args(arguments).arg(&self.source).arg("-o").arg(output);
            command
        };
        kept((&name, hasher.finish(), extension), compiler, missing_compiler)
    }
}

fn missing_compiler() -> String {
    format!("cannot run {COMPILER}")
}
