//! Sending the signal that stops compiled code to one thread, marked as ours.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;

use super::signals::INTERRUPT;

/// The system's number of a thread of this process; 0 is nobody.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct ThreadNumber(pub(crate) i32);

/// The calling thread's number.
pub(crate) fn current_thread() -> ThreadNumber {
    // SAFETY: asking for the number has no precondition.
    ThreadNumber(unsafe { libc::gettid() })
}

/// What the kernel reads of a queued signal's `siginfo_t`.
#[repr(C)]
struct Queued {
    signal: c_int,
    errno: c_int,
    code: c_int,
    padding: c_int,
    pid: c_int,
    uid: u32,
    value: usize,
    rest: [u64; 12],
}

const _: () = assert!(size_of::<Queued>() == size_of::<libc::siginfo_t>());

/// Its address marks our signals.
static MARK: u8 = 0;

/// Sends the signal to a thread of this process. If there is no thread of that number, nothing happens.
pub(crate) fn interrupt(thread: ThreadNumber) {
    // SAFETY: asking for numbers has no precondition; the system call reads the information and sends a signal, for
    // which a handler is installed before the first thread has a number in any store.
    unsafe {
        let pid = libc::getpid();
        let info = Queued {
            signal: INTERRUPT,
            errno: 0,
            code: libc::SI_QUEUE,
            padding: 0,
            pid,
            uid: libc::getuid(),
            value: (&raw const MARK).addr(),
            rest: [0; 12],
        };
        let sent = libc::syscall(libc::SYS_rt_tgsigqueueinfo, pid, thread.0, INTERRUPT, &raw const info);
        if sent != 0 && *libc::__errno_location() == libc::EAGAIN {
            // No room for its information: then without. If the handler has nothing to stop, it takes the signal for
            // somebody else's.
            libc::syscall(libc::SYS_tgkill, pid, thread.0, INTERRUPT);
        }
    }
}

/// Whether a signal came from [`interrupt`].
///
/// # Safety
/// `info` must be what the kernel passed to a handler.
pub(super) unsafe fn is_own_interrupt(info: *const libc::siginfo_t) -> bool {
    // SAFETY: as the caller promises; a queued signal has a value.
    unsafe {
        (*info).si_code == libc::SI_QUEUE && (*info).si_value().sival_ptr.addr() == (&raw const MARK).addr()
    }
}

/// Lets the calling thread be interrupted, whatever it inherited.
pub(super) fn unblock() {
    // SAFETY: a set is initialised by the first call, and read by the others.
    unsafe {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), INTERRUPT);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut());
    }
}

/// Runs something with all signals blocked, so that a thread that it starts never gets one.
pub(crate) fn with_all_blocked<T>(run: impl FnOnce() -> T) -> T {
    let mut previous = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: a set is initialised by the first call; the second one fills the previous mask.
    let changed = unsafe {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigfillset(set.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, set.as_ptr(), previous.as_mut_ptr()) == 0
    };
    let result = run();
    if changed {
        // SAFETY: filled by the call that changed the mask.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, previous.as_ptr(), ptr::null_mut()) };
    }
    result
}
