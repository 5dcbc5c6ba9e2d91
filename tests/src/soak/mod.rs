//! Many instances at once, many one after the other, and many redefinitions in a session: what they cost of the process, by the system's
//! own count.

mod footprint;
mod session;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use wootz::{
    CheckStrategy, Config, Engine, Instance, MemoryPool, Mode, Module, OptLevel, PoolConfig, Store,
    WhenExhausted,
};

pub use footprint::{Footprint, Process};
pub use session::{Redefinitions, redefinitions};

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
    let process = Process::this()?;
    let before = process.footprint()?;
    let started = Instant::now();
    let mut stores = Vec::with_capacity(count);
    for number in 0..count {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])
            .with_context(|| format!("instance {number} of {count}"))?;
        run(&mut store, instance, number as i32)?;
        stores.push((store, instance));
    }
    let (making, with) = (started.elapsed(), process.footprint()?);
    // Nobody changed what is another's.
    for (number, (store, instance)) in stores.iter_mut().enumerate().step_by(97) {
        run(store, *instance, !(number as i32))?;
    }
    drop(stores);
    Ok(Live { count, before, with, after: process.footprint()?, making })
}

/// What the process took along the way of many cycles of modules that are opened lazily and dropped before, while or after they are
/// optimised. With `debug`, debuggers are shown their code.
///
/// # Errors
/// If a cycle fails.
pub fn lazy_cycles(count: usize, debug: bool) -> Result<Vec<(usize, Footprint)>> {
    let mut config = Config::new().mode(Mode::Lazy).hot(100);
    if debug {
        config = config.debug_info(std::env::temp_dir());
    }
    let engine = Engine::new(&config);
    let (process, mut samples) = (Process::this()?, Vec::new());
    for number in 0..count {
        if number.is_multiple_of(count.div_ceil(10)) {
            samples.push((number, process.footprint()?));
        }
        let module = Module::new(&engine, MODULE)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        for call in 0..10 {
            run(&mut store, instance, call)?;
        }
        // The function is hot now. Most modules go before anyone has begun with it, some meanwhile, and some afterwards.
        match number % 64 {
            21 => thread::sleep(CALM),
            42 => run_until_swapped(&mut store, instance, &module)?,
            _ => {}
        }
    }
    samples.push((count, process.footprint()?));
    Ok(samples)
}

/// After this the background begins to optimise.
const CALM: Duration = Duration::from_millis(21);

/// Calls until there is better code.
fn run_until_swapped(store: &mut Store<()>, instance: Instance, module: &Module) -> Result<()> {
    let started = Instant::now();
    while module.lazy_statistics().context("the module is lazy")?.swaps == 0 {
        run(store, instance, 1)?;
        ensure!(started.elapsed() < Duration::from_secs(120), "nothing becomes better");
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
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
    let (process, mut samples) = (Process::this()?, Vec::new());
    for number in 0..count {
        if number.is_multiple_of(count.div_ceil(10)) {
            samples.push((number, process.footprint()?));
        }
        let module = Module::from_image(&engine, image.clone())?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        run(&mut store, instance, number as i32)?;
    }
    samples.push((count, process.footprint()?));
    Ok(samples)
}
