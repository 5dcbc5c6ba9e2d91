//! What runs the programs of the corpus: native builds, Wootz in its modes, and other engines where they are installed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::programs::Program;
use super::usage::{self, Ended, Usage};
use crate::c_program::{COMPILER, root};

/// One of them.
#[derive(Clone)]
pub struct Engine {
    /// What tables call it.
    pub name: &'static str,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// `clang -O3`, with these options.
    Native(&'static [&'static str]),
    /// The same, with the paths through a program's sources that its build for WebAssembly takes.
    SamePaths(&'static [&'static str]),
    /// `wootz compile` with these options, and `wootz run` of the image.
    Wootz(&'static [&'static str]),
    /// The same, after a run that has shown where branches go.
    Profiled(&'static [&'static str]),
    /// `wasm2c`, and clang on what it writes.
    Wasm2c,
    /// A program and a script that runs a module and says what that took; and what finds out whether it is installed. Some compile to a
    /// file before, in a process of its own.
    Script { program: &'static [&'static str], script: &'static str, probe: &'static str, ahead: bool },
}

/// What all others are compared with: native code for this processor.
pub const NATIVE: &str = "native";
/// What they are compared with besides: native code that takes the same paths through the sources as the module.
pub const SAME_PATHS: &str = "native, same paths";
const THIS_CPU: &[&str] = &["-march=native"];
/// Pointers and words are as long as in WebAssembly, which no option of the sources chooses; but there are half as many registers.
const WITH_32_BITS: &str = "-m32";
/// The mode that one gets without options.
pub const DEFAULT: &str = "guard, exact";

const ENGINES: [Engine; 13] = [
    Engine { name: NATIVE, kind: Kind::Native(THIS_CPU) },
    Engine { name: SAME_PATHS, kind: Kind::SamePaths(THIS_CPU) },
    Engine { name: "native, 32 bits", kind: Kind::SamePaths(&["-march=native", WITH_32_BITS]) },
    Engine { name: "native, any CPU", kind: Kind::Native(&[]) },
    Engine { name: DEFAULT, kind: Kind::Wootz(&["-O2", "--checks=guard"]) },
    Engine { name: "guard, relaxed", kind: Kind::Wootz(&["-O2", "--checks=guard", "--traps=relaxed"]) },
    Engine { name: "explicit, exact", kind: Kind::Wootz(&["-O2", "--checks=explicit"]) },
    Engine { name: "explicit, relaxed", kind: Kind::Wootz(&["-O2", "--checks=explicit", "--traps=relaxed"]) },
    Engine { name: "guard, exact, profile", kind: Kind::Profiled(&["-O2", "--checks=guard"]) },
    Engine { name: "guard, exact, -O1", kind: Kind::Wootz(&["-O1", "--checks=guard"]) },
    Engine { name: "wasm2c and clang", kind: Kind::Wasm2c },
    Engine {
        name: "wasmtime",
        kind: Kind::Script {
            program: &["python3"],
            script: "run_wasmtime.py",
            probe: "import wasmtime",
            ahead: true,
        },
    },
    Engine {
        name: "V8, optimising",
        kind: Kind::Script {
            program: &[
                "node",
                "--no-warnings",
                "--no-liftoff",
                "--no-wasm-tier-up",
                "--no-wasm-lazy-compilation",
            ],
            script: "run_node.mjs",
            probe: "import('node:wasi')",
            ahead: false,
        },
    },
];

/// All that are installed, with those that are not named on standard error.
pub fn installed() -> Vec<Engine> {
    let mut engines = ENGINES.to_vec();
    engines.retain(|engine| {
        let installed = engine.is_installed();
        if !installed {
            eprintln!("not measured: {} is not installed", engine.name);
        }
        installed
    });
    engines
}

/// A program that an engine is ready to run.
pub struct Prepared {
    engine: Engine,
    command: Vec<OsString>,
    /// What compiling it took; of a script it is not known before it has run.
    pub compiling: Option<Usage>,
}

/// What a run took.
pub struct Run {
    /// Seconds of a processor, without what compiling took.
    pub cpu: f64,
    /// The same for compiling, and the most memory until then, in bytes, where both are done in one process.
    pub compiling: Option<(f64, u64)>,
    /// The whole process.
    pub usage: Usage,
    /// What it printed.
    pub stdout: Vec<u8>,
}

impl Engine {
    /// Whether it is one of ours.
    pub fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::Wootz(_) | Kind::Profiled(_))
    }

    fn is_installed(&self) -> bool {
        let (program, probe) = match &self.kind {
            Kind::SamePaths(options) if options.contains(&WITH_32_BITS) => return has_32_bit_library(),
            Kind::Native(_) | Kind::SamePaths(_) | Kind::Wootz(_) | Kind::Profiled(_) => return true,
            Kind::Wasm2c => return Wabt::installed().is_some(),
            Kind::Script { program, probe, .. } => (program, probe),
        };
        let option = if program[0] == "node" { "-e" } else { "-c" };
        let mut command = Command::new(program[0]);
        command.args([option, probe]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// Compiles a program to a file in a folder, as far as the engine makes files.
    ///
    /// # Errors
    /// If it does not compile.
    pub fn prepare(&self, wootz: &Path, program: &Program, folder: &Path) -> Result<Prepared> {
        let Program { source, training, same_paths, .. } = program;
        let output = folder.join(format!("{}, {}", source.name(), self.name));
        let (compile, command) = match &self.kind {
            Kind::Native(options) => {
                let source = source.clone().native_options(options);
                (vec![source.native_compiler(&output)], vec![output.into()])
            }
            Kind::SamePaths(options) => {
                let source = source.clone().options(same_paths).native_options(options);
                (vec![source.native_compiler(&output)], vec![output.into()])
            }
            Kind::Wasm2c => {
                let wabt = Wabt::installed().context("wasm2c is not installed")?;
                let written = tempfile::tempdir_in(folder)?.keep();
                (wabt.compile(&source.wasm()?, &written, &output), vec![output.into()])
            }
            Kind::Wootz(options) | Kind::Profiled(options) => {
                let mut command = Command::new(wootz);
                command.args(["compile", "--emit=image", "--jobs=1"]).args(*options);
                if let Kind::Profiled(_) = self.kind {
                    let profile = output.with_extension("profile");
                    let mut run = Command::new(wootz);
                    run.args(["run", "--no-cache", "-O1", "--profile-generate"]).arg(&profile);
                    self.successful(run.arg(source.wasm()?).args(*training))?;
                    command.arg("--profile-use").arg(profile);
                }
                command.arg("-o").arg(&output).arg(source.wasm()?);
                (vec![command], vec![wootz.into(), "run".into(), output.into()])
            }
            Kind::Script { program, script, ahead, .. } => {
                let mut command: Vec<OsString> = program.iter().map(OsString::from).collect();
                command.push(script_folder().join(script).into());
                let mut steps = Vec::new();
                if *ahead {
                    let mut compile = Command::new(&command[0]);
                    compile.args(&command[1..]).arg("compile").arg(source.wasm()?).arg(&output);
                    steps.push(compile);
                    command.extend(["run".into(), output.into()]);
                } else {
                    command.push(source.wasm()?.into());
                }
                (steps, command)
            }
        };
        let mut compiling: Option<Usage> = None;
        for mut step in compile {
            let Ended { mut usage, stderr, .. } = self.successful(&mut step)?;
            if let Kind::Script { .. } = self.kind {
                [usage.cpu] = self.figures(&stderr)?;
            }
            compiling = Some(match compiling {
                Some(before) => before.then(usage),
                None => usage,
            });
        }
        Ok(Prepared { engine: self.clone(), command, compiling })
    }

    /// What a script says on standard error.
    fn figures<const N: usize>(&self, stderr: &str) -> Result<[f64; N]> {
        let figures = stderr.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>().ok();
        let figures = figures.and_then(|figures| figures.try_into().ok());
        figures.with_context(|| format!("{} does not say what it took: {stderr}", self.name))
    }

    fn successful(&self, command: &mut Command) -> Result<Ended> {
        let ended = usage::run(command)?;
        ensure!(ended.code == Some(0), "{}: {command:?} failed:\n{}", self.name, ended.stderr);
        Ok(ended)
    }
}

/// Whether there is a C library for programs of 32 bits.
fn has_32_bit_library() -> bool {
    let hello = script_folder().with_file_name("hello.c");
    let mut compile = Command::new(COMPILER);
    compile
        .arg(WITH_32_BITS)
        .arg(hello)
        .args(["-o", "/dev/null"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    compile.status().is_ok_and(|status| status.success())
}

/// Where wabt's tools are, of the version whose C our driver is written for.
struct Wabt {
    prefix: PathBuf,
}

impl Wabt {
    const VERSION: &str = "1.0.32";

    fn installed() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        let tool =
            std::env::split_paths(&path).map(|folder| folder.join("wasm2c")).find(|tool| tool.is_file())?;
        let version = Command::new(&tool).arg("--version").output().ok()?;
        let prefix = tool.parent()?.parent()?.to_owned();
        let wabt = Self { prefix };
        let usable = version.stdout.trim_ascii() == Self::VERSION.as_bytes() && wabt.runtime().is_file();
        usable.then_some(wabt)
    }

    fn runtime(&self) -> PathBuf {
        self.prefix.join("share/wabt/wasm2c/wasm-rt-impl.c")
    }

    /// From a module to a program.
    fn compile(&self, wasm: &Path, folder: &Path, output: &Path) -> Vec<Command> {
        let source = folder.join("corpus.c");
        let mut translate = Command::new(self.prefix.join("bin/wasm2c"));
        translate.args(["-n", "corpus", "-o"]).args([&source, wasm]);
        let mut compile = Command::new(COMPILER);
        compile.args(["-O3", "-march=native", "-ffp-contract=off", "-w", "-I"]);
        compile.arg(folder).arg("-I").arg(self.prefix.join("include"));
        compile.args([&source, &script_folder().join("run_wasm2c.c"), &self.runtime()]);
        compile.arg("-lm").arg("-o").arg(output);
        vec![translate, compile]
    }
}

fn script_folder() -> PathBuf {
    root().join("tests/programs/corpus")
}

impl Prepared {
    /// Runs the program once.
    ///
    /// # Errors
    /// If it fails.
    pub fn run(&self, arguments: &[&str]) -> Result<Run> {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(arguments);
        let Ended { usage, stdout, stderr, .. } = self.engine.successful(&mut command)?;
        if !matches!(self.engine.kind, Kind::Script { .. }) {
            return Ok(Run { cpu: usage.cpu, compiling: None, usage, stdout });
        }
        let Kind::Script { ahead: false, .. } = self.engine.kind else {
            let [cpu] = self.engine.figures(&stderr)?;
            return Ok(Run { cpu, compiling: None, usage, stdout });
        };
        let [cpu, compiling, peak] = self.engine.figures(&stderr)?;
        Ok(Run { cpu, compiling: Some((compiling, peak as u64)), usage, stdout })
    }

    /// Bytes of the file that was made.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn size(&self) -> Result<Option<u64>> {
        if !self.engine.is_ours() {
            return Ok(None);
        }
        let image = self.command.last().context("a command has arguments")?;
        Ok(Some(fs::metadata(image)?.len()))
    }
}
