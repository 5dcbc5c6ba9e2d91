//! Sampling a guest while it runs, for `wootz profile`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wootz_engine::wasi::WasiCtx;
use wootz_engine::{Profile, Store};

/// Takes samples of a guest's stores and collects what they show.
#[derive(Debug)]
pub struct Profiling {
    /// Time between two samples.
    interval: Duration,
    collected: Mutex<Collected>,
    /// Told when the last running store has been profiled.
    idle: Condvar,
}

#[derive(Debug, Default)]
struct Collected {
    profiles: Vec<Profile>,
    /// Stores of which samples are being taken.
    running: usize,
}

/// Time that the guest's other threads get to stop when the program has ended: a host function may hold one.
const GRACE: Duration = Duration::from_secs(1);

impl Profiling {
    /// Takes a sample after each of these times.
    pub fn every(interval: Duration) -> Self {
        Self { interval, collected: Mutex::default(), idle: Condvar::new() }
    }

    /// What has been collected of a program that has ended, and how many of its threads have not stopped.
    pub fn take(&self) -> (Vec<Profile>, usize) {
        let running = |collected: &mut Collected| collected.running > 0;
        let waited = self.idle.wait_timeout_while(self.collected(), GRACE, running);
        let (mut collected, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut collected.profiles), collected.running)
    }

    fn collected(&self) -> MutexGuard<'_, Collected> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes samples of a store while something runs in it.
    pub(super) fn during<T>(
        &self,
        store: &mut Store<WasiCtx>,
        run: impl FnOnce(&mut Store<WasiCtx>) -> T,
    ) -> T {
        self.collected().running += 1;
        let ended = AtomicBool::new(false);
        let mut sampler = store.sampler();
        let (result, sampler) = std::thread::scope(|scope| {
            let sampling = || {
                while !ended.load(Ordering::Relaxed) {
                    std::thread::sleep(self.interval);
                    sampler.sample();
                }
                sampler
            };
            let sampling = scope.spawn(sampling);
            let result = run(store);
            ended.store(true, Ordering::Relaxed);
            (result, sampling.join())
        });
        let profile = sampler.map(|sampler| store.profile(sampler));
        let mut collected = self.collected();
        collected.profiles.extend(profile);
        collected.running -= 1;
        if collected.running == 0 {
            self.idle.notify_all();
        }
        result
    }
}
