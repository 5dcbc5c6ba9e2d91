//! Asking a store to stop, from any thread and by deadline.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::vm::interrupt::{self, Interruption, reason};
use crate::{Store, Trap, TrapCode};

/// Stops the code of a store, from any thread; outlives the store.
///
/// Compiled code is stopped wherever it stands, an empty endless loop included, by a signal to the thread that runs it. A
/// host function is not disturbed: the code that called it stops when it returns. The call from the host that led there
/// ends with the trap [`Interrupted`](crate::TrapCode::Interrupted).
#[derive(Clone)]
pub struct InterruptHandle(Arc<Interruption>);

impl InterruptHandle {
    /// Asks the store to stop. The request stays until a call has ended by it: if no code runs now, the
    /// next call stops at its beginning.
    pub fn interrupt(&self) {
        self.0.request(reason::HANDLE);
    }

    /// Whether the store has been asked to stop, by whomever, and has not yet.
    pub fn is_interrupted(&self) -> bool {
        self.0.is_requested()
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptHandle").field("interrupted", &self.is_interrupted()).finish()
    }
}

/// Fuel, for code that is compiled to consume it.
impl Store {
    /// What is left.
    pub fn fuel(&self) -> u64 {
        self.inner.fuel()
    }

    /// Replaces what is left, by at most 2⁶³ − 1.
    pub fn set_fuel(&mut self, fuel: u64) {
        self.inner.set_fuel(fuel);
    }

    /// Takes fuel for what the host does.
    ///
    /// # Errors
    /// The trap that WebAssembly code ends with, if there is not so much; nothing is left then.
    pub fn consume_fuel(&mut self, amount: u64) -> Result<(), Trap> {
        let enough = amount <= self.fuel();
        self.inner.burn(amount);
        if enough { Ok(()) } else { Err(Trap { code: TrapCode::OutOfFuel, frames: Vec::new(), omitted: 0 }) }
    }
}

impl Store {
    /// A handle to stop the store's code with.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle(Arc::clone(self.inner.interruption()))
    }

    /// Whether the store has been asked to stop and has not yet. A host function that works for long may look.
    pub fn is_interrupted(&self) -> bool {
        self.inner.interruption().is_requested()
    }

    /// Forgets a request to stop that no call has ended by, be it a handle's or a deadline's.
    pub fn clear_interrupt(&mut self) {
        self.inner.interruption().forget(reason::HANDLE | reason::DEADLINE);
    }

    /// Lets the store's code stop at a time, as [`InterruptHandle::interrupt`] does. Replaces an earlier deadline, also one
    /// that is over and by which no call has ended.
    pub fn set_deadline(&mut self, at: Instant) {
        self.clear_deadline();
        let key = interrupt::schedule(at, self.inner.interruption());
        self.inner.deadline = Some(key);
    }

    /// A deadline after some time from now. One past the end of time is none.
    pub fn set_timeout(&mut self, time: Duration) {
        match Instant::now().checked_add(time) {
            Some(at) => self.set_deadline(at),
            None => self.clear_deadline(),
        }
    }

    /// Forgets the deadline.
    pub fn clear_deadline(&mut self) {
        if let Some(key) = self.inner.deadline.take() {
            interrupt::cancel(key);
            self.inner.interruption().forget(reason::DEADLINE);
        }
    }
}
