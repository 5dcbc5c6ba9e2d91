//! Compiles C programs for the tests and benchmarks of real programs: to WebAssembly with WASI, and natively.
//!
//! Both builds come from the same compiler with the same options, so that equal output is fair to ask for and run times
//! can be compared: the native build may not fuse multiplications with additions, because WebAssembly cannot either.

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

pub use crate::builds::root;

use crate::builds::kept;

pub(crate) const COMPILER: &str = "clang-22";

/// What wasi-threads asks of a module. The C library is built without threads, which the linker would not allow.
const SHARED_MEMORY: &str =
    "-Wl,--shared-memory,--import-memory,--export-memory,--max-memory=67108864,--no-check-features";

/// A program: its sources and how to compile them.
#[derive(Clone, Debug)]
pub struct CProgram {
    name: String,
    sources: Vec<PathBuf>,
    /// Files that the sources include, as far as they may change.
    included: Vec<PathBuf>,
    options: Vec<OsString>,
    /// Options of one target only.
    wasm_options: &'static [&'static str],
    native_options: &'static [&'static str],
    opt_level: &'static str,
    threads: bool,
}

/// What a program is compiled for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Target {
    Wasm,
    Native,
}

impl CProgram {
    /// A program of one source file, named after it, compiled with `-O2`.
    ///
    /// # Panics
    /// If the path has no file name.
    pub fn new(source: impl AsRef<Path>) -> Self {
        let source = source.as_ref().to_owned();
        let name = source.file_stem().expect("a source file has a name").to_string_lossy().into_owned();
        Self {
            name,
            sources: vec![source],
            included: Vec::new(),
            options: Vec::new(),
            wasm_options: &[],
            native_options: &[],
            opt_level: "-O2",
            threads: false,
        }
    }

    /// A program of the examples folder.
    pub fn example(name: &str) -> Self {
        Self::new(root().join("examples").join(name).with_extension("c"))
    }

    /// SQLite with the driver in `programs/`, on the amalgamation that the crate `libsqlite3-sys` carries.
    ///
    /// # Errors
    /// If the crate cannot be found or downloaded.
    pub fn sqlite() -> Result<Self> {
        let driver = Self::new(root().join("tests/programs/sqlite_driver.c"));
        let program = driver.options(&[
            // Preview 1 has no threads, no dynamic libraries, no shared mappings and no file locks; the native build
            // does without as well, so that both run the same code.
            "-DSQLITE_THREADSAFE=0",
            "-DSQLITE_OMIT_LOAD_EXTENSION",
            "-DSQLITE_OMIT_WAL",
            "-DSQLITE_MAX_MMAP_SIZE=0",
            "-DSQLITE_DEFAULT_UNIX_VFS=\"unix-dotfile\"",
            // The guest has no directory for temporary files.
            "-DSQLITE_TEMP_STORE=3",
            "-DSQLITE_DEFAULT_MEMSTATUS=0",
        ]);
        program.library("libsqlite3-sys", "sqlite3", &["sqlite3.c"])
    }

    /// The sum on several threads in `programs/pthreads`: natively with the system's threads, in WebAssembly with those of
    /// wasi-threads, by the part of pthreads that stands beside it.
    pub fn parallel_sum() -> Self {
        let source = pthreads().join("parallel_sum.c");
        Self { threads: true, ..Self::new(source) }
    }

    /// The same program at another optimisation level of the C compiler, `-O3` for example.
    #[must_use]
    pub fn opt_level(mut self, level: &'static str) -> Self {
        self.opt_level = level;
        self
    }

    /// The same program with further options when it is compiled to WebAssembly.
    #[must_use]
    pub fn wasm_options(self, wasm_options: &'static [&'static str]) -> Self {
        Self { wasm_options, ..self }
    }

    /// The same program with further options when it is compiled natively.
    #[must_use]
    pub fn native_options(self, native_options: &'static [&'static str]) -> Self {
        Self { native_options, ..self }
    }

    /// The same program with further options for both targets.
    #[must_use]
    pub fn options(mut self, options: &[&str]) -> Self {
        self.options.extend(options.iter().map(OsString::from));
        self
    }

    /// The same program, which includes some files from its folder: it is built anew when they change.
    #[must_use]
    pub fn includes(mut self, names: &[&str]) -> Self {
        let source = self.sources[0].clone();
        self.included.extend(names.iter().map(|name| source.with_file_name(name)));
        self
    }

    /// The same program with a library that a crate carries as source: its headers, which are all in `folder`, and C files by
    /// their names. A name that ends in `/` is a folder, all of whose C files are meant.
    ///
    /// # Errors
    /// If the crate cannot be found or downloaded, or has no such folder.
    pub fn library(mut self, package: &str, folder: &str, sources: &[&str]) -> Result<Self> {
        let folder = package_folder(package)?.join(folder);
        for name in sources {
            let source = folder.join(name);
            if !name.ends_with('/') {
                self.sources.push(source);
                continue;
            }
            let entries = fs::read_dir(&source).with_context(|| format!("reading {}", source.display()))?;
            let mut files = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
            files.retain(|file| file.extension().is_some_and(|extension| extension == "c"));
            files.sort();
            self.sources.extend(files);
        }
        self.options.extend(["-w".into(), "-I".into(), folder.into()]);
        Ok(self)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Path of its WebAssembly module.
    ///
    /// # Errors
    /// If the compiler is missing or refuses the program.
    pub fn wasm(&self) -> Result<PathBuf> {
        self.build(Target::Wasm)
    }

    /// Path of its native executable.
    ///
    /// # Errors
    /// If the compiler is missing or refuses the program.
    pub fn native(&self) -> Result<PathBuf> {
        self.build(Target::Native)
    }

    fn build(&self, target: Target) -> Result<PathBuf> {
        let arguments = self.arguments(target);
        let extension = match target {
            Target::Wasm => "wasm",
            Target::Native => "native",
        };
        let hash = self.hash(target, &arguments)?;
        kept((&self.name, hash, extension), |output| self.compiler(target, output), missing_compiler)
    }

    /// The command that makes its native executable, to be measured: [`native`](Self::native) does not make it twice.
    pub fn native_compiler(&self, output: &Path) -> Command {
        self.compiler(Target::Native, output)
    }

    fn compiler(&self, target: Target, output: &Path) -> Command {
        let mut command = Command::new(COMPILER);
        command.args(self.arguments(target)).args(self.sources(target)).arg("-o").arg(output);
        if target == Target::Native {
            command.arg("-lm");
        }
        command
    }

    fn arguments(&self, target: Target) -> Vec<OsString> {
        let common: &[&str] = match target {
            // wasi-libc is installed under the target's old name. Whether wasm-opt is on PATH must not matter.
            Target::Wasm => &["--target=wasm32-wasi", "-Wno-deprecated", "--sysroot=/usr", "--no-wasm-opt"],
            Target::Native => &["-ffp-contract=off"],
        };
        let mut arguments: Vec<OsString> = common.iter().map(OsString::from).collect();
        arguments.push(self.opt_level.into());
        arguments.extend(self.options.iter().cloned());
        let own = match target {
            Target::Wasm => self.wasm_options,
            Target::Native => self.native_options,
        };
        arguments.extend(own.iter().map(OsString::from));
        match (self.threads, target) {
            (true, Target::Wasm) => {
                arguments.extend(
                    ["-matomics", "-mbulk-memory", "-nostartfiles", SHARED_MEMORY, "-I"].map(OsString::from),
                );
                arguments.push(pthreads().into());
            }
            (true, Target::Native) => arguments.push("-pthread".into()),
            (false, _) => {}
        }
        arguments
    }

    fn sources(&self, target: Target) -> Vec<PathBuf> {
        let mut sources = self.sources.clone();
        if self.threads && target == Target::Wasm {
            sources.extend(["pthread.c", "start.s"].map(|name| pthreads().join(name)));
        }
        sources
    }

    fn hash(&self, target: Target, arguments: &[OsString]) -> Result<u64> {
        let version = Command::new(COMPILER).arg("--version").output().with_context(missing_compiler)?;
        let mut hasher = DefaultHasher::new();
        version.stdout.hash(&mut hasher);
        arguments.hash(&mut hasher);
        let mut sources = self.sources(target);
        sources.extend(self.included.iter().cloned());
        if self.threads {
            sources.push(pthreads().join("pthread.h"));
        }
        for source in &sources {
            fs::read(source).with_context(|| format!("reading {}", source.display()))?.hash(&mut hasher);
        }
        Ok(hasher.finish())
    }
}

fn missing_compiler() -> String {
    format!("cannot run {COMPILER}: `cargo xtask setup` installs it")
}

/// The program with threads and what it needs of pthreads.
fn pthreads() -> PathBuf {
    root().join("tests/programs/pthreads")
}

/// Where cargo unpacked the sources of a package that this one names for WASI, downloading them if need be.
fn package_folder(name: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = root().join("tests/Cargo.toml");
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--filter-platform=wasm32-wasip1",
            "--manifest-path",
        ])
        .arg(manifest)
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == name)
        .and_then(|package| Path::new(package["manifest_path"].as_str()?).parent().map(Path::to_owned))
        .with_context(|| format!("cargo metadata does not list the package {name}"))
}
