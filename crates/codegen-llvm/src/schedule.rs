//! Which unit is compiled when, and on which thread: the largest first, as many at a time as threads and memory allow.
//!
//! The results do not depend on it.

use std::cmp::Reverse;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use wootz_vm_abi::options::{CompileOptions, OptLevel};

use crate::measure::machine_memory;
use crate::units::Unit;

/// Stack of a compiling thread, and more of it for each byte of the largest unit. LLVM recurses over expressions and loops, so
/// how deep it goes is the module's choice: 64 bytes of stack for each operator of a chain, of which one has at least a
/// byte. Only what is touched is ever backed by memory.
const STACK: usize = 256 << 20;
const STACK_PER_BYTE: usize = 128;

/// The budget where neither the caller nor the system says how much memory there is.
const DEFAULT_BUDGET: u64 = 4 << 30;

/// Memory of LLVM while it compiles one unit, in bytes: at most so much whatever its size, and so much for each byte of its
/// bodies. Measured; `docs/compile-time.md` has the figures.
fn unit_memory(opt: OptLevel, unit: &Unit) -> u64 {
    let per_byte = match opt {
        OptLevel::O0 => 180,
        OptLevel::O1 | OptLevel::O2 | OptLevel::O3 => 250,
    };
    (4 << 20) + per_byte * unit.bytes as u64
}

/// The bytes of memory that compiling may take if nothing is said: half of what there is.
fn default_budget() -> u64 {
    machine_memory().map_or(DEFAULT_BUDGET, |memory| memory / 2)
}

/// How units are scheduled.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Schedule {
    /// Threads at most; 0 is one for each processor.
    pub(crate) threads: usize,
    /// Bytes of memory for the units in work. One unit is always in work.
    pub(crate) budget: u64,
    pub(crate) opt: OptLevel,
}

/// What came of it.
pub(crate) struct Done<R> {
    /// The results, in the order of the units.
    pub(crate) results: Vec<R>,
    /// Threads that worked.
    pub(crate) threads: usize,
    /// Time that threads waited for the last one, or for memory, added up.
    pub(crate) idle: Duration,
}

impl Schedule {
    /// One unit at a time, on one thread.
    pub(crate) const ALONE: Self = Self { threads: 1, budget: 0, opt: OptLevel::O0 };

    /// As the options say.
    pub(crate) fn of(options: &CompileOptions) -> Self {
        let budget = options.memory_budget.unwrap_or_else(default_budget);
        Self { threads: options.threads, budget, opt: options.opt }
    }

    /// Works on every unit.
    pub(crate) fn run<R: Send>(&self, units: &[Unit], work: impl Fn(&Unit) -> R + Sync) -> Done<R> {
        let queue = Queue::new(units.iter().map(|unit| unit_memory(self.opt, unit)), self.budget);
        let run = || {
            let mut waited = Duration::ZERO;
            let mut results = Vec::new();
            loop {
                let asked = Instant::now();
                let Some(turn) = queue.take() else { return (results, waited, asked) };
                waited += asked.elapsed();
                results.push((turn.unit, work(&units[turn.unit])));
            }
        };
        let largest = units.iter().map(|unit| unit.bytes).max().unwrap_or(0);
        let stack = STACK.saturating_add(largest.saturating_mul(STACK_PER_BYTE));
        let threads = self.threads_for(units);
        let workers = thread::scope(|scope| {
            let spawn = |_| {
                thread::Builder::new().name("wootz-compile".into()).stack_size(stack).spawn_scoped(scope, run)
            };
            let workers: Vec<_> = (0..threads).map_while(|number| spawn(number).ok()).collect();
            // A machine that gives no thread still compiles.
            if workers.is_empty() {
                return vec![run()];
            }
            let join = |worker: thread::ScopedJoinHandle<'_, _>| {
                worker.join().unwrap_or_else(|panic| resume_unwind(panic))
            };
            workers.into_iter().map(join).collect()
        });
        let end = workers.iter().map(|(_, _, ended)| *ended).max().unwrap_or_else(Instant::now);
        let idle = workers.iter().map(|(_, waited, ended)| *waited + (end - *ended)).sum();
        let threads = workers.len();
        let mut results: Vec<_> = workers.into_iter().flat_map(|(results, ..)| results).collect();
        results.sort_by_key(|(unit, _)| *unit);
        Done { results: results.into_iter().map(|(_, result)| result).collect(), threads, idle }
    }

    fn threads_for(&self, units: &[Unit]) -> usize {
        let threads = if self.threads == 0 { processors() } else { self.threads };
        threads.min(units.len())
    }
}

/// Units that wait, and memory for those in work.
struct Queue {
    costs: Vec<u64>,
    budget: u64,
    state: Mutex<State>,
    /// A unit is done.
    freed: Condvar,
}

struct State {
    /// The units that wait, the cheapest first: the last is the next.
    waiting: Vec<usize>,
    in_work: usize,
    used: u64,
}

impl Queue {
    fn new(costs: impl Iterator<Item = u64>, budget: u64) -> Self {
        let costs: Vec<_> = costs.collect();
        let mut waiting: Vec<_> = (0..costs.len()).collect();
        waiting.sort_by_key(|unit| (costs[*unit], Reverse(*unit)));
        let state = Mutex::new(State { waiting, in_work: 0, used: 0 });
        Self { costs, budget, state, freed: Condvar::new() }
    }

    /// The largest unit for which there is memory; waits if there is none. `None` when all are taken.
    fn take(&self) -> Option<Turn<'_>> {
        let mut state = self.state();
        loop {
            let last = state.waiting.len().checked_sub(1)?;
            let fits = |unit: &usize| self.costs[*unit].saturating_add(state.used) <= self.budget;
            let found = if state.in_work == 0 { Some(last) } else { state.waiting.iter().rposition(fits) };
            if let Some(position) = found {
                let unit = state.waiting.remove(position);
                state.in_work += 1;
                state.used = state.used.saturating_add(self.costs[unit]);
                return Some(Turn { queue: self, unit });
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nothing panics with the lock held.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A unit in work. Its memory is free again when this is dropped.
struct Turn<'a> {
    queue: &'a Queue,
    unit: usize,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.in_work -= 1;
        state.used = state.used.saturating_sub(self.queue.costs[self.unit]);
        drop(state);
        self.queue.freed.notify_all();
    }
}

/// How many processors there are for this process. Asked once: the system's answer is in several files.
pub(crate) fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn units(sizes: &[usize]) -> Vec<Unit> {
        sizes.iter().map(|bytes| Unit { functions: Vec::new(), trampolines: false, bytes: *bytes }).collect()
    }

    #[test]
    fn results_are_in_order_whatever_threads_and_budget() {
        let units = units(&[5, 9, 1, 7, 7, 3]);
        for threads in 0..5 {
            for budget in [0, 1 << 20, 9 << 20, u64::MAX] {
                let schedule = Schedule { threads, budget, opt: OptLevel::O2 };
                let done = schedule.run(&units, |unit| unit.bytes);
                assert_eq!(done.results, [5, 9, 1, 7, 7, 3]);
                assert!(done.threads >= 1 && done.threads <= units.len());
            }
        }
    }

    #[test]
    fn the_largest_that_fits_is_next_and_one_always_goes() {
        let queue = Queue::new([10, 30, 20, 30].into_iter(), 35);
        let first = queue.take().unwrap();
        assert_eq!(first.unit, 1, "of two equal ones the first");
        drop(first);
        let second = queue.take().unwrap();
        assert_eq!(second.unit, 3);
        drop(second);
        let third = queue.take().unwrap();
        let fourth = queue.take().unwrap();
        assert_eq!((third.unit, fourth.unit), (2, 0));
        assert!(queue.take().is_none());

        let poor = Queue::new([10, 30].into_iter(), 0);
        assert_eq!(poor.take().map(|turn| turn.unit), Some(1));
        assert_eq!(poor.take().map(|turn| turn.unit), Some(0));
    }

    #[test]
    fn units_in_work_stay_within_the_budget() {
        let units = units(&[1 << 20; 12]);
        let cost = unit_memory(OptLevel::O2, &units[0]);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let schedule = Schedule { threads: 8, budget: 3 * cost + cost / 2, opt: OptLevel::O2 };
        schedule.run(&units, |_| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(5));
            now.fetch_sub(1, Ordering::SeqCst);
        });
        let most = most.load(Ordering::SeqCst);
        assert!((1..=3).contains(&most), "{most} at a time");
    }
}
