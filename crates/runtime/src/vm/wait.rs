//! Wait queues: threads parked by the address that they wait at (threads proposal: Wait and Notify).
//!
//! One lock covers all queues of a memory. A waiter compares the value and enters its queue under the lock; a waker takes
//! waiters out under the lock and counts them. So a change of the value followed by a wake-up is never missed, and every
//! waiter counted does return "woken", also one whose time is up at that moment.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// How a wait ended. The discriminant is what the instruction returns.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum WaitOutcome {
    /// Another thread woke this one.
    Woken = 0,
    /// The value was another one.
    NotEqual = 1,
    /// The time is up.
    TimedOut = 2,
}

/// The waits of the memory were interrupted for good.
#[derive(Debug)]
pub(crate) struct Interrupted;

const WAITING: u32 = 0;
const WOKEN: u32 = 1;
const INTERRUPTED: u32 = 2;

struct Waiter {
    state: AtomicU32,
    thread: Thread,
}

impl Waiter {
    fn end(&self, state: u32) {
        self.state.store(state, Ordering::Release);
        self.thread.unpark();
    }
}

#[derive(Default)]
struct Queues {
    /// First come, first woken. No queue is empty.
    by_address: BTreeMap<u64, VecDeque<Arc<Waiter>>>,
    interrupted: bool,
}

/// The queues of one memory.
#[derive(Default)]
pub(crate) struct WaitQueues(Mutex<Queues>);

impl WaitQueues {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits at an address while nobody wakes it, if `is_expected` holds under the lock. No timeout waits for ever.
    pub(crate) fn wait(
        &self,
        address: u64,
        is_expected: impl FnOnce() -> bool,
        timeout: Option<Duration>,
    ) -> Result<WaitOutcome, Interrupted> {
        self.wait_unless(address, is_expected, timeout, || false)
    }

    /// As [`wait`](Self::wait), but the time is also up when `is_stopped` holds. Who makes it hold unparks the thread
    /// afterwards.
    pub(crate) fn wait_unless(
        &self,
        address: u64,
        is_expected: impl FnOnce() -> bool,
        timeout: Option<Duration>,
        is_stopped: impl Fn() -> bool,
    ) -> Result<WaitOutcome, Interrupted> {
        // A time past the end of time is no limit.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut queues = self.lock();
        if queues.interrupted {
            return Err(Interrupted);
        }
        if !is_expected() {
            return Ok(WaitOutcome::NotEqual);
        }
        let waiter = Arc::new(Waiter { state: AtomicU32::new(WAITING), thread: std::thread::current() });
        queues.by_address.entry(address).or_default().push_back(Arc::clone(&waiter));
        drop(queues);
        loop {
            match waiter.state.load(Ordering::Acquire) {
                WOKEN => return Ok(WaitOutcome::Woken),
                INTERRUPTED => return Err(Interrupted),
                _ if is_stopped() => return self.leave(address, &waiter),
                _ => {}
            }
            let Some(deadline) = deadline else {
                std::thread::park();
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return self.leave(address, &waiter);
            }
            std::thread::park_timeout(left);
        }
    }

    /// Takes a waiter out of its queue, unless somebody else has.
    fn leave(&self, address: u64, waiter: &Arc<Waiter>) -> Result<WaitOutcome, Interrupted> {
        let mut queues = self.lock();
        match waiter.state.load(Ordering::Acquire) {
            WOKEN => return Ok(WaitOutcome::Woken),
            INTERRUPTED => return Err(Interrupted),
            _ => {}
        }
        if let Some(queue) = queues.by_address.get_mut(&address) {
            queue.retain(|other| !Arc::ptr_eq(other, waiter));
            if queue.is_empty() {
                queues.by_address.remove(&address);
            }
        }
        Ok(WaitOutcome::TimedOut)
    }

    /// Wakes up to `count` threads that wait at an address, those that came first; returns how many.
    pub(crate) fn notify(&self, address: u64, count: u32) -> u32 {
        let mut queues = self.lock();
        let Some(queue) = queues.by_address.get_mut(&address) else { return 0 };
        let count = queue.len().min(count as usize);
        for waiter in queue.drain(..count) {
            waiter.end(WOKEN);
        }
        if queue.is_empty() {
            queues.by_address.remove(&address);
        }
        count as u32
    }

    /// Ends every wait, now and later.
    pub(crate) fn interrupt(&self) {
        let mut queues = self.lock();
        queues.interrupted = true;
        for waiter in std::mem::take(&mut queues.by_address).into_values().flatten() {
            waiter.end(INTERRUPTED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_value_or_no_time_do_not_wait() {
        let queues = WaitQueues::default();
        assert_eq!(queues.wait(8, || false, None).unwrap(), WaitOutcome::NotEqual);
        assert_eq!(queues.wait(8, || true, Some(Duration::ZERO)).unwrap(), WaitOutcome::TimedOut);
        assert!(queues.lock().by_address.is_empty());
        assert_eq!(queues.notify(8, u32::MAX), 0);
    }

    #[test]
    fn as_many_are_woken_as_are_counted() {
        let queues = WaitQueues::default();
        std::thread::scope(|scope| {
            let waits: Vec<_> = (0..6).map(|_| scope.spawn(|| queues.wait(4, || true, None))).collect();
            while queues.lock().by_address.get(&4).map_or(0, VecDeque::len) < waits.len() {
                std::thread::yield_now();
            }
            assert_eq!(queues.notify(0, 9), 0, "nobody waits at another address");
            assert_eq!(queues.notify(4, 0), 0);
            assert_eq!(queues.notify(4, 2), 2);
            assert_eq!(queues.lock().by_address[&4].len(), 4);
            assert_eq!(queues.notify(4, u32::MAX), 4);
            for wait in waits {
                assert_eq!(wait.join().unwrap().unwrap(), WaitOutcome::Woken);
            }
        });
    }

    #[test]
    fn interruption_ends_waits_now_and_later() {
        let queues = WaitQueues::default();
        std::thread::scope(|scope| {
            let wait = scope.spawn(|| queues.wait(4, || true, None));
            while queues.lock().by_address.is_empty() {
                std::thread::yield_now();
            }
            queues.interrupt();
            assert!(wait.join().unwrap().is_err());
        });
        assert!(queues.wait(4, || true, None).is_err());
    }
}
