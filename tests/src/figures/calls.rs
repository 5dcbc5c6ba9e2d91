//! What a call of a function costs that nobody can inline or compute beforehand, in each way that there is to call one.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike as _};
use wootz::{Engine, Extern, Func, Instance, Mode, Module, Store, TypedFunc};

use super::Spread;
use super::lazy::{WARMING, engine, settled};

/// Calls in a loop.
const CALLS: i32 = 50_000_000;

/// A way to call: its name, what the loop does, whether the callee is optimised before the caller in lazy code, and so in a fragment of its own.
const WAYS: [(&str, &str, bool); 6] = [
    ("direct", "(call $callee)", false),
    ("direct, in another batch", "(call $callee)", true),
    ("by a table that never changes", "(call_indirect $fixed (type $unary) (i32.const 1))", true),
    ("by a table", "(call_indirect $table (type $unary) (i32.const 1))", true),
    ("of another instance", "(call $import)", true),
    ("of the host", "(call $host)", true),
];

/// A function too large for any inliner, most of which never runs: whether it does, memory says.
fn callee() -> String {
    let mut body = String::new();
    for offset in (4..400).step_by(4) {
        let _ = write!(
            body,
            "(i32.store offset={offset} (i32.const 0) (i32.mul (local.get 0) (i32.load offset={offset} (i32.const 0))))"
        );
    }
    format!(
        r#"(func $callee (export "callee") (type $unary)
          (if (i32.load (i32.const 0)) (then {body}))
          (i32.add (local.get 0) (i32.const 1)))"#
    )
}

/// The module that calls. Each argument is the result of the call before.
fn caller(way: &str) -> String {
    format!(
        r#"(module
          (type $unary (func (param i32) (result i32)))
          (import "" "import" (func $import (type $unary)))
          (import "" "host" (func $host (type $unary)))
          (memory (export "memory") 1)
          (table $fixed funcref (elem $even $callee))
          (table $table (export "table") funcref (elem $even $callee))
          (func $even (type $unary) (i32.and (local.get 0) (i32.const -2)))
          {callee}
          (func (export "run") (type $unary) (local i32)
            (loop
              (local.get 1) {way} (local.set 1)
              (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 1)))"#,
        callee = callee(),
    )
}

/// An instance that calls in one way, and what is called elsewhere.
struct Calls {
    store: Store<()>,
    modules: [Module; 2],
    run: TypedFunc<i32, i32>,
    callees: [TypedFunc<i32, i32>; 2],
}

impl Calls {
    fn new(engine: &Engine, way: &str) -> Result<Self> {
        let other = format!("(module (memory 1) (type $unary (func (param i32) (result i32))) {})", callee());
        let modules = [Module::new(engine, other)?, Module::new(engine, caller(way))?];
        let mut store = Store::new(engine, ());
        let import = Instance::new(&mut store, &modules[0], &[])?;
        let import = import.get_func(&store, "callee").context("it is exported")?;
        let host = Func::wrap(&mut store, |x: i32| x.wrapping_add(1));
        let imports: [Extern; 2] = [import.into(), host.into()];
        let instance = Instance::new(&mut store, &modules[1], &imports)?;
        let run = instance.get_typed_func(&store, "run")?;
        let callees = [import.typed(&store)?, instance.get_typed_func(&store, "callee")?];
        Ok(Self { store, modules, run, callees })
    }

    /// Runs until nothing gets better, the callees first if they are to be optimised by themselves.
    fn warm(&mut self, callees_first: bool) -> Result<()> {
        if callees_first {
            for _ in 0..2000 {
                for callee in &self.callees {
                    callee.call(&mut self.store, 1)?;
                }
            }
            self.settle()?;
        }
        for round in 0..WARMING {
            self.call(CALLS / 100)?;
            if self.settle()? && round > 2 {
                break;
            }
        }
        Ok(())
    }

    fn settle(&self) -> Result<bool> {
        let [other, own] = &self.modules;
        Ok(settled(other)? & settled(own)?)
    }

    fn call(&mut self, calls: i32) -> Result<Duration> {
        let started = processor_time()?;
        let result = self.run.call(&mut self.store, calls)?;
        ensure!(result == calls, "{calls} calls count {result}");
        Ok(processor_time()? - started)
    }
}

/// What the calling thread has taken so far.
pub(super) fn processor_time() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_THREAD)?;
    let duration = |time: TimeVal| Duration::from_micros(time.num_microseconds().unsigned_abs());
    Ok(duration(usage.user_time()) + duration(usage.system_time()))
}

/// Prints what a round of the loop takes in each way, lazily when warm and in the regular mode, in turns.
///
/// # Errors
/// If a module does not compile or computes something else.
pub(super) fn ways(rounds: usize) -> Result<()> {
    println!("A round of a loop with a call, processor time in ns");
    for (name, way, callees_first) in WAYS {
        let mut lazy = Calls::new(&engine(Mode::Lazy), way)?;
        lazy.warm(callees_first)?;
        let mut regular = Calls::new(&engine(Mode::Regular), way)?;
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (calls, times) in [&mut lazy, &mut regular].into_iter().zip(&mut times) {
                times.push(calls.call(CALLS)?);
            }
        }
        let [lazily, regularly] = times.map(|times| Spread::of_times(&times, 1e9 / f64::from(CALLS)));
        let statistics = lazy.modules[1].lazy_statistics().context("it is lazy")?;
        let batches = statistics.tiers[1].fragments;
        println!("  {name:30} lazy {lazily}, optimised in {batches} batches; regular {regularly}");
    }
    Ok(())
}
