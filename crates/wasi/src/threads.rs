//! The threads of one program (wasi-threads): their numbers, and that the program ends as a whole.
//!
//! What a thread does is not said here: whoever links the guest makes a store and an instance for each. A program ends with the
//! first of its threads that traps, exits or, if it is the main one, returns; what the others do then counts no more.

use std::any::Any;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use wootz_runtime::InterruptHandle;
use wootz_wasm_types::{FuncType, ValType};

/// The module that a guest imports [`SPAWN`] from.
pub const THREADS_MODULE: &str = "wasi";

/// The function that starts a thread: given an argument, it returns the thread's number, or a negative one.
pub const SPAWN: &str = "thread-spawn";

/// The export that a new thread calls in its own instance, with its number and the argument.
pub const THREAD_START: &str = "wasi_thread_start";

/// What [`SPAWN`] returns if there is no thread to be had: the number of `errno`'s `again`, negative.
pub const NO_THREAD: i32 = -6;

/// Numbers are 29 bits wide; the guest's locks need the others.
const LARGEST: u32 = 0x1FFF_FFFF;

/// Type of [`SPAWN`].
pub fn spawn_type() -> FuncType {
    FuncType::new([ValType::I32], [ValType::I32])
}

/// Type of [`THREAD_START`].
pub fn thread_start_type() -> FuncType {
    FuncType::new([ValType::I32, ValType::I32], [])
}

/// The threads of a program that ends with an `O`. A handle: clones are of the same program.
pub struct Threads<O>(Arc<Group<O>>);

struct Group<O> {
    state: Mutex<State<O>>,
    /// Whether there is an end, for those who do not want the lock.
    has_ended: AtomicBool,
    ended: Condvar,
}

struct State<O> {
    /// By number, with what stops the thread's store once that is known.
    running: BTreeMap<u32, Option<InterruptHandle>>,
    last: u32,
    end: End<O>,
}

/// How the program ended.
enum End<O> {
    NotYet,
    Outcome(O),
    /// A host function panicked.
    Panic(Box<dyn Any + Send>),
    Taken,
}

impl<O> Clone for Threads<O> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<O> fmt::Debug for Threads<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads").field("running", &self.lock().running.keys()).finish_non_exhaustive()
    }
}

/// A program without threads so far.
impl<O> Default for Threads<O> {
    fn default() -> Self {
        let state = State { running: BTreeMap::new(), last: 0, end: End::NotYet };
        let (state, has_ended, ended) = (Mutex::new(state), AtomicBool::new(false), Condvar::new());
        Self(Arc::new(Group { state, has_ended, ended }))
    }
}

impl<O> Threads<O> {
    fn lock(&self) -> MutexGuard<'_, State<O>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the program has ended: its threads should do nothing any more that anybody notices.
    pub fn has_ended(&self) -> bool {
        self.0.has_ended.load(Ordering::Acquire)
    }

    /// Ends the program, unless it has ended before.
    pub fn end(&self, outcome: O) {
        self.end_with(End::Outcome(outcome));
    }

    fn end_with(&self, end: End<O>) {
        let mut state = self.lock();
        if matches!(state.end, End::NotYet) {
            state.end = end;
            self.0.has_ended.store(true, Ordering::Release);
            state.running.values().flatten().for_each(InterruptHandle::interrupt);
            drop(state);
            self.0.ended.notify_all();
        }
    }

    /// Says what stops a thread: the end of the program will, at once if there has been one.
    pub fn stops_by(&self, number: u32, handle: InterruptHandle) {
        let mut state = self.lock();
        if !matches!(state.end, End::NotYet) {
            handle.interrupt();
        }
        if let Some(thread) = state.running.get_mut(&number) {
            *thread = Some(handle);
        }
    }

    /// Waits for the end of the program and returns how it ended. Its threads have been asked to stop then, and do so as soon as
    /// no host function holds them.
    ///
    /// # Panics
    /// If a host function did on one of the threads, with its payload; or if called twice.
    pub fn wait(&self) -> O {
        let state = self.lock();
        let running = |state: &mut State<O>| matches!(state.end, End::NotYet);
        let mut state = self.0.ended.wait_while(state, running).unwrap_or_else(PoisonError::into_inner);
        let end = std::mem::replace(&mut state.end, End::Taken);
        drop(state);
        match end {
            End::Outcome(outcome) => outcome,
            End::Panic(payload) => resume_unwind(payload),
            End::NotYet | End::Taken => panic!("the end of a program is awaited once"),
        }
    }
}

impl<O: Send + 'static> Threads<O> {
    /// Starts a thread of the system with a stack of so many bytes and returns its number. What it is given is that number;
    /// what it returns, if anything, ends the program.
    ///
    /// Returns `None` if the system refuses, or no number is free, or the program has ended.
    pub fn spawn(&self, stack: usize, body: impl FnOnce(u32) -> Option<O> + Send + 'static) -> Option<u32> {
        let number = self.lock().start()?;
        let threads = self.clone();
        let run = move || {
            match catch_unwind(AssertUnwindSafe(|| body(number))) {
                Ok(None) => {}
                Ok(Some(outcome)) => threads.end(outcome),
                Err(payload) => threads.end_with(End::Panic(payload)),
            }
            threads.lock().running.remove(&number);
        };
        let spawned = thread::Builder::new().name(format!("guest {number}")).stack_size(stack).spawn(run);
        if spawned.is_err() {
            self.lock().running.remove(&number);
            return None;
        }
        Some(number)
    }
}

impl<O> State<O> {
    /// A number that no running thread has.
    fn start(&mut self) -> Option<u32> {
        if !matches!(self.end, End::NotYet) || self.running.len() >= LARGEST as usize {
            return None;
        }
        loop {
            self.last = self.last % LARGEST + 1;
            if let Entry::Vacant(number) = self.running.entry(self.last) {
                number.insert(None);
                return Some(self.last);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn numbers_are_those_of_no_running_thread() {
        let threads = Threads::<()>::default();
        let mut state = threads.lock();
        assert_eq!((state.start(), state.start()), (Some(1), Some(2)));
        state.last = LARGEST - 1;
        state.running.remove(&2);
        assert_eq!((state.start(), state.start(), state.start()), (Some(LARGEST), Some(2), Some(3)));
    }

    #[test]
    fn the_first_outcome_counts() {
        let threads = Threads::default();
        let (sender, receiver) = mpsc::channel::<()>();
        assert_eq!(threads.spawn(1 << 16, move |_| receiver.recv().is_err().then_some("late")), Some(1));
        assert_eq!(threads.spawn(1 << 16, |_| None), Some(2));
        assert!(!threads.has_ended());
        assert_eq!(threads.spawn(1 << 16, |number| (number == 3).then_some("third")), Some(3));
        assert_eq!(threads.wait(), "third");
        assert!(threads.has_ended());
        assert_eq!(threads.spawn(1 << 16, |_| None), None, "the program has ended");
        drop(sender);
        while !threads.lock().running.is_empty() {
            thread::yield_now();
        }
    }

    #[test]
    fn a_panic_of_a_thread_reaches_who_waits() {
        let threads = Threads::<()>::default();
        threads.spawn(1 << 16, |_| resume_unwind(Box::new("on purpose"))).unwrap();
        let payload = catch_unwind(AssertUnwindSafe(|| threads.wait())).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"on purpose"));
    }

    #[test]
    fn a_stack_that_the_system_refuses_is_no_thread() {
        let threads = Threads::<()>::default();
        assert_eq!(threads.spawn(usize::MAX / 2, |_| None), None);
        assert!(threads.lock().running.is_empty());
    }
}
