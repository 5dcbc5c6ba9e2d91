//! The process's threads that compile what is asked for while modules run.
//!
//! What somebody waits for comes first. Work that only makes code better never takes all threads, so that a call of a function
//! without code does not wait for it. Threads without work end after a while.

use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How urgent work is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Urgency {
    /// Somebody waits.
    Now,
    /// Some time.
    Later,
}

type Job = Box<dyn FnOnce() + Send>;

/// Stack of a thread: LLVM recurses over what it compiles, up to the largest function that there may be. Only what is touched is
/// ever backed by memory.
const STACK: usize = 1 << 30;
/// How long a thread waits for work before it ends.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Workers {
    now: VecDeque<Job>,
    later: VecDeque<Job>,
    threads: usize,
    idle: usize,
    /// Threads that do work for later.
    improving: usize,
}

static WORKERS: Mutex<Workers> =
    Mutex::new(Workers { now: VecDeque::new(), later: VecDeque::new(), threads: 0, idle: 0, improving: 0 });
static WORK: Condvar = Condvar::new();

fn workers() -> MutexGuard<'static, Workers> {
    WORKERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// At least two, so that one is left for what is urgent.
fn most_threads() -> usize {
    thread::available_parallelism().map_or(2, NonZero::get).max(2)
}

/// Has a job done. Without a thread for it, the calling one does what is urgent, and nobody what is not.
pub(super) fn run(urgency: Urgency, job: Job) {
    let mut all = workers();
    match urgency {
        Urgency::Now => all.now.push_back(job),
        Urgency::Later => all.later.push_back(job),
    }
    let waiting = all.now.len() + all.later.len();
    if all.idle >= waiting || all.threads >= most_threads() {
        drop(all);
        WORK.notify_one();
        return;
    }
    all.threads += 1;
    drop(all);
    let thread = thread::Builder::new().name("wootz-lazy".into()).stack_size(STACK);
    if thread.spawn(work).is_ok() {
        return;
    }
    let mut all = workers();
    all.threads -= 1;
    if all.threads == 0 {
        all.later.clear();
        let jobs: Vec<_> = all.now.drain(..).collect();
        drop(all);
        jobs.into_iter().for_each(|job| job());
    }
}

fn work() {
    let mut all = workers();
    loop {
        let may_improve = all.improving + 1 < most_threads();
        let job = all.now.pop_front().map(|job| (job, false));
        let job = job.or_else(|| Some((may_improve.then(|| all.later.pop_front())??, true)));
        let Some((job, improves)) = job else {
            all.idle += 1;
            let (guard, timeout) = WORK.wait_timeout(all, PATIENCE).unwrap_or_else(PoisonError::into_inner);
            all = guard;
            all.idle -= 1;
            if timeout.timed_out() && all.now.is_empty() && all.later.is_empty() {
                all.threads -= 1;
                return;
            }
            continue;
        };
        all.improving += usize::from(improves);
        drop(all);
        // A job tells those who wait for it by its own means, also when it panics; the thread is for the next one.
        let _ = catch_unwind(AssertUnwindSafe(job));
        all = workers();
        all.improving -= usize::from(improves);
        if improves {
            WORK.notify_one();
        }
    }
}
