//! Stopping a guest: by handle, by deadline, by fuel; and looking where it is.

use std::time::{Duration, Instant};

pub use wootz_runtime::{InterruptHandle, Profile, Profiler, Sampler};

use crate::caller::Caller;
use crate::error::Error;
use crate::store::Store;

impl<T: Send + 'static> Store<T> {
    /// A handle that stops the store's code from any thread. `docs/embedding.md` says what stops when.
    ///
    /// ```
    /// # fn main() -> Result<(), wootz::Error> {
    /// use wootz::{Engine, Instance, Module, Store, TrapCode};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, r#"(module (func (export "spin") (loop (br 0))))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let spin = instance.get_typed_func::<(), ()>(&store, "spin")?;
    ///
    /// let handle = store.interrupt_handle();
    /// std::thread::spawn(move || handle.interrupt());
    /// let error = spin.call(&mut store, ()).unwrap_err();
    /// assert_eq!(error.trap().map(|trap| trap.code), Some(TrapCode::Interrupted));
    /// # Ok(())
    /// # }
    /// ```
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.inner.interrupt_handle()
    }

    /// Whether the store has been asked to stop and has not yet.
    pub fn is_interrupted(&self) -> bool {
        self.inner.is_interrupted()
    }

    /// Forgets a request to stop that no call has ended by: one that came too late for the call it was meant for would stop
    /// the next.
    pub fn clear_interrupt(&mut self) {
        self.inner.clear_interrupt();
    }

    /// Lets the store's code stop at a time, whatever it does then. Replaces an earlier deadline.
    ///
    /// The deadline stays over calls, until it is over: then the running call, or the next, ends with the trap
    /// [`Interrupted`](crate::TrapCode::Interrupted), and the calls after that run without one.
    pub fn set_deadline(&mut self, at: Instant) {
        self.inner.set_deadline(at);
    }

    /// A deadline after some time from now: see [`set_deadline`](Self::set_deadline).
    pub fn set_timeout(&mut self, time: Duration) {
        self.inner.set_timeout(time);
    }

    /// Fuel that is left: see [`Config::fuel`](crate::Config::fuel).
    pub fn fuel(&self) -> u64 {
        self.inner.fuel()
    }

    /// Replaces the fuel that is left, by at most 2⁶³ − 1.
    pub fn set_fuel(&mut self, fuel: u64) {
        self.inner.set_fuel(fuel);
    }

    /// A sampler of what the store's code does, for another thread: see [`profile`](Self::profile).
    pub fn sampler(&self) -> Sampler {
        self.inner.sampler()
    }

    /// Where the store's code has spent its time, by a sampler of this store.
    ///
    /// ```
    /// # fn main() -> Result<(), wootz::Error> {
    /// use std::sync::atomic::{AtomicBool, Ordering};
    /// use std::time::Duration;
    /// use wootz::{Engine, Instance, Module, Store};
    ///
    /// # let text = r#"(module (func $work (export "work") (local i64)
    /// #     (loop (br_if 0 (i64.lt_u (local.tee 0 (i64.add (local.get 0) (i64.const 1))) (i64.const 400000000))))))"#;
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, text)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let work = instance.get_typed_func::<(), ()>(&store, "work")?;
    ///
    /// let (mut sampler, ended) = (store.sampler(), AtomicBool::new(false));
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         while !ended.load(Ordering::Relaxed) {
    ///             std::thread::sleep(Duration::from_millis(1));
    ///             sampler.sample();
    ///         }
    ///     });
    ///     let result = work.call(&mut store, ());
    ///     ended.store(true, Ordering::Relaxed);
    ///     result
    /// })?;
    /// let profile = store.profile(sampler);
    /// for (stack, count) in &profile.stacks {
    ///     println!("{count} samples in {:?}", stack.first().map(|frame| &frame.name));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn profile(&self, sampler: Sampler) -> Profile {
        self.inner.profile(sampler)
    }

    /// Forgets the deadline, also one that is over and by which no call has ended.
    pub fn clear_deadline(&mut self) {
        self.inner.clear_deadline();
    }
}

impl<T: Send + 'static> Caller<'_, T> {
    /// A handle that stops the store's code; the code that called this host function stops when that returns.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.inner.store().interrupt_handle()
    }

    /// Fuel that is left: see [`Config::fuel`](crate::Config::fuel).
    pub fn fuel(&self) -> u64 {
        self.inner.store().fuel()
    }

    /// Takes fuel for what a host function does.
    ///
    /// # Errors
    /// [`Error::Trap`] if there is not so much, for the host function to return; nothing is left then.
    pub fn consume_fuel(&mut self, amount: u64) -> Result<(), Error> {
        Ok(self.inner.store_mut().consume_fuel(amount)?)
    }

    /// Whether the store has been asked to stop: a host function that works for long may look, and return.
    pub fn is_interrupted(&self) -> bool {
        self.inner.store().is_interrupted()
    }
}
