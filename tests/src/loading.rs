//! From a file of compiled code to the end of a program in it, inside of a process, by Wootz and by wasmtime.
//!
//! wasmtime runs in Python, where there is its package. What is around the three steps (engine, linker with WASI, store) is made before the
//! clock starts, on both sides; Python's own part of a step is a few microseconds.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;
use wootz::wasi::{Exit, WasiCtx};
use wootz::{Engine, Integrity, Linker, Module, Store};

use crate::python::Python;

const DRIVER: &str = include_str!("loading.py");

/// What is timed, in order.
pub const STEPS: [&str; 3] = ["load", "instantiate", "run"];

/// How long each step took, and how the program ended.
#[derive(Copy, Clone, Debug)]
pub struct Loaded {
    /// The time of each step.
    pub times: [Duration; STEPS.len()],
    /// The exit code.
    pub code: i32,
}

/// Loads an image as one from the cache is loaded, and runs it. Its output goes nowhere.
///
/// # Errors
/// If it cannot be loaded or traps.
pub fn ours(engine: &Engine, image: &Path) -> Result<Loaded> {
    let mut linker = Linker::new(engine);
    linker.define_wasi(|ctx: &mut WasiCtx| ctx)?;
    let mut store = Store::new(engine, WasiCtx::builder().arg("program")?.build());
    let start = Instant::now();
    let module = Module::from_file(engine, image, Integrity::Declarations)?;
    let load = Instant::now();
    let instance = linker.instantiate(&mut store, &module)?;
    let instantiate = Instant::now();
    let ended = instance.get_typed_func::<(), ()>(&store, "_start")?.call(&mut store, ());
    let end = Instant::now();
    let code = match ended {
        Ok(()) => 0,
        Err(error) => error.downcast_ref::<Exit>().map(|exit| exit.0).ok_or(error)?,
    };
    Ok(Loaded { times: [load - start, instantiate - load, end - instantiate], code })
}

/// wasmtime with its usual settings.
pub struct Wasmtime(Python);

impl Wasmtime {
    /// Starts it and compiles a module to a file; `None` where there is none. Returns the size of the file, too.
    ///
    /// # Errors
    /// If its answers are not as the driver makes them.
    pub fn compile(wasm: &Path, compiled: &Path) -> Result<Option<(Self, u64)>> {
        let Ok(mut python) = Python::start(DRIVER) else { return Ok(None) };
        // Without the package the driver ends before it answers.
        let Ok(answer) = python.ask(&json!({ "wasm": wasm, "compiled": compiled })) else { return Ok(None) };
        let bytes = answer["bytes"].as_u64().context("the file has no size")?;
        Ok(Some((Self(python), bytes)))
    }

    /// Loads what it has compiled, and runs it. Its output goes nowhere.
    ///
    /// # Errors
    /// If it cannot be loaded or traps.
    pub fn load(&mut self, compiled: &Path) -> Result<Loaded> {
        let answer = self.0.ask(&json!({ "loaded": compiled }))?;
        let nanoseconds = |step: usize| answer["times"][step].as_u64().context("a step has no time");
        let times = [nanoseconds(0)?, nanoseconds(1)?, nanoseconds(2)?].map(Duration::from_nanos);
        let code = answer["code"].as_i64().context("there is no exit code")?;
        Ok(Loaded { times, code: i32::try_from(code)? })
    }
}
