//! Where a store's code spends its time, by samples.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::vm::interrupt::{Doing, Interruption};
use crate::vm::samples;
use crate::{Store, TrapFrame};

/// Takes samples of what a store runs, from any thread. It costs the code nothing between two samples.
///
/// A sample is taken by a signal to the thread that runs the store. One sampler at a time gets those of a store.
pub struct Sampler {
    interruption: Arc<Interruption>,
    /// How often each stack of addresses was found.
    stacks: HashMap<Vec<usize>, u64>,
    waiting: u64,
    outside: u64,
}

/// What a sampler has found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Profile {
    /// Active functions, innermost first, with the instruction each was at, and how often they were found so. None where the runtime
    /// itself was at work for compiled code. Of a deep recursion the innermost frames.
    pub stacks: Vec<(Vec<TrapFrame>, u64)>,
    /// How often the store's code waited for another thread, in `memory.atomic.wait32` or `wait64`.
    pub waiting: u64,
    /// How often no code of the store ran: a host function did, or nothing.
    pub outside: u64,
    /// Samples that nobody fetched in time.
    pub missed: u64,
}

impl Sampler {
    /// Takes a sample, and fetches those taken so far.
    pub fn sample(&mut self) {
        self.fetch();
        match self.interruption.sample() {
            Doing::Computing => {}
            Doing::Waiting => self.waiting += 1,
            Doing::Nothing => self.outside += 1,
        }
    }

    fn fetch(&mut self) {
        let stacks = &mut self.stacks;
        self.interruption.samples().drain(|frames| match stacks.get_mut(frames) {
            Some(count) => *count += 1,
            None => _ = stacks.insert(frames.to_vec(), 1),
        });
    }
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampler").field("stacks", &self.stacks.len()).finish_non_exhaustive()
    }
}

impl Store {
    /// A sampler of what the store runs.
    pub fn sampler(&self) -> Sampler {
        let interruption = Arc::clone(self.inner.interruption());
        Sampler { interruption, stacks: HashMap::new(), waiting: 0, outside: 0 }
    }

    /// What a sampler of this store has found. In code that is gone, functions are not known any more.
    pub fn profile(&self, mut sampler: Sampler) -> Profile {
        sampler.fetch();
        let regions = self.inner.regions();
        // The same calls are in many stacks.
        let mut known: HashMap<usize, Vec<TrapFrame>> = HashMap::new();
        let mut frames_at = |address: &usize| {
            known.entry(*address).or_insert_with(|| samples::describe(regions, *address)).clone()
        };
        let stacks = sampler.stacks.iter();
        let stacks = stacks.map(|(stack, count)| (stack.iter().flat_map(&mut frames_at).collect(), *count));
        Profile {
            stacks: stacks.collect(),
            waiting: sampler.waiting,
            outside: sampler.outside,
            missed: sampler.interruption.samples().missed(),
        }
    }
}
