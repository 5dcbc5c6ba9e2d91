//! Litmus tests: a few accesses on two to four threads, and an outcome that no interleaving of them has.
//!
//! Atomic accesses are sequentially consistent, so the outcome must never be seen, however often the test runs. With plain
//! accesses the machine may show it, which tells that a test would notice.

use std::fmt::Write;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use wootz::{Engine, Instance, MemoryType, Module, SharedMemory, Store};

use super::Summary;

/// A test: what each thread does, with `x` and `y` as locations and `r0` to `r3` as results.
struct Litmus {
    name: &'static str,
    threads: &'static [&'static [Step]],
    /// The results, in order, that must not be seen.
    forbidden: &'static [u32],
    /// Whether the accesses are plain and the outcome may be seen.
    may_be_seen: bool,
}

#[derive(Copy, Clone)]
enum Step {
    Store(&'static str, u32),
    Load(&'static str, usize),
    /// `atomic.rmw.xchg`, for its store.
    Exchange(&'static str, u32),
    PlainStore(&'static str, u32),
    PlainLoad(&'static str, usize),
    Fence,
}

use Step::{Exchange, Fence, Load, PlainLoad, PlainStore, Store as Write_};

const TESTS: &[Litmus] = &[
    Litmus {
        name: "store buffering",
        threads: &[&[Write_("x", 1), Load("y", 0)], &[Write_("y", 1), Load("x", 1)]],
        forbidden: &[0, 0],
        may_be_seen: false,
    },
    Litmus {
        name: "store buffering by exchange",
        threads: &[&[Exchange("x", 1), Load("y", 0)], &[Exchange("y", 1), Load("x", 1)]],
        forbidden: &[0, 0],
        may_be_seen: false,
    },
    Litmus {
        name: "store buffering with fences",
        threads: &[
            &[PlainStore("x", 1), Fence, PlainLoad("y", 0)],
            &[PlainStore("y", 1), Fence, PlainLoad("x", 1)],
        ],
        forbidden: &[0, 0],
        may_be_seen: false,
    },
    Litmus {
        name: "message passing",
        threads: &[&[PlainStore("x", 1), Write_("y", 1)], &[Load("y", 0), PlainLoad("x", 1)]],
        forbidden: &[1, 0],
        may_be_seen: false,
    },
    Litmus {
        name: "load buffering",
        threads: &[&[Load("x", 0), Write_("y", 1)], &[Load("y", 1), Write_("x", 1)]],
        forbidden: &[1, 1],
        may_be_seen: false,
    },
    Litmus {
        name: "independent reads of independent writes",
        threads: &[
            &[Write_("x", 1)],
            &[Write_("y", 1)],
            &[Load("x", 0), Load("y", 1)],
            &[Load("y", 2), Load("x", 3)],
        ],
        forbidden: &[1, 0, 1, 0],
        may_be_seen: false,
    },
    Litmus {
        name: "coherence",
        threads: &[&[Write_("x", 1), Write_("x", 2)], &[Load("x", 0), Load("x", 1)]],
        forbidden: &[2, 1],
        may_be_seen: false,
    },
    Litmus {
        name: "store buffering, plain",
        threads: &[&[PlainStore("x", 1), PlainLoad("y", 0)], &[PlainStore("y", 1), PlainLoad("x", 1)]],
        forbidden: &[0, 0],
        may_be_seen: true,
    },
];

/// Instances of a test in one batch.
const BATCH: u32 = 1024;
/// Locations of one instance, on cache lines of their own.
const STRIDE: u32 = 128;
/// Results: four numbers for each instance.
const RESULTS: u32 = BATCH * STRIDE;
/// Where each thread says which instance it has come to.
const PROGRESS: u32 = RESULTS + 16 * BATCH;
const PAGES: u64 = 3;

/// Runs every test, for an equal share of the time.
pub(super) fn run(engine: &Engine, time: Duration, summary: &mut Summary) -> Result<()> {
    for (index, test) in TESTS.iter().enumerate() {
        if summary.litmus.len() == index {
            summary.litmus.push((test.name, 0, 0));
        }
        let end = Instant::now() + time / TESTS.len() as u32;
        let seen = test.run(engine, end, &mut summary.litmus[index].1)?;
        summary.litmus[index].2 += seen;
        if seen > 0 && !test.may_be_seen {
            bail!("{}: the outcome {:?} was seen {seen} times", test.name, test.forbidden);
        }
    }
    Ok(())
}

impl Litmus {
    /// Runs batches until a time, at least one; returns how often the outcome was seen.
    fn run(&self, engine: &Engine, end: Instant, runs: &mut u64) -> Result<u64> {
        let module = Module::new(engine, self.module())?;
        let ty = MemoryType {
            memory64: false,
            shared: true,
            minimum: PAGES,
            maximum: Some(PAGES),
            page_size_log2: 16,
        };
        let memory = SharedMemory::new(engine, ty)?;
        let (barrier, stop) = (Barrier::new(self.threads.len() + 1), AtomicBool::new(false));
        let mut seen = 0;
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads.len())
                .map(|thread| {
                    let (module, memory) = (&module, memory.clone());
                    let (barrier, stop) = (&barrier, &stop);
                    scope.spawn(move || batches(module, memory, thread, barrier, stop))
                })
                .collect();
            let zeroes = vec![0; memory.data_size()];
            loop {
                let cleared = memory.write(0, &zeroes);
                stop.store(Instant::now() >= end && *runs > 0 || cleared.is_err(), Ordering::SeqCst);
                barrier.wait();
                if stop.load(Ordering::SeqCst) {
                    cleared?;
                    break;
                }
                barrier.wait();
                seen += self.count(&memory)?;
                *runs += u64::from(BATCH);
            }
            for thread in threads {
                match thread.join() {
                    Ok(result) => result?,
                    Err(payload) => std::panic::resume_unwind(payload),
                }
            }
            Ok(seen)
        })
    }

    /// How many instances of a batch have the outcome.
    fn count(&self, memory: &SharedMemory) -> Result<u64> {
        let mut bytes = vec![0; 16 * BATCH as usize];
        memory.read(RESULTS.into(), &mut bytes)?;
        let has_outcome = |results: &&[u8]| {
            let found = results.chunks_exact(4).zip(self.forbidden);
            found.into_iter().all(|(found, forbidden)| found == forbidden.to_le_bytes())
        };
        Ok(bytes.chunks_exact(16).filter(has_outcome).count() as u64)
    }

    fn module(&self) -> String {
        let mut text = format!("(module (import \"env\" \"memory\" (memory {PAGES} {PAGES} shared))\n");
        for (thread, steps) in self.threads.iter().enumerate() {
            let others = (0..self.threads.len()).filter(|other| *other != thread);
            let mut ahead = String::from("(i32.const 1)");
            for other in others {
                let place = PROGRESS + 64 * other as u32;
                ahead = format!("(i32.and {ahead} (i32.gt_u (i32.load (i32.const {place})) (local.get $k)))");
            }
            let body: String = steps.iter().map(|step| step.text()).collect();
            // Threads come to an instance at about the same time, but do not wait for one that sleeps; then each is late by a
            // time that varies. That both have the locations in their caches makes loads fast and stores slow.
            let _ = write!(
                text,
                "(func (export \"{thread}\") (local $k i32) (local $p i32) (local $patience i32)
                   (local $r0 i32) (local $r1 i32) (local $r2 i32) (local $r3 i32)
                   (loop $next
                     (local.set $p (i32.mul (local.get $k) (i32.const {STRIDE})))
                     (i32.store (i32.const {}) (i32.add (local.get $k) (i32.const 1)))
                     (drop (i32.load (local.get $p)))
                     (drop (i32.load offset=64 (local.get $p)))
                     (local.set $patience (i32.const 200))
                     (block $go (loop $wait
                       (br_if $go {ahead})
                       (br_if $wait (local.tee $patience (i32.sub (local.get $patience) (i32.const 1))))))
                     (local.set $patience (i32.and (i32.mul (local.get $k) (i32.const {})) (i32.const 31)))
                     (loop $delay
                       (br_if $delay (i32.ge_s
                         (local.tee $patience (i32.sub (local.get $patience) (i32.const 1))) (i32.const 0))))
                     {body}
                     {}
                     (br_if $next (i32.lt_u
                       (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const {BATCH})))))\n",
                PROGRESS + 64 * thread as u32,
                7 + 4 * thread,
                results(steps),
            );
        }
        text + ")"
    }
}

/// Stores what a thread has read.
fn results(steps: &[Step]) -> String {
    let read = steps.iter().filter_map(|step| match step {
        Load(_, result) | PlainLoad(_, result) => Some(result),
        _ => None,
    });
    read.map(|result| {
        let place = RESULTS + 4 * *result as u32;
        format!("(i32.store offset={place} (i32.shl (local.get $k) (i32.const 4)) (local.get $r{result}))")
    })
    .collect()
}

impl Step {
    fn text(self) -> String {
        let offset = |location| if location == "x" { 0 } else { 64 };
        match self {
            Write_(to, value) => {
                format!("(i32.atomic.store offset={} (local.get $p) (i32.const {value}))", offset(to))
            }
            Exchange(to, value) => {
                let offset = offset(to);
                format!("(drop (i32.atomic.rmw.xchg offset={offset} (local.get $p) (i32.const {value})))")
            }
            PlainStore(to, value) => {
                format!("(i32.store offset={} (local.get $p) (i32.const {value}))", offset(to))
            }
            Load(from, result) => {
                format!("(local.set $r{result} (i32.atomic.load offset={} (local.get $p)))", offset(from))
            }
            PlainLoad(from, result) => {
                format!("(local.set $r{result} (i32.load offset={} (local.get $p)))", offset(from))
            }
            Fence => "(atomic.fence)".to_owned(),
        }
    }
}

/// What one thread does: a batch between two meetings with the others, until it is told to stop.
fn batches(
    module: &Module,
    memory: SharedMemory,
    thread: usize,
    barrier: &Barrier,
    stop: &AtomicBool,
) -> Result<()> {
    choose_processor(thread);
    let mut store = Store::new(module.engine(), ());
    let prepare = || -> Result<_, wootz::Error> {
        let instance = Instance::new(&mut store, module, &[memory.into()])?;
        instance.get_typed_func::<(), ()>(&store, &thread.to_string())
    };
    let func = prepare();
    let mut outcome = Ok(());
    loop {
        barrier.wait();
        if stop.load(Ordering::SeqCst) {
            func?;
            return Ok(outcome?);
        }
        // After an error the others are met as before: they would wait for ever.
        if let (Ok(func), Ok(())) = (&func, &outcome) {
            outcome = func.call(&mut store, ());
        }
        barrier.wait();
    }
}

/// Puts this thread on a processor of its own, if there are as many and the system allows: it likes to run threads that wake each
/// other on the same one, where no order but that of the program is ever seen.
fn choose_processor(thread: usize) {
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let processors: Vec<_> = (0..CpuSet::MAX_CPU).filter(|number| allowed.is_set(*number)).collect();
    let Some(processor) = processors.get(thread % processors.len().max(1)) else { return };
    let mut one = CpuSet::new();
    one.set(*processor);
    // Without it the test is weaker, and still right.
    let _ = sched_setaffinity(None, &one);
}
