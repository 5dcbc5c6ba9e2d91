//! Stopping the guest: by `--timeout` and by Ctrl-C.
//!
//! Compiled code stops at once; a host function first has to return. One that does not, because it waits for input,
//! say, is given a little time and then ends with the process.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wootz_engine::{InterruptHandle, Store};

use crate::exit::Exit;
use crate::report::Report;

/// Time that a host function gets to return.
const GRACE: Duration = Duration::from_secs(1);

/// Why the guest is stopped.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// It ran for longer than this.
    Timeout(Duration),
    /// Someone pressed Ctrl-C.
    Keyboard,
}

impl Reason {
    pub(super) fn exit(self) -> Exit {
        match self {
            Self::Timeout(_) => Exit::Timeout,
            Self::Keyboard => Exit::Keyboard,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(time) => write!(f, "the guest ran for longer than {time:?}"),
            Self::Keyboard => f.write_str("the guest was interrupted"),
        }
    }
}

/// The switch that stops everything the guest runs.
#[derive(Default)]
pub(super) struct Stop {
    state: Mutex<State>,
    /// How often Ctrl-C was pressed.
    pressed: AtomicU32,
}

#[derive(Default)]
struct State {
    reason: Option<Reason>,
    handles: Vec<InterruptHandle>,
    ended: bool,
}

impl Stop {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the guest after some time from now, if one is given, and on Ctrl-C. For the moment before its start: what the
    /// compiler does, Ctrl-C simply ends.
    pub(super) fn arm(self: &Arc<Self>, timeout: Option<Duration>) -> Result<(), Box<Report>> {
        let this = Arc::clone(self);
        let refused = |error: &dyn fmt::Display| {
            Report::new(Exit::System, format!("cannot prepare to stop the guest: {error}"))
        };
        ctrlc::set_handler(move || {
            if this.pressed.fetch_add(1, Ordering::Relaxed) > 0 {
                std::process::exit(Exit::Keyboard.code().into());
            }
            this.stop_soon(Reason::Keyboard, Duration::ZERO);
        })
        .map_err(|error| refused(&error))?;
        if let Some(time) = timeout {
            self.stop_soon(Reason::Timeout(time), time);
        }
        Ok(())
    }

    /// Stops the guest after some time, on a thread of its own. Without a thread it stops now, and is not ended by force.
    fn stop_soon(self: &Arc<Self>, reason: Reason, time: Duration) {
        let this = Arc::clone(self);
        let thread = std::thread::Builder::new().name("stop".into());
        let started = thread.spawn(move || {
            std::thread::sleep(time);
            this.stop(reason);
            std::thread::sleep(GRACE);
            this.end_by_force(reason);
        });
        if started.is_err() {
            self.stop(reason);
        }
    }

    fn stop(&self, reason: Reason) {
        let mut state = self.state();
        state.reason.get_or_insert(reason);
        state.handles.iter().for_each(InterruptHandle::interrupt);
    }

    fn end_by_force(&self, reason: Reason) {
        let state = self.state();
        if !state.ended {
            Report::new(reason.exit(), reason.to_string())
                .note("it was in a call of the host that did not return")
                .print();
            std::process::exit(reason.exit().code().into());
        }
    }

    /// Has a store stop with the rest of the guest.
    pub(super) fn watch<T: Send + 'static>(&self, store: &Store<T>) {
        let mut state = self.state();
        let handle = store.interrupt_handle();
        if state.reason.is_some() {
            handle.interrupt();
        }
        state.handles.push(handle);
    }

    /// The guest has come to an end: why, if it was stopped.
    pub(super) fn ended(&self) -> Option<Reason> {
        let mut state = self.state();
        state.ended = true;
        state.reason
    }
}
