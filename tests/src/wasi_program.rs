//! A WebAssembly program with WASI, compiled once and run any number of times, for tests and benchmarks.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use wootz::wasi::{Exit, OutputBuffer, ThreadedProgram, WasiCtx, is_threaded};
use wootz::{CheckStrategy, Config, Engine, Linker, Module, OptLevel, Store};

/// A compiled program.
pub struct WasiProgram {
    engine: Engine,
    module: Module,
    name: String,
    timeout: Option<Duration>,
}

/// What a run left behind, besides files.
pub struct Output {
    /// The exit code.
    pub code: i32,
    /// Bytes written to standard output.
    pub stdout: Vec<u8>,
    /// Bytes written to standard error.
    pub stderr: Vec<u8>,
}

impl WasiProgram {
    /// Compiles the module of a file.
    ///
    /// # Errors
    /// If the file cannot be read or the module cannot be compiled.
    pub fn compile(wasm: &Path, opt: OptLevel, checks: CheckStrategy) -> Result<Self> {
        let name = format!("{} at {opt:?} with {checks:?} checks", wasm.display());
        Self::compile_as(name, wasm, &Config::new().opt_level(opt).checks(checks))
    }

    /// Compiles the module of a file with any settings, which `name` tells.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_as(name: String, wasm: &Path, config: &Config) -> Result<Self> {
        let engine = Engine::new(config);
        let bytes = fs::read(wasm).with_context(|| format!("reading {}", wasm.display()))?;
        let module = Module::new(&engine, bytes).with_context(|| name.clone())?;
        Ok(Self { engine, module, name, timeout: None })
    }

    /// The same program whose runs have a deadline. A program that starts threads has none.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// Which module it is and how it was compiled.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The module.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Runs `_start` in a store of its own, as do the threads it starts. `folder` is the guest's current directory.
    ///
    /// # Errors
    /// If the program ends in any other way than by returning or by exiting.
    pub fn run<S: AsRef<str>>(&self, args: &[S], stdin: &[u8], folder: &Path) -> Result<Output> {
        let (stdout, stderr) = (OutputBuffer::new(), OutputBuffer::new());
        let ctx = WasiCtx::builder()
            .arg("program")?
            .args(args)?
            .preopened_dir(folder, ".")?
            .stdin(std::io::Cursor::new(stdin.to_vec()))
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .build();
        let mut linker = Linker::new(&self.engine);
        linker.define_wasi(|ctx: &mut WasiCtx| ctx)?;
        let result = if is_threaded(&self.module) {
            ThreadedProgram::new(&linker, &self.module, move || ctx.share()).and_then(ThreadedProgram::run)
        } else {
            let mut store = Store::new(&self.engine, ctx);
            if let Some(timeout) = self.timeout {
                store.set_timeout(timeout);
            }
            let instance = linker.instantiate(&mut store, &self.module);
            instance.and_then(|instance| {
                instance.get_typed_func::<(), ()>(&store, "_start")?.call(&mut store, ())
            })
        };
        let code = match result {
            Ok(()) => 0,
            Err(error) => match error.downcast_ref::<Exit>() {
                Some(Exit(code)) => *code,
                None => return Err(error).with_context(|| self.name.clone()),
            },
        };
        Ok(Output { code, stdout: stdout.contents(), stderr: stderr.contents() })
    }
}
