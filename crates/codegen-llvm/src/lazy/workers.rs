//! The process's threads that compile what is asked for while modules run.
//!
//! What somebody waits for comes first. Work that nobody waits for never takes all threads, so that a call of a function without code
//! does not wait for it. Threads without work end after a while.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::llvm::at_exit;
use crate::schedule::processors;

/// How urgent work is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Urgency {
    /// Somebody waits.
    Now,
    /// Somebody may wait soon. What is asked for last is done first, and what too much is asked for after it, not at all.
    Soon,
    /// Some time.
    Later,
}

/// How many jobs may be wanted soon.
const MOST_SOON: usize = 256;

type Job = Box<dyn FnOnce() + Send>;

/// Stack of a thread: LLVM recurses over what it compiles, up to the largest function that there may be. Only what is touched is
/// ever backed by memory.
const STACK: usize = 1 << 30;
/// If nothing urgent was asked for during this time, a program has what it needs to begin with.
const CALM: Duration = Duration::from_millis(20);
/// What has time waits no longer than this for calm.
const LONG: Duration = Duration::from_secs(1);
/// How long a thread waits for work before it ends.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Workers {
    now: VecDeque<Job>,
    soon: VecDeque<Job>,
    /// Each with when it was asked for.
    later: VecDeque<(Instant, Job)>,
    /// When something urgent was asked for last.
    hurried: Option<Instant>,
    threads: usize,
    idle: usize,
    /// Whether threads stay when there is no work.
    stay: bool,
    /// Threads that do work that nobody waits for.
    unhurried: usize,
    /// Whether the process ends.
    ending: bool,
}

impl Workers {
    /// Takes work that has time, if nothing urgent is likely to want the processor, or if it has waited for long.
    fn take_later(&mut self) -> Option<Job> {
        let (asked, _) = self.later.front()?;
        let is_calm = self.hurried.is_none_or(|hurried| hurried.elapsed() >= CALM);
        let is_due = is_calm || asked.elapsed() >= LONG;
        is_due.then(|| self.later.pop_front()).flatten().map(|(_, job)| job)
    }
}

static WORKERS: Mutex<Workers> = Mutex::new(Workers {
    now: VecDeque::new(),
    soon: VecDeque::new(),
    later: VecDeque::new(),
    hurried: None,
    threads: 0,
    idle: 0,
    stay: false,
    unhurried: 0,
    ending: false,
});
static WORK: Condvar = Condvar::new();
static END: Once = Once::new();
static AGAIN: Once = Once::new();

fn workers() -> MutexGuard<'static, Workers> {
    WORKERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// At least two, so that one is left for what is urgent.
fn most_threads() -> usize {
    processors().max(2)
}

/// Whether there is a processor for what may be of use.
fn is_parallel() -> bool {
    processors() > 1
}

/// Makes threads stay when they have nothing to do: code is compiled for debuggers, and lldb 22.1 takes a thread's end, while it goes on from a
/// breakpoint, for a stop without a reason.
pub(super) fn stay() {
    workers().stay = true;
}

/// Has a job done. Without a thread for it, the calling one does what is urgent, and nobody what is not.
pub(super) fn run(urgency: Urgency, job: Job) {
    END.call_once(|| at_exit(end));
    let mut all = workers();
    if all.ending {
        return;
    }
    match urgency {
        Urgency::Now => {
            all.hurried = Some(Instant::now());
            all.now.push_back(job);
        }
        Urgency::Soon if !is_parallel() => return,
        Urgency::Soon => {
            all.soon.truncate(MOST_SOON - 1);
            all.soon.push_front(job);
        }
        Urgency::Later => all.later.push_back((Instant::now(), job)),
    }
    let waiting = all.now.len() + all.soon.len() + all.later.len();
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
        all.soon.clear();
        all.later.clear();
        let jobs: Vec<_> = all.now.drain(..).collect();
        drop(all);
        jobs.into_iter().for_each(|job| job());
    }
}

/// At the end of the process: begins nothing more, and waits for what is being compiled, which uses what LLVM is about to destroy.
extern "C" fn end() {
    let mut all = workers();
    all.ending = true;
    all.now.clear();
    all.soon.clear();
    all.later.clear();
    while all.threads > all.idle {
        all = WORK.wait(all).unwrap_or_else(PoisonError::into_inner);
    }
}

fn work() {
    let mut all = workers();
    loop {
        let may_take_time = all.unhurried + 1 < most_threads();
        let urgent = all.now.pop_front();
        let unhurried = urgent.is_none();
        let job = urgent
            .or_else(|| may_take_time.then(|| all.soon.pop_front().or_else(|| all.take_later())).flatten());
        let Some(job) = job else {
            all.idle += 1;
            if all.ending {
                WORK.notify_all();
            }
            let patience = if may_take_time && !all.later.is_empty() { CALM } else { PATIENCE };
            let (guard, timeout) = WORK.wait_timeout(all, patience).unwrap_or_else(PoisonError::into_inner);
            all = guard;
            all.idle -= 1;
            if timeout.timed_out()
                && !all.stay
                && patience == PATIENCE
                && all.now.len() + all.soon.len() + all.later.len() == 0
            {
                all.threads -= 1;
                return;
            }
            continue;
        };
        all.unhurried += usize::from(unhurried);
        drop(all);
        // A job tells those who wait for it by its own means, also when it panics; the thread is for the next one.
        let _ = catch_unwind(AssertUnwindSafe(job));
        all = workers();
        all.unhurried -= usize::from(unhurried);
        // LLVM has made constants of its own meanwhile: ours must be called before they are destroyed.
        AGAIN.call_once(|| at_exit(end));
        if unhurried {
            WORK.notify_one();
        }
    }
}
