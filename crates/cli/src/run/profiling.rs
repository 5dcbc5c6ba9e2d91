//! Sampling a guest while it runs, for `wootz profile`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wootz_engine::wasi::WasiCtx;
use wootz_engine::{Profile, Store};

/// Takes samples of a guest's stores and collects what they show.
#[derive(Debug)]
pub struct Profiling {
    /// Time between two samples.
    interval: Duration,
    collected: Mutex<Vec<Profile>>,
}

impl Profiling {
    /// Takes a sample after each of these times.
    pub fn every(interval: Duration) -> Self {
        Self { interval, collected: Mutex::default() }
    }

    /// What has been collected.
    pub fn take(&self) -> Vec<Profile> {
        std::mem::take(&mut *self.profiles())
    }

    fn profiles(&self) -> MutexGuard<'_, Vec<Profile>> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes samples of a store while something runs in it.
    pub(super) fn during<T>(
        &self,
        store: &mut Store<WasiCtx>,
        run: impl FnOnce(&mut Store<WasiCtx>) -> T,
    ) -> T {
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
        if let Ok(sampler) = sampler {
            let profile = store.profile(sampler);
            self.profiles().push(profile);
        }
        result
    }
}
