//! Making code known to threads that run: the order in which slots and the table of fragments are written, and are read without a lock.
//!
//! ```text
//! who has code                          who runs
//! writes the fragment, its description
//! takes the books
//! pages  := fragment                    code     := slot, and goes there
//! slots  := code                        fragment := page of code, if it traps there or is looked at
//! ```
//!
//! Whoever has read a slot finds complete code there and the fragment that it is of, and a slot never goes back to a lower tier. The tests run
//! this code through every order that the memory model allows, with loom. They do not know that code must be made executable before,
//! which is a matter of system calls.

use std::ops::Range;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use wootz_vm_abi::lazy::{EntryNumber, Tier};

/// An address that many threads read.
pub(super) trait Cell<T> {
    /// What it holds, and what was written before it came to hold that.
    fn get(&self) -> T;
    /// Has it hold something, with what was written before.
    fn set(&self, value: T);
}

/// The same text for the real cells and for those of the tests, so that the tests judge these orders.
macro_rules! cell {
    ($cell:ty, $value:ty $(, $param:ident)?) => {
        impl$(<$param>)? Cell<$value> for $cell {
            fn get(&self) -> $value {
                self.load(Ordering::Acquire)
            }

            fn set(&self, value: $value) {
                self.store(value, Ordering::Release);
            }
        }
    };
}

cell!(AtomicUsize, usize);
cell!(AtomicPtr<F>, *mut F, F);

/// The cells of a module.
pub(super) trait Cells<F> {
    /// Where an entry's code is.
    fn slot(&self, entry: EntryNumber) -> &impl Cell<usize>;
    /// Which fragment a page of code belongs to.
    fn page(&self, page: usize) -> &impl Cell<*mut F>;
}

/// Makes code of a tier known: the pages of its fragment, then its entries. An entry that has code of this tier or a better one keeps that. `tiers` are
/// of all entries, and the caller's alone. Calls `swapped` with the former address of each entry that had code.
pub(super) fn publish<F>(
    cells: &impl Cells<F>,
    tiers: &mut [Option<Tier>],
    fragment: (*mut F, Range<usize>),
    entries: impl Iterator<Item = (EntryNumber, usize)>,
    tier: Tier,
    mut swapped: impl FnMut(EntryNumber, usize),
) {
    let (fragment, pages) = fragment;
    for page in pages {
        cells.page(page).set(fragment);
    }
    for (entry, address) in entries {
        let Some(known) = tiers.get_mut(entry.0 as usize) else { continue };
        if *known >= Some(tier) {
            continue;
        }
        let slot = cells.slot(entry);
        if known.is_some() {
            swapped(entry, slot.get());
        }
        *known = Some(tier);
        slot.set(address);
    }
}

/// Waits until there is an outcome, or until the wait is to end: then there is none. `park` waits for a sign, which is given after either.
pub(super) fn wait<T>(
    outcome: impl Fn() -> Option<T>,
    is_requested: impl Fn() -> bool,
    park: impl Fn(),
) -> Option<T> {
    loop {
        let outcome = outcome();
        if outcome.is_some() || is_requested() {
            return outcome;
        }
        park();
    }
}

#[cfg(test)]
mod tests {
    use loom::cell::UnsafeCell;
    use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};
    use loom::sync::{Arc, Mutex};
    use loom::thread;

    use super::*;

    cell!(AtomicUsize, usize);
    cell!(AtomicPtr<F>, *mut F, F);

    const PAGE: usize = 16;
    /// What a slot holds that has no code: no page is there.
    const ASK: usize = 0;
    const TIERS: [Tier; 2] = [Tier::First, Tier::Second];

    /// Two entries, which each fragment has code of; the fragment of tier N takes page N + 1.
    struct Module {
        slots: [AtomicUsize; 2],
        pages: [AtomicPtr<Fragment>; 3],
        fragments: [Fragment; 2],
        tiers: Mutex<[Option<Tier>; 2]>,
    }

    /// Whether its code is written, and described.
    struct Fragment(UnsafeCell<bool>);

    impl Cells<Fragment> for Module {
        fn slot(&self, entry: EntryNumber) -> &impl Cell<usize> {
            &self.slots[entry.0 as usize]
        }

        fn page(&self, page: usize) -> &impl Cell<*mut Fragment> {
            &self.pages[page]
        }
    }

    impl Module {
        fn new() -> Arc<Self> {
            let null = std::ptr::null_mut();
            Arc::new(Self {
                slots: [AtomicUsize::new(ASK), AtomicUsize::new(ASK)],
                pages: [AtomicPtr::new(null), AtomicPtr::new(null), AtomicPtr::new(null)],
                fragments: [false, false].map(|written| Fragment(UnsafeCell::new(written))),
                tiers: Mutex::new([None; 2]),
            })
        }

        /// What the compiler of a tier does.
        fn add(&self, tier: Tier) {
            let fragment = &self.fragments[tier as usize];
            // SAFETY: nobody knows of the fragment; loom fails if that is wrong.
            fragment.0.with_mut(|written| unsafe { *written = true });
            let page = tier as usize + 1;
            let entries = [0, 1].map(|entry| (EntryNumber(entry), page * PAGE + entry as usize));
            let fragment = (std::ptr::from_ref(fragment).cast_mut(), page..page + 1);
            let mut tiers = self.tiers.lock().unwrap();
            publish(self, &mut *tiers, fragment, entries.into_iter(), tier, |entry, old| {
                assert_eq!(old, PAGE + entry.0 as usize, "what is swapped is of the first tier");
            });
        }

        /// What a call does, and a trap in the code that it comes to. Returns the tier.
        fn call(&self, entry: u32) -> Option<Tier> {
            let code = self.slot(EntryNumber(entry)).get();
            if code == ASK {
                return None;
            }
            assert_eq!(code % PAGE, entry as usize);
            let fragment = self.page(code / PAGE).get();
            let tier = TIERS[code / PAGE - 1];
            assert!(std::ptr::eq(fragment, &self.fragments[tier as usize]), "code without a description");
            // SAFETY: it is complete, and constant; loom fails if that is wrong.
            assert!(self.fragments[tier as usize].0.with(|written| unsafe { *written }));
            Some(tier)
        }
    }

    #[test]
    fn code_is_complete_and_described_and_only_gets_better() {
        // All orders with up to three switches of threads that did not have to be: without a bound it takes minutes.
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let module = Module::new();
            let threads = TIERS.map(|tier| {
                let module = Arc::clone(&module);
                thread::spawn(move || module.add(tier))
            });
            let caller = Arc::clone(&module);
            let caller = thread::spawn(move || {
                let first = caller.call(0);
                assert!(caller.call(0) >= first, "a slot went back");
                caller.call(1);
            });
            threads.into_iter().chain([caller]).for_each(|thread| thread.join().unwrap());
            assert_eq!([module.call(0), module.call(1)], [Some(Tier::Second); 2]);
        });
    }

    /// A wait as `Interruption::while_waiting` has it, with one thread that has the outcome and one that asks to stop. Nobody is joined: loom
    /// lets a sign end that wait, too.
    #[test]
    fn no_wait_is_missed_by_what_ends_it() {
        loom::model(|| {
            let (outcome, requested) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
            let waiting = Arc::new(Mutex::new(None::<thread::Thread>));
            let (request, told) = (Arc::clone(&requested), Arc::clone(&waiting));
            thread::spawn(move || {
                request.store(true, Ordering::SeqCst);
                if let Some(waiting) = &*told.lock().unwrap() {
                    waiting.unpark();
                }
            });
            *waiting.lock().unwrap() = Some(thread::current());
            let (result, waiter) = (Arc::clone(&outcome), thread::current());
            thread::spawn(move || {
                result.store(7, Ordering::Release);
                waiter.unpark();
            });
            let outcome = || Some(outcome.load(Ordering::Acquire)).filter(|outcome| *outcome != 0);
            let is_requested = || requested.load(Ordering::Relaxed);
            assert!(wait(outcome, is_requested, thread::park).is_some() || is_requested());
        });
    }

    /// Of either kind of waking alone: loom fails if all threads stand.
    #[test]
    fn each_ending_is_enough() {
        for by_request in [false, true] {
            loom::model(move || {
                let sign = Arc::new(AtomicBool::new(false));
                let (other, waiter) = (Arc::clone(&sign), thread::current());
                thread::spawn(move || {
                    other.store(true, Ordering::Release);
                    waiter.unpark();
                });
                let has_sign = || sign.load(Ordering::Acquire);
                let outcome = || (!by_request && has_sign()).then_some(());
                assert_eq!(wait(outcome, || by_request && has_sign(), thread::park).is_some(), !by_request);
            });
        }
    }
}
