//! Stopping what a session runs: Ctrl-C, from any thread.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use wootz::InterruptHandle;
use wootz_cli::exit::Exit;
use wootz_cli::report::{Outcome, Report};

/// Stops what a session runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupter(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    handle: Mutex<Option<InterruptHandle>>,
    /// How often the entry that runs was to be stopped; [`IDLE`] if none runs.
    pressed: AtomicU32,
}

const IDLE: u32 = u32::MAX;

impl Interrupter {
    /// Stops the entry that runs, if one does.
    pub(crate) fn interrupt(&self) {
        if let Some(handle) = &*self.0.handle.lock().unwrap_or_else(PoisonError::into_inner) {
            handle.interrupt();
        }
    }

    /// What stops the session's store, which is another after a reset.
    pub(super) fn watch(&self, handle: InterruptHandle) {
        *self.0.handle.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
    }

    /// An entry begins.
    pub(super) fn begin(&self) {
        self.0.pressed.store(0, Ordering::Relaxed);
    }

    /// An entry is over.
    pub(super) fn end(&self) {
        self.0.pressed.store(IDLE, Ordering::Relaxed);
    }

    /// Has Ctrl-C stop the entry that runs. When that does not help, because the host or the compiler is at work, the second time ends the process;
    /// so does the first, if nothing runs and `ends_idle`.
    ///
    /// # Errors
    /// The report of a system that refuses.
    pub(super) fn arm(&self, ends_idle: bool) -> Outcome {
        let this = self.clone();
        let pressed = move || {
            let next = |pressed| if pressed == IDLE { None } else { Some(pressed + 1) };
            match this.0.pressed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) {
                Ok(0) => this.interrupt(),
                Err(_) if !ends_idle => {}
                Ok(_) | Err(_) => std::process::exit(Exit::Keyboard.code().into()),
            }
        };
        ctrlc::set_handler(pressed).map_err(|error| {
            Report::new(Exit::System, format!("cannot prepare to stop what is run: {error}"))
        })
    }
}
