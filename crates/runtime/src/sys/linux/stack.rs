//! Where the current thread's stack ends, for the stack limit and for telling an overflow from another fault.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ops::Range;

/// The stack of a thread.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct StackBounds {
    /// Lowest usable address.
    pub(crate) low: usize,
    /// Size of the guard below `low` in bytes, 0 if unknown.
    guard: usize,
}

/// Addresses beside the guard that still count as an overflow: the main thread's guard moves with the stack, and some C
/// libraries count the guard as a part of the stack.
const MARGIN: usize = 64 << 10;

impl StackBounds {
    /// Addresses at which a fault means that the stack overflowed.
    pub(crate) fn overflow_range(&self) -> Range<usize> {
        let guard = self.guard.max(MARGIN);
        self.low.saturating_sub(guard)..self.low.saturating_add(guard)
    }
}

thread_local! {
    static BOUNDS: Cell<Option<StackBounds>> = const { Cell::new(None) };
}

/// The current thread's stack bounds, or `None` if the system does not tell.
pub(crate) fn bounds() -> Option<StackBounds> {
    BOUNDS.get().or_else(|| {
        BOUNDS.set(query());
        BOUNDS.get()
    })
}

/// The current thread's stack bounds if [`bounds`] was called on it before: safe in a signal handler.
pub(crate) fn known_bounds() -> Option<StackBounds> {
    BOUNDS.get()
}

#[cold]
fn query() -> Option<StackBounds> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: `attributes` is written by the first call, read by the others, and destroyed once.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let (mut low, mut size, mut guard) = (std::ptr::null_mut(), 0, 0);
        let known = libc::pthread_attr_getstack(attributes.as_ptr(), &mut low, &mut size) == 0
            && libc::pthread_attr_getguardsize(attributes.as_ptr(), &mut guard) == 0;
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        known.then_some(StackBounds { low: low.addr(), guard })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_lies_above_the_low_end() {
        let local = 0u8;
        let here = (&raw const local).addr();
        let bounds = bounds().unwrap();
        assert!(bounds.low < here && here - bounds.low < 1 << 40);
        assert!(!bounds.overflow_range().contains(&here));
        assert!(bounds.overflow_range().contains(&(bounds.low - 8)));
        assert_eq!(known_bounds(), Some(bounds));
    }

    #[test]
    fn threads_differ() {
        let main = bounds();
        let other = std::thread::spawn(bounds).join().unwrap();
        assert!(other.is_some() && main != other);
    }
}
