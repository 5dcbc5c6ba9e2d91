//! Stopping a store's code from another thread: the request, which thread to signal, and the thread that keeps deadlines.
//!
//! ```text
//! who asks                             the thread that runs the store
//! requested := why                     thread := its number       before compiled code runs
//! signal `thread`, if it is not 0      requested? then stop       after that, and after each builtin and host function
//!                                      thread := 0                in a host function, and when compiled code is left
//! ```
//!
//! The handler stops compiled code where it stands. It ignores a signal that meets a builtin, a library function or the
//! handler of a trap; so the signal is sent again until the request is taken or nobody runs the store. Repeating
//! also makes up for the order of the two columns, which no fence keeps: entering would pay for one at each call.
//!
//! No thread is signalled after its end, only a number that is nobody's or another thread's by then: that one's
//! handler finds no request of its own.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::samples::Samples;
use crate::sys::signals::{self, ThreadNumber};

/// Why a store is to stop, as bits.
pub(crate) mod reason {
    /// A handle asked for it.
    pub(crate) const HANDLE: u32 = 1;
    /// The deadline is over.
    pub(crate) const DEADLINE: u32 = 2;
}

/// What the thread that runs a store does.
pub(crate) enum Doing {
    /// It runs compiled code or a builtin.
    Computing,
    /// It waits for another thread.
    Waiting,
    /// It is in a host function, or there is none.
    Nothing,
}

/// A store's request to stop, shared with those who may make it.
#[derive(Default)]
pub(crate) struct Interruption {
    /// Bits of [`reason`].
    requested: AtomicU32,
    /// The thread in compiled code of the store or in what that calls, host functions excepted; 0 if there is none.
    thread: AtomicI32,
    /// A thread that waits in a builtin.
    waiting: Mutex<Option<Thread>>,
    /// Where the signal's handler says what it has found, if it was asked to.
    samples: OnceLock<Box<Samples>>,
}

impl Interruption {
    /// Whether the store is to stop.
    pub(crate) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed) != 0
    }

    /// The calling thread is about to run compiled code, or goes on with it.
    pub(crate) fn resume(&self, thread: ThreadNumber) {
        self.thread.store(thread.0, Ordering::Release);
        // The compiler keeps the order of this store and a later load; the processor need not, see the module's head.
        std::sync::atomic::compiler_fence(Ordering::SeqCst);
    }

    /// The calling thread leaves compiled code, for the host or for good. Returns who was in it.
    pub(crate) fn suspend(&self) -> ThreadNumber {
        let thread = ThreadNumber(self.thread.load(Ordering::Relaxed));
        self.thread.store(0, Ordering::Release);
        thread
    }

    /// Forgets requests.
    pub(crate) fn forget(&self, reasons: u32) {
        self.requested.fetch_and(!reasons, Ordering::Relaxed);
    }

    /// Asks the store to stop, for a reason that stays until it is taken or forgotten.
    pub(crate) fn request(self: &Arc<Self>, reason: u32) {
        self.requested.fetch_or(reason, Ordering::SeqCst);
        self.prod();
        keeper().work().insist(self);
        keeper().changed.notify_one();
    }

    /// Samples of where the store's code stands.
    pub(crate) fn samples(&self) -> &Samples {
        self.samples.get_or_init(|| Box::new(Samples::new()))
    }

    /// The same for the signal's handler, if anyone has asked for one.
    pub(crate) fn samples_if_any(&self) -> Option<&Samples> {
        self.samples.get().map(|samples| &**samples)
    }

    /// Asks for a sample of the thread that runs the store, if it computes.
    pub(crate) fn sample(&self) -> Doing {
        let thread = ThreadNumber(self.thread.load(Ordering::SeqCst));
        if thread.0 == 0 {
            return Doing::Nothing;
        }
        if self.waiting().is_some() {
            return Doing::Waiting;
        }
        self.samples().want();
        signals::interrupt(thread);
        Doing::Computing
    }

    /// Runs a wait that ends early when this thread is unparked. `is_requested` becomes true before that happens.
    pub(crate) fn while_waiting<T>(&self, wait: impl FnOnce() -> T) -> T {
        *self.waiting() = Some(std::thread::current());
        let result = wait();
        *self.waiting() = None;
        result
    }

    fn waiting(&self) -> MutexGuard<'_, Option<Thread>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the thread that runs the store, if one does. Returns whether one does.
    fn prod(&self) -> bool {
        let thread = ThreadNumber(self.thread.load(Ordering::SeqCst));
        if thread.0 == 0 {
            return false;
        }
        if let Some(waiting) = &*self.waiting() {
            waiting.unpark();
        }
        signals::interrupt(thread);
        true
    }
}

/// A deadline that is kept: when, and a number of its own.
pub(crate) type DeadlineKey = (Instant, u64);

/// Keeps a deadline until it is over or [`cancel`]led.
pub(crate) fn schedule(at: Instant, interruption: &Arc<Interruption>) -> DeadlineKey {
    let mut work = keeper().work();
    work.next_key += 1;
    let key = (at, work.next_key);
    work.deadlines.insert(key, Arc::clone(interruption));
    if work.deadlines.first_key_value().is_some_and(|(first, _)| *first == key) {
        keeper().changed.notify_one();
    }
    key
}

/// Keeps a deadline no longer, if it still is.
pub(crate) fn cancel(key: DeadlineKey) {
    keeper().work().deadlines.remove(&key);
}

/// The process's one thread that keeps deadlines and repeats signals. It sleeps while there is neither.
struct Keeper {
    work: Mutex<Work>,
    changed: Condvar,
}

#[derive(Default)]
struct Work {
    deadlines: BTreeMap<DeadlineKey, Arc<Interruption>>,
    next_key: u64,
    insistent: Vec<Insistent>,
    started: bool,
}

/// A request whose signal is repeated.
struct Insistent {
    interruption: Arc<Interruption>,
    /// How often the thread has been told.
    told: u32,
    /// How often nobody was found running the store, one time after the other.
    absent: u32,
}

/// Between the first signals of a request.
const SHORTLY: Duration = Duration::from_micros(100);
/// Signals that are sent so shortly after one another.
const SHORT: u32 = 50;
/// Between the signals after those.
const LATER: Duration = Duration::from_millis(1);
/// So often nobody must be found running a store before its request is left to the next call's beginning. Whoever enters
/// has made its number visible long before that, or sees the request.
const ABSENT: u32 = 10;

impl Work {
    fn insist(&mut self, interruption: &Arc<Interruption>) {
        let known = self.insistent.iter_mut().find(|known| Arc::ptr_eq(&known.interruption, interruption));
        match known {
            Some(known) => (known.told, known.absent) = (0, 0),
            None => {
                self.insistent.push(Insistent { interruption: Arc::clone(interruption), told: 0, absent: 0 })
            }
        }
    }

    /// Makes requests of the deadlines that are over.
    fn expire(&mut self, now: Instant) {
        while let Some(entry) = self.deadlines.first_entry()
            && entry.key().0 <= now
        {
            let interruption = entry.remove();
            interruption.requested.fetch_or(reason::DEADLINE, Ordering::SeqCst);
            self.insist(&interruption);
        }
    }

    /// Sends every signal once. Returns after what time to do so again.
    fn repeat(&mut self) -> Option<Duration> {
        self.insistent.retain_mut(|known| {
            known.told += 1;
            known.absent = if known.interruption.prod() { 0 } else { known.absent + 1 };
            known.interruption.is_requested() && known.absent < ABSENT
        });
        let soon = |known: &Insistent| if known.told < SHORT { SHORTLY } else { LATER };
        self.insistent.iter().map(soon).min()
    }
}

static KEEPER: OnceLock<Keeper> = OnceLock::new();

fn keeper() -> &'static Keeper {
    KEEPER.get_or_init(|| Keeper { work: Mutex::default(), changed: Condvar::new() })
}

impl Keeper {
    /// The work, with a thread that does it. Without one (the system gives none) a request is one signal, and a deadline
    /// passes unnoticed until the next time that somebody asks.
    fn work(&'static self) -> MutexGuard<'static, Work> {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        if !work.started {
            let thread = std::thread::Builder::new().name("wootz-keeper".into()).stack_size(256 << 10);
            work.started = signals::with_all_blocked(|| thread.spawn(|| self.run())).is_ok();
        }
        work
    }

    fn run(&self) {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = Instant::now();
            work.expire(now);
            let again = work.repeat();
            let first = work.deadlines.keys().next().map(|(at, _)| at.saturating_duration_since(now));
            work = match again.into_iter().chain(first).min() {
                Some(time) => {
                    let woken = self.changed.wait_timeout(work, time);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(work).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_becomes_a_request_and_a_cancelled_one_does_not() {
        let (kept, cancelled) = (Arc::<Interruption>::default(), Arc::<Interruption>::default());
        let at = Instant::now() + Duration::from_millis(20);
        let key = schedule(at, &cancelled);
        schedule(at, &kept);
        cancel(key);
        while !kept.is_requested() {
            assert!(at.elapsed() < Duration::from_secs(10), "the deadline is not kept");
            std::thread::yield_now();
        }
        assert!(Instant::now() >= at && !cancelled.is_requested());
        kept.forget(reason::HANDLE);
        assert!(kept.is_requested(), "the reason was another");
        kept.forget(reason::DEADLINE);
        assert!(!kept.is_requested());
    }

    #[test]
    fn a_request_that_nobody_takes_is_not_repeated_for_ever() {
        let mut work = Work::default();
        let idle = Arc::<Interruption>::default();
        idle.requested.store(reason::HANDLE, Ordering::Relaxed);
        work.insist(&idle);
        work.insist(&idle);
        assert_eq!(work.insistent.len(), 1);
        let times = std::iter::from_fn(|| work.repeat()).take(1000).count();
        assert!(work.insistent.is_empty() && times < ABSENT as usize, "{times}");
        assert!(idle.is_requested(), "it waits for the next call");
    }

    #[test]
    fn a_waiting_thread_is_woken() {
        let interruption = Arc::<Interruption>::default();
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                interruption.resume(signals::current_thread());
                interruption.while_waiting(|| {
                    sender.send(()).unwrap();
                    while !interruption.is_requested() {
                        std::thread::park();
                    }
                });
                interruption.suspend();
            });
            receiver.recv().unwrap();
            interruption.request(reason::HANDLE);
        });
        assert!(interruption.waiting().is_none());
    }
}
