//! Scripts of the specification's suite in code for 64-bit Arm, under qemu: each call must end as it does on this machine.
//!
//! There is no runtime for that machine yet. `harness.c` stands in for it with one module and few builtins, so modules that import
//! or have what it does not know are left out, and a call that needs another builtin ends the comparison with its module. Of WASI it has
//! what the examples need: they run as they are, and print what their native builds print. Both sides
//! compile with the deterministic choices, so that results are compared bit for bit; or the other side makes Arm's own,
//! where NaNs may differ.

mod job;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use wast::core::WastArgCore;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{Wast, WastArg, WastDirective, WastExecute, WastInvoke};
use wootz::{Config, Engine, Instance, Store, TrapCode, Val};
use wootz_codegen_llvm::{CompileOptions, Cpu, Machine, OptLevel, compile_image};
use wootz_wasm_ir::{Module, ValType};

use job::Job;

/// What runs programs for 64-bit Arm.
pub const EMULATOR: &str = "qemu-aarch64";

/// Statuses of the harness besides trap codes.
const FAULT: u64 = 0x100;
const BROKEN: u64 = 0x200;
const EXITED: u64 = 1 << 32;

/// Whether the emulator is there.
pub fn has_emulator() -> bool {
    Command::new(EMULATOR).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// How code is compiled.
#[derive(Clone, Debug)]
pub struct Mode {
    /// How it is called.
    pub name: &'static str,
    /// How much LLVM optimises.
    pub opt: OptLevel,
    /// Features of the CPU.
    pub features: &'static [&'static str],
    /// Whether it makes the deterministic choices.
    pub deterministic: bool,
}

/// The harness, compiled once.
#[derive(Debug)]
pub struct Harness {
    folder: tempfile::TempDir,
}

/// How much of a script was compared.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Compared {
    /// Calls.
    pub calls: usize,
    /// Modules that the harness could not have, or that came to a builtin.
    pub left_out: usize,
}

/// How a call ended: a trap, or the bits of the results.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Ending {
    Trap(u8),
    Results(Vec<u128>),
    Builtin,
}

/// A module's bytes, and the calls of its exports with their arguments.
type Called = (Vec<u8>, Vec<(String, Vec<Val>)>);

impl Harness {
    /// Compiles it.
    ///
    /// # Errors
    /// If the compiler is missing or refuses it.
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aarch64/harness.c");
        let output = Command::new("clang-22")
            .args([
                "--target=aarch64-linux-gnu",
                "-O1",
                "-ffreestanding",
                "-fno-builtin",
                "-nostdlib",
                "-static",
            ])
            .args(["-fuse-ld=lld", "-Wall", "-Wextra", "-Werror", "-o"])
            .arg(folder.path().join("harness"))
            .arg(source)
            .output()
            .context("cannot run clang-22: `cargo xtask setup` installs it")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(Self { folder })
    }

    /// Runs the modules of a script that the harness can have.
    ///
    /// # Errors
    /// If a call ends in another way than on this machine, or if anything is wrong with the script or the tools.
    pub fn run(&self, name: &str, text: &str, mode: &Mode) -> Result<Compared> {
        let mut lexer = Lexer::new(text);
        lexer.allow_confusing_unicode(true);
        let buffer = ParseBuffer::new_with_lexer(lexer)?;
        let script: Wast<'_> = parser::parse(&buffer)?;
        let mut compared = Compared::default();
        let mut current: Option<Called> = None;
        let file = self.folder.path().join(format!("{}-{}", name.replace('/', "-"), mode.name));
        for directive in script.directives {
            match directive {
                WastDirective::Module(mut module) | WastDirective::ModuleDefinition(mut module) => {
                    self.finish(current.take(), mode, &file, &mut compared)?;
                    current = Some((module.encode()?, Vec::new()));
                }
                WastDirective::AssertReturn { exec: WastExecute::Invoke(invoke), .. }
                | WastDirective::AssertTrap { exec: WastExecute::Invoke(invoke), .. }
                | WastDirective::AssertExhaustion { call: invoke, .. }
                | WastDirective::Invoke(invoke) => match (&mut current, arguments(&invoke)) {
                    (Some((_, calls)), Some(args)) => calls.push((invoke.name.to_owned(), args)),
                    // What follows could depend on it.
                    _ => self.finish(current.take(), mode, &file, &mut compared)?,
                },
                WastDirective::AssertInvalid { .. }
                | WastDirective::AssertMalformed { .. }
                | WastDirective::AssertMalformedCustom { .. }
                | WastDirective::AssertInvalidCustom { .. }
                | WastDirective::AssertUnlinkable { .. } => {}
                _ => self.finish(current.take(), mode, &file, &mut compared)?,
            }
        }
        self.finish(current, mode, &file, &mut compared)?;
        Ok(compared)
    }

    /// Runs a module's calls on both sides.
    fn finish(
        &self,
        module: Option<Called>,
        mode: &Mode,
        file: &PathBuf,
        compared: &mut Compared,
    ) -> Result<()> {
        let Some((bytes, calls)) = module.filter(|(_, calls)| !calls.is_empty()) else { return Ok(()) };
        let Ok(theirs) = self.calls_there(&bytes, &calls, mode, file) else {
            compared.left_out += 1;
            return Ok(());
        };
        let theirs = theirs?;
        let ours = calls_here(&bytes, &calls)?;
        for (((name, args), theirs), ours) in calls.iter().zip(theirs).zip(ours) {
            if theirs == Ending::Builtin {
                compared.left_out += 1;
                break;
            }
            let (ours, types) = ours;
            ensure!(
                alike(&theirs, &ours, &types, mode.deterministic),
                "{name} {args:?}: {theirs:x?} on aarch64, {ours:x?} here"
            );
            compared.calls += 1;
        }
        Ok(())
    }

    /// The endings of calls under the emulator; the outer error is a module that the harness cannot have.
    fn calls_there(
        &self,
        bytes: &[u8],
        calls: &[(String, Vec<Val>)],
        mode: &Mode,
        file: &PathBuf,
    ) -> Result<Result<Vec<Ending>>> {
        let image = mode.compile(bytes)?;
        let info = Job::info(&image)?;
        let mut job = Job::new(image, &[])?;
        let mut results = Vec::new();
        for (name, args) in calls {
            let func = job::exported(&info, name).context("no such function")?;
            let args: Vec<_> = args.iter().map(bits).collect::<Option<_>>().context("a reference")?;
            job.call(&info, func, &args)?;
            let ty = info.declarations.signature(func);
            ensure!(!ty.results.iter().any(|ty| ty.is_ref()), "a reference is a result");
            results.push((ty.params.len().max(ty.results.len()), ty.results.clone()));
        }
        let start = info.declarations.start.is_some();
        Ok(self.execute(job, file, start, &results))
    }

    /// Runs a WASI program to its end and returns what it wrote, wherever to.
    ///
    /// # Errors
    /// If it does not end with exit code 0, or needs what the harness does not have.
    pub fn program(
        &self,
        name: &str,
        module: &[u8],
        args: &[&str],
        stdin: File,
        mode: &Mode,
    ) -> Result<Vec<u8>> {
        let image = mode.compile(module)?;
        let info = Job::info(&image)?;
        let mut job = Job::new(image, args)?;
        job.call(&info, job::exported(&info, "_start").context("it is no program")?, &[])?;
        let file = self.folder.path().join(format!("{name}-{}", mode.name));
        fs::write(&file, job.finish())?;
        let mut command = self.emulated(&file);
        let output = command.stdin(stdin).output()?;
        ensure!(output.status.success(), "the harness failed: {}", output.status);
        let status = output.stdout.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        ensure!(matches!(status, Some(0 | EXITED)), "{name} ended with {status:x?}");
        Ok(output.stderr)
    }

    fn emulated(&self, job: &Path) -> Command {
        let mut command = Command::new(EMULATOR);
        command.arg(self.folder.path().join("harness")).arg(job);
        command
    }

    fn execute(
        &self,
        job: Job,
        file: &PathBuf,
        start: bool,
        calls: &[(usize, Box<[ValType]>)],
    ) -> Result<Vec<Ending>> {
        fs::write(file, job.finish())?;
        let output = self.emulated(file).output()?;
        ensure!(output.status.success(), "the harness failed: {}", output.status);
        let mut rest = &output.stdout[..];
        let mut next = |len: usize| {
            let (taken, left) = rest.split_at_checked(len).context("the harness wrote too little")?;
            rest = left;
            Ok::<_, anyhow::Error>(taken)
        };
        if start {
            next(8)?;
        }
        let mut endings = Vec::new();
        for (slots, results) in calls {
            let status = u64::from_le_bytes(next(8)?.try_into()?);
            let slots = next(slots * 16)?;
            let slot = |(index, ty): (usize, &ValType)| {
                let bits = u128::from_le_bytes(slots[index * 16..][..16].try_into().expect("16 bytes"));
                match ty {
                    ValType::I32 | ValType::F32 => bits & u128::from(u32::MAX),
                    ValType::I64 | ValType::F64 => bits & u128::from(u64::MAX),
                    _ => bits,
                }
            };
            endings.push(match status {
                0 => Ending::Results(results.iter().enumerate().map(slot).collect()),
                FAULT => Ending::Trap(TrapCode::MemoryOutOfBounds as u8),
                status if status >= BROKEN => Ending::Builtin,
                code => Ending::Trap(code as u8),
            });
        }
        Ok(endings)
    }
}

impl Mode {
    fn compile(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let module = Module::new(bytes)?;
        let options = CompileOptions {
            machine: Machine::Aarch64,
            cpu: Cpu::Baseline,
            cpu_features: self.features.iter().map(|feature| (*feature).into()).collect(),
            opt: self.opt,
            deterministic: self.deterministic,
            verify: true,
            ..CompileOptions::default()
        };
        Ok(compile_image(&module, &options)?)
    }
}

/// The endings of calls on this machine, with the results' types.
fn calls_here(bytes: &[u8], calls: &[(String, Vec<Val>)]) -> Result<Vec<(Ending, Vec<ValType>)>> {
    let engine = Engine::new(&Config::new().deterministic(true));
    let mut store = Store::new(&engine, ());
    let module = wootz::Module::new(&engine, bytes)?;
    let instance = Instance::new(&mut store, &module, &[])?;
    let mut endings = Vec::new();
    for (name, args) in calls {
        let func = instance.get_func(&store, name).context("no such function")?;
        let types = func.ty(&store).results.to_vec();
        let ending = match func.call(&mut store, args) {
            Ok(results) => {
                Ending::Results(results.iter().map(bits).collect::<Option<_>>().context("a reference")?)
            }
            Err(error) => match error.trap() {
                Some(trap) => Ending::Trap(trap.code as u8),
                None => bail!("{error}"),
            },
        };
        endings.push((ending, types));
    }
    Ok(endings)
}

/// Whether two endings are the same; NaNs need not be, if the machines make their own choices.
fn alike(theirs: &Ending, ours: &Ending, types: &[ValType], exact: bool) -> bool {
    let (Ending::Results(theirs), Ending::Results(ours)) = (theirs, ours) else { return theirs == ours };
    let pairs = theirs.iter().zip(ours).zip(types);
    let same = |((theirs, ours), ty): ((&u128, &u128), &ValType)| {
        theirs == ours || (!exact && both_nan(*theirs, *ours, *ty))
    };
    theirs.len() == ours.len() && pairs.into_iter().all(same)
}

/// Whether all that differs is lanes that are NaN on both sides.
fn both_nan(theirs: u128, ours: u128, ty: ValType) -> bool {
    let lanes = |width: u32, is_nan: fn(u128) -> bool| {
        let mask = u128::MAX >> (128 - width);
        let lane = |bits: u128, index: u32| bits >> (index * width) & mask;
        (0..128 / width).all(|index| {
            let (theirs, ours) = (lane(theirs, index), lane(ours, index));
            theirs == ours || (is_nan(theirs) && is_nan(ours))
        })
    };
    let narrow = || lanes(32, |bits| f32::from_bits(bits as u32).is_nan());
    let wide = || lanes(64, |bits| f64::from_bits(bits as u64).is_nan());
    match ty {
        ValType::F32 => narrow(),
        ValType::F64 => wide(),
        ValType::V128 => narrow() || wide(),
        _ => false,
    }
}

/// The arguments of a call of the current module.
fn arguments(invoke: &WastInvoke<'_>) -> Option<Vec<Val>> {
    let argument = |argument: &WastArg<'_>| match argument {
        WastArg::Core(WastArgCore::I32(value)) => Some(Val::I32(*value)),
        WastArg::Core(WastArgCore::I64(value)) => Some(Val::I64(*value)),
        WastArg::Core(WastArgCore::F32(value)) => Some(Val::F32(value.bits)),
        WastArg::Core(WastArgCore::F64(value)) => Some(Val::F64(value.bits)),
        WastArg::Core(WastArgCore::V128(value)) => Some(Val::V128(u128::from_le_bytes(value.to_le_bytes()))),
        _ => None,
    };
    if invoke.module.is_some() { None } else { invoke.args.iter().map(argument).collect() }
}

fn bits(value: &Val) -> Option<u128> {
    Some(match value {
        Val::I32(value) => (*value as u32).into(),
        Val::I64(value) => (*value as u64).into(),
        Val::F32(bits) => (*bits).into(),
        Val::F64(bits) => (*bits).into(),
        Val::V128(bits) => *bits,
        _ => return None,
    })
}
