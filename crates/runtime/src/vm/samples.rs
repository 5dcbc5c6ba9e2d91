//! Samples of where a store's code stands: asked for by any thread, taken by the signal handler of the thread that runs the
//! store, and read by whoever asked.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::activation::Activation;
use super::trap;
use super::unwind;
use crate::TrapFrame;
use crate::sys::Registers;
use crate::sys::signals::Fault;

/// Frames that a sample has at most: its innermost.
const FRAMES: usize = 250;

/// Words of the ring: a power of two.
const WORDS: usize = 1 << 16;

/// A ring of samples. Each is the number of its frames and then as many addresses, innermost first.
///
/// One thread writes: the one that runs the store. A sample becomes visible as a whole, by `written`.
pub(crate) struct Samples {
    wanted: AtomicBool,
    ring: Box<[AtomicUsize]>,
    /// Words written so far.
    written: AtomicUsize,
    /// Words read so far.
    read: AtomicUsize,
    /// Held by the one who reads.
    reading: Mutex<()>,
    /// Samples for which there was no room.
    missed: AtomicU64,
}

impl Samples {
    pub(super) fn new() -> Self {
        Self {
            wanted: AtomicBool::new(false),
            ring: (0..WORDS).map(|_| AtomicUsize::new(0)).collect(),
            written: AtomicUsize::new(0),
            read: AtomicUsize::new(0),
            reading: Mutex::new(()),
            missed: AtomicU64::new(0),
        }
    }

    /// Has the next signal take a sample.
    pub(super) fn want(&self) {
        self.wanted.store(true, Ordering::Release);
    }

    /// Adds a sample. For the handler.
    fn push(&self, frames: &[usize]) {
        let start = self.written.load(Ordering::Relaxed);
        if start + 1 + frames.len() > self.read.load(Ordering::Acquire) + WORDS {
            self.missed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        for (place, word) in (start..).zip([frames.len()].iter().chain(frames)) {
            self.ring[place % WORDS].store(*word, Ordering::Relaxed);
        }
        self.written.store(start + 1 + frames.len(), Ordering::Release);
    }

    /// Hands over the samples that nobody has read yet.
    pub(crate) fn drain(&self, mut take: impl FnMut(&[usize])) {
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let mut read = self.read.load(Ordering::Relaxed);
        let written = self.written.load(Ordering::Acquire);
        let word = |place: usize| self.ring[place % WORDS].load(Ordering::Relaxed);
        let mut frames = Vec::new();
        while read < written {
            let count = word(read);
            frames.clear();
            frames.extend((1..=count).map(|place| word(read + place)));
            take(&frames);
            read += 1 + count;
            self.read.store(read, Ordering::Release);
        }
    }

    /// How many there was no room for.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }
}

/// Takes a sample of the code that a signal found, if one is wanted: no frames where that is not compiled code. For the handler.
pub(super) fn take(fault: &Fault) {
    let Some(activation) = Activation::current() else { return };
    // SAFETY: this thread's innermost activation lives until it is left, and no one else looks at it now.
    let activation = unsafe { activation.as_ref() };
    let Some(samples) = activation.samples() else { return };
    if samples.wanted.swap(false, Ordering::Acquire) {
        walk(fault, activation, samples);
    }
}

/// Not a part of its caller, which may run on a stack of a few KiB: only threads in compiled code are sure to have more.
#[inline(never)]
fn walk(fault: &Fault, activation: &Activation, samples: &Samples) {
    let (mut frames, mut count) = ([0; FRAMES], 0);
    if activation.regions().image_at(fault.registers.values[Registers::PC]).is_some() {
        unwind::walk(activation.regions(), fault.registers, activation.landing().sp, &mut |address| {
            if let Some(frame) = frames.get_mut(count) {
                *frame = address;
                count += 1;
            }
        });
    }
    samples.push(&frames[..count]);
}

/// The functions at an address of a sample, innermost first.
pub(crate) fn describe(regions: &super::faults::FaultRegions, address: usize) -> Vec<TrapFrame> {
    let mut frames = Vec::new();
    if let Some(image) = regions.image_at(address) {
        trap::describe(image, address, &mut frames);
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_out_as_they_went_in() {
        let samples = Samples::new();
        let mut expected = Vec::new();
        for round in 0..WORDS {
            let frames: Vec<usize> = (0..round % 7).map(|frame| round + frame).collect();
            samples.push(&frames);
            expected.push(frames);
            if round % 1000 == 0 {
                let mut found = Vec::new();
                samples.drain(|frames| found.push(frames.to_vec()));
                assert_eq!(found, expected);
                expected.clear();
            }
        }
        assert_eq!(samples.missed(), 0);
    }

    #[test]
    fn a_full_ring_keeps_what_it_has() {
        let samples = Samples::new();
        (0..WORDS).for_each(|_| samples.push(&[1, 2, 3]));
        let mut found = 0;
        samples.drain(|frames| {
            assert_eq!(frames, [1, 2, 3]);
            found += 1;
        });
        assert_eq!(found, WORDS / 4);
        assert_eq!(samples.missed(), (WORDS - WORDS / 4) as u64);
        samples.push(&[4]);
        samples.drain(|frames| assert_eq!(frames, [4]));
    }
}
