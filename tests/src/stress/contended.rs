//! One round: many threads over one shared memory, and what they must have left behind.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use wootz::{Engine, Instance, MemoryType, Module, SharedMemory, Store, TrapCode};

use super::Summary;

/// What threads do: the export, how many threads do it, and how often each.
const JOBS: [(&str, u64, u32); 11] = [
    ("spin", 3, 300),
    ("mutex", 3, 400),
    ("count", 3, 700),
    ("exchange", 3, 300),
    ("produce", 2, 300),
    ("consume", 3, 200),
    ("nap", 2, 40),
    ("wake", 1, 4000),
    ("grow", 2, 40),
    ("chase", 2, 400),
    ("bulk", 2, 10),
];

/// Threads that trap, and how often each.
const TRAPPING: (u64, u32) = (2, 40);

/// Pages of the memory at most, as the module imports it.
const MAXIMUM: u64 = 64;

/// A thread that is not finished by then waits for a wake-up that was lost.
const PATIENCE: Duration = Duration::from_secs(120);

/// Rounds until a time, but at least one.
pub(super) fn run(engine: &Engine, end: Instant, summary: &mut Summary) -> Result<()> {
    let module = Module::new(engine, include_str!("contended.wat"))?;
    loop {
        round(&module, summary)?;
        summary.rounds += 1;
        if Instant::now() >= end {
            return Ok(());
        }
    }
}

/// A result of one thread: of which job, or of none if it trapped as it should, so many times.
type Report = (Option<&'static str>, Result<i64>);

fn round(module: &Module, summary: &mut Summary) -> Result<()> {
    let ty =
        MemoryType { memory64: false, shared: true, minimum: 1, maximum: Some(MAXIMUM), page_size_log2: 16 };
    let memory = SharedMemory::new(module.engine(), ty)?;
    let (sender, receiver) = mpsc::channel::<Report>();
    let reports = std::thread::scope(|scope| {
        let mut threads = 0;
        for (name, count, times) in JOBS {
            for _ in 0..count {
                let (sender, memory) = (sender.clone(), memory.clone());
                scope.spawn(move || {
                    // Who receives is in the same scope.
                    let _ = sender.send((Some(name), job(module, memory, name, times)));
                });
                threads += 1;
            }
        }
        for _ in 0..TRAPPING.0 {
            let (sender, memory) = (sender.clone(), memory.clone());
            scope.spawn(move || {
                let _ = sender.send((None, traps(module, memory, TRAPPING.1)));
            });
            threads += 1;
        }
        let mut reports = Vec::new();
        while reports.len() < threads {
            match receiver.recv_timeout(PATIENCE) {
                Ok(report) => reports.push(report),
                Err(_) => memory.interrupt_waits(),
            }
        }
        reports
    });
    check(&memory, reports, summary)
}

fn job(module: &Module, memory: SharedMemory, name: &str, times: u32) -> Result<i64> {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[memory.into()])?;
    Ok(instance.get_typed_func::<u32, i64>(&store, name)?.call(&mut store, times)?)
}

fn traps(module: &Module, memory: SharedMemory, times: u32) -> Result<i64> {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[memory.into()])?;
    let trap = instance.get_typed_func::<u32, i64>(&store, "trap")?;
    for number in 0..times {
        let expected = if number % 4 == 3 { TrapCode::UnalignedAtomic } else { TrapCode::MemoryOutOfBounds };
        match trap.call(&mut store, number) {
            Ok(_) => bail!("access {number} did not trap"),
            Err(error) => {
                let code = error.trap().map(|trap| trap.code);
                ensure!(code == Some(expected), "access {number} should end in {expected:?}: {error}");
            }
        }
    }
    Ok(times.into())
}

fn check(memory: &SharedMemory, reports: Vec<Report>, summary: &mut Summary) -> Result<()> {
    let sum = |name: &str| -> i64 {
        let of = reports.iter().filter(|(job, _)| *job == Some(name));
        of.filter_map(|(_, result)| result.as_ref().ok()).sum()
    };
    let (produced, consumed, napped, woken, grown) =
        (sum("produce"), sum("consume"), sum("nap"), sum("wake"), sum("grow"));
    for (job, result) in reports {
        let result = result.map_err(|error| error.context(job.unwrap_or("traps")))?;
        if job.is_none() {
            summary.traps += result as u64;
        }
    }
    let times = |name| JOBS.iter().find(|job| job.0 == name).map_or(0, |job| job.1 * u64::from(job.2));
    let number = |offset: u64, bytes: usize| -> Result<u64> {
        let mut buffer = [0; 8];
        memory.read(offset, &mut buffer[..bytes])?;
        Ok(u64::from_le_bytes(buffer))
    };
    let expect = |what: &str, found: u64, expected: u64| {
        ensure!(found == expected, "{what}: {found} and not {expected}");
        Ok(())
    };
    expect("counted under the spin lock", number(4, 4)?, times("spin"))?;
    expect("counted under the mutex", number(72, 8)?, times("mutex"))?;
    for (name, base) in [("count", 128), ("exchange", 192)] {
        for (offset, bytes) in [(0, 1), (2, 2), (4, 4), (8, 1), (10, 2), (12, 4), (16, 8)] {
            let mask = u64::MAX >> (64 - 8 * bytes);
            let what = format!("{name} of {bytes} bytes at {}", base + offset);
            expect(&what, number(base + offset, bytes)?, (3 * times(name)) & mask)?;
        }
    }
    expect("bits flipped", number(152, 4)?, 0)?;
    expect("sum of what was consumed", consumed as u64, produced as u64)?;
    expect("waits that were woken", napped as u64, woken as u64)?;
    expect("pages", memory.size(), 1 + grown as u64)?;
    expect("pages grown", grown as u64, MAXIMUM - 1)?;
    summary.woken += woken as u64;
    summary.grown += grown as u64;
    Ok(())
}
