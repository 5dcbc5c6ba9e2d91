//! Many instances at once, and many one after the other: what they cost of the process, by the system's own count.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use wootz::{
    CheckStrategy, Config, Engine, Instance, MemoryPool, Mode, Module, OptLevel, PoolConfig, Store,
    WhenExhausted,
};

/// A module with a memory of one page, a table and a global, whose function writes to the first two pages of the system.
const MODULE: &str = r#"(module
    (memory 1)
    (table 4 funcref)
    (global $calls (mut i32) (i32.const 0))
    (data (i32.const 64) "steel")
    (elem (i32.const 0) func $run)
    (func $run (export "run") (param i32) (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (i32.store (i32.const 0) (local.get 0))
      (i32.store (i32.const 4096) (global.get $calls))
      (i32.add (i32.load (i32.const 0)) (i32.load8_u (i32.const 64)))))"#;

/// What a process takes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Footprint {
    /// Bytes in memory.
    pub resident: usize,
    /// Mappings, of which Linux allows 65 530.
    pub mappings: usize,
}

impl Footprint {
    /// What this process takes now.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn now() -> Result<Self> {
        Self::of("self")
    }

    fn of(process: &str) -> Result<Self> {
        let pages = std::fs::read_to_string(format!("/proc/{process}/statm"))?;
        let pages: usize = pages.split(' ').nth(1).context("statm has a second number")?.parse()?;
        let mappings = std::fs::read_to_string(format!("/proc/{process}/maps"))?.lines().count();
        Ok(Self { resident: pages * 4096, mappings })
    }
}

/// What live instances cost.
#[derive(Copy, Clone, Debug)]
pub struct Live {
    /// How many there were.
    pub count: usize,
    /// Before the first.
    pub before: Footprint,
    /// With all of them.
    pub with: Footprint,
    /// After the last was dropped.
    pub after: Footprint,
    /// From the first to the last.
    pub making: Duration,
}

impl Live {
    /// Bytes in memory for each.
    pub fn resident_each(&self) -> usize {
        self.with.resident.saturating_sub(self.before.resident) / self.count.max(1)
    }
}

fn engine(checks: CheckStrategy, slots: usize) -> Result<Engine> {
    let (guarded_slots, explicit_slots) = match checks {
        CheckStrategy::Explicit => (0, slots),
        _ => (slots, 0),
    };
    let pool = PoolConfig {
        guarded_slots,
        explicit_slots,
        explicit_slot_bytes: 256 << 10,
        when_exhausted: WhenExhausted::Fail,
        ..PoolConfig::default()
    };
    let pool = MemoryPool::new(&pool)?;
    Ok(Engine::new(&Config::new().checks(checks).opt_level(OptLevel::O1).memory_pool(pool)))
}

fn run(store: &mut Store<()>, instance: Instance, argument: i32) -> Result<()> {
    let run = instance.get_typed_func::<i32, i32>(&*store, "run")?;
    let result = run.call(store, argument)?;
    ensure!(result == argument.wrapping_add(i32::from(b's')), "run({argument}) gave {result}");
    Ok(())
}

/// Makes `count` instances, each in a store of its own and called once, and keeps all of them.
///
/// # Errors
/// If one cannot be made or gives a wrong result.
pub fn live(checks: CheckStrategy, count: usize) -> Result<Live> {
    let engine = engine(checks, count)?;
    let module = Module::new(&engine, MODULE)?;
    let before = Footprint::now()?;
    let started = Instant::now();
    let mut stores = Vec::with_capacity(count);
    for number in 0..count {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])
            .with_context(|| format!("instance {number} of {count}"))?;
        run(&mut store, instance, number as i32)?;
        stores.push((store, instance));
    }
    let (making, with) = (started.elapsed(), Footprint::now()?);
    // Nobody changed what is another's.
    for (number, (store, instance)) in stores.iter_mut().enumerate().step_by(97) {
        run(store, *instance, !(number as i32))?;
    }
    drop(stores);
    Ok(Live { count, before, with, after: Footprint::now()?, making })
}

/// What the process took along the way of many cycles of modules that are opened lazily and dropped while they are optimised.
///
/// # Errors
/// If a cycle fails.
pub fn lazy_cycles(count: usize) -> Result<Vec<(usize, Footprint)>> {
    let engine = Engine::new(&Config::new().mode(Mode::Lazy).hot(100));
    let mut samples = Vec::new();
    for number in 0..count {
        if number.is_multiple_of(count.div_ceil(10)) {
            samples.push((number, Footprint::now()?));
        }
        let module = Module::new(&engine, MODULE)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        for call in 0..10 {
            run(&mut store, instance, call)?;
        }
    }
    samples.push((count, Footprint::now()?));
    Ok(samples)
}

/// What a session takes along the way of many redefinitions of a function, each with a call through an older one. `compiler` is the
/// binary `wootz-compiler`.
///
/// # Errors
/// If the session ends or a call gives a wrong result.
pub fn redefinitions(compiler: &Path, count: usize) -> Result<Vec<(usize, Footprint)>> {
    let mut session = Command::new(compiler)
        .args(["repl", "--strict"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", compiler.display()))?;
    let mut entries = session.stdin.take().context("it has a standard input")?;
    let mut answers = BufReader::new(session.stdout.take().context("it has a standard output")?).lines();
    writeln!(entries, "(func $f (result i32) (i32.const 0)) (func $g (result i32) (call $f))")?;
    let mut samples = Vec::new();
    for number in 0..count {
        writeln!(entries, "(func $f (result i32) (i32.const {number}))\n(call $g)")?;
        let answer = answers.next().context("the session ended")??;
        ensure!(answer == number.to_string(), "redefinition {number} gave {answer}");
        if number.is_multiple_of(count.div_ceil(10)) || number + 1 == count {
            samples.push((number, Footprint::of(&session.id().to_string())?));
        }
    }
    drop(entries);
    ensure!(session.wait()?.success(), "the session failed");
    Ok(samples)
}

/// What the process took along the way of many cycles, at equal distances.
///
/// # Errors
/// If a cycle fails.
pub fn cycles(checks: CheckStrategy, count: usize, pooled: bool) -> Result<Vec<(usize, Footprint)>> {
    let engine = if pooled {
        engine(checks, 64)?
    } else {
        Engine::new(&Config::new().checks(checks).opt_level(OptLevel::O1))
    };
    let image = engine.precompile(MODULE)?;
    let mut samples = Vec::new();
    for number in 0..count {
        if number.is_multiple_of(count.div_ceil(10)) {
            samples.push((number, Footprint::now()?));
        }
        let module = Module::from_image(&engine, image.clone())?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        run(&mut store, instance, number as i32)?;
    }
    samples.push((count, Footprint::now()?));
    Ok(samples)
}
