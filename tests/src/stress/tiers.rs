//! Threads that call into one lazily compiled module while its functions change their tier.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use wootz::{CheckStrategy, Config, Engine, Instance, Mode, Module, OptLevel, Store, TrapCode};

use super::Summary;

/// Threads in one module.
const THREADS: i64 = 8;
/// Calls of each thread in one round.
const CALLS: i64 = 60;
/// A round lasts until so many functions were swapped …
const SWAPS: usize = 16;
/// … which takes fewer times that many calls, however busy the machine is.
const MOST: u32 = 100_000;
/// When code is hot: after some calls, so that every round sees cold, hot and better code.
const HOT: u32 = 400;

/// The text of a module whose functions call each other directly, through a table and in tail position, loop, recurse and trap.
fn module() -> String {
    let mut text = String::from(
        "(module (memory 1) (table 16 funcref) (type $f (func (param i64) (result i64)))
         (elem (i32.const 0) func $f0 $f1 $f2 $f3 $f4 $f5 $f6 $f7 $f8 $f9 $f10 $f11 $f12 $f13 $f14 $f15)
         (func $f0 (type $f) (i64.add (i64.mul (local.get 0) (i64.const 6364136223846793005)) (i64.const 1)))\n",
    );
    for n in 1..16 {
        let (before, mask) = (n - 1, n & 7);
        let call = match n % 3 {
            0 => format!("(call $f{before} (local.get $x))"),
            1 => format!("(call_indirect (type $f) (local.get $x) (i32.const {before}))"),
            _ => format!("(call $tail{before} (local.get $x))"),
        };
        text += &format!(
            "(func $tail{before} (type $f) (return_call $f{before} (i64.xor (local.get 0) (i64.const {n}))))
             (func $f{n} (type $f) (local $x i64) (local $i i64) (local $j i64)
               (local.set $x (local.get 0))
               (loop $outer
                 (local.set $j (i64.const 0))
                 (loop $inner
                   (i64.store (i32.const {}) (i64.add (local.get $x) (local.get $j)))
                   (local.set $x (i64.rotl (i64.xor (local.get $x) (i64.load (i32.const {}))) (i64.const {mask})))
                   (local.set $j (i64.add (local.get $j) (i64.const 1)))
                   (br_if $inner (i64.lt_u (local.get $j) (i64.const 5))))
                 (local.set $x (i64.add (local.get $x) {call}))
                 (local.set $i (i64.add (local.get $i) (i64.const 1)))
                 (br_if $outer (i64.lt_u (local.get $i) (i64.const {}))))
               (local.get $x))\n",
            8 * n,
            8 * n,
            1 + n % 2,
        );
    }
    text + "(func (export \"run\") (type $f) (call $f15 (local.get 0)))
            (func (export \"trap\") (param i64) (result i64) (local $p i32)
              (loop $l
                (i64.store (local.get $p) (call $f3 (local.get 0)))
                (local.set $p (i32.add (local.get $p) (i32.const 4093)))
                (br $l))
              (unreachable)))"
}

/// Runs rounds until a time, at least one.
///
/// # Errors
/// If a result is not that of regular code.
pub(super) fn run(checks: CheckStrategy, end: Instant, summary: &mut Summary) -> Result<()> {
    let text = module();
    let config = Config::new().checks(checks).opt_level(OptLevel::O2);
    let regular = Engine::new(&config);
    let expected = calls(&Module::new(&regular, &text)?, THREADS)?;
    let lazy = Engine::new(&config.mode(Mode::Lazy).hot(HOT));
    loop {
        let module = Module::new(&lazy, &text)?;
        let results: Vec<Result<Vec<i64>>> = std::thread::scope(|scope| {
            let until_swapped = || {
                for _ in 0..MOST {
                    let results = calls(&module, THREADS)?;
                    let swaps = module.lazy_statistics().map_or(0, |statistics| statistics.swaps);
                    if results != expected || swaps >= SWAPS {
                        return Ok(results);
                    }
                }
                anyhow::bail!("nothing becomes better");
            };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(until_swapped)).collect();
            threads.into_iter().map(|thread| thread.join().expect("a thread panicked")).collect()
        });
        for result in results {
            ensure!(
                result.context("under tier changes")? == expected,
                "code under tier changes computes something else"
            );
        }
        let statistics = module.lazy_statistics().context("the module is lazy")?;
        summary.tier_rounds += 1;
        summary.swaps += statistics.swaps as u64;
        if Instant::now() >= end {
            return Ok(());
        }
    }
}

/// The results of many calls, some of which trap.
fn calls(module: &Module, seed: i64) -> Result<Vec<i64>> {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[])?;
    let run = instance.get_typed_func::<i64, i64>(&store, "run")?;
    let trap = instance.get_typed_func::<i64, i64>(&store, "trap")?;
    let mut results = Vec::new();
    for number in 0..CALLS {
        results.push(run.call(&mut store, number * seed)?);
        if number % 10 == 9 {
            let error = trap.call(&mut store, number).err().context("a loop that leaves the memory ends")?;
            let found = error.trap().map(|trap| (trap.code, trap.frames.len()));
            ensure!(found == Some((TrapCode::MemoryOutOfBounds, 1)), "{error}");
        }
    }
    Ok(results)
}
