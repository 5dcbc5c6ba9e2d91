//! Signal handlers, once per process, and the alternate stack they run on, once per thread.
//!
//! A fault that [`on_fault`](install) does not claim goes on to whoever handled the signal before, as the kernel would
//! have sent it: a wild pointer of the host still kills the process with SIGSEGV, and Rust still reports the overflow
//! of a host stack.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

use region::Protection;

pub(crate) use super::interrupt::{ThreadNumber, current_thread, interrupt, with_all_blocked};
use super::interrupt::{is_own_interrupt, unblock};
use super::memory::{Mapping, page_size};
use crate::sys::{Landing, Registers};

/// What happened to the current thread.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum FaultKind {
    /// An access to this address faulted.
    Access(usize),
    /// An access to this address faulted since the file that is mapped there ends before it.
    NoPage(usize),
    /// The instruction is not one.
    IllegalInstruction,
    /// Nothing: another thread called [`interrupt`].
    Interrupt,
}

/// A fault of the current thread and its registers then.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What happened.
    pub(crate) kind: FaultKind,
    /// The registers at the instruction.
    pub(crate) registers: Registers,
}

/// What is done about a fault.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// The thread continues there.
    Land(Landing),
    /// The instruction is executed again: what made it fault is gone.
    Retry,
}

/// Decides on a fault, or returns `None` if it is not ours. Runs on the alternate stack of the faulting thread.
pub(crate) type OnFault = fn(&Fault) -> Option<Answer>;

/// The signal of [`interrupt`]: ignored by default, passed on by debuggers, and used by next to nobody.
pub(super) const INTERRUPT: c_int = libc::SIGURG;

const SIGNALS: [c_int; 4] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, INTERRUPT];

static ON_FAULT: OnceLock<OnFault> = OnceLock::new();
static PREVIOUS: [OnceLock<libc::sigaction>; SIGNALS.len()] = [const { OnceLock::new() }; SIGNALS.len()];
static INSTALLED: OnceLock<()> = OnceLock::new();

/// Installs the handlers for the process, at the first call, and the current thread's alternate stack. Returns the thread's
/// number.
///
/// # Errors
/// If the system has no memory for the stack.
#[inline]
pub(crate) fn install(on_fault: OnFault) -> io::Result<ThreadNumber> {
    match READY.get() {
        ThreadNumber(0) => install_slowly(on_fault),
        thread => Ok(thread),
    }
}

/// Installs the handlers for the process only, at the first call. On a thread without an alternate stack they run on its own.
pub(crate) fn install_handlers(on_fault: OnFault) {
    INSTALLED.get_or_init(|| {
        ON_FAULT.get_or_init(|| on_fault);
        for (signal, previous) in SIGNALS.into_iter().zip(&PREVIOUS) {
            install_handler(signal, previous);
        }
    });
}

#[cold]
fn install_slowly(on_fault: OnFault) -> io::Result<ThreadNumber> {
    install_handlers(on_fault);
    let installed = ALTERNATE_STACK.try_with(|stack| {
        let mut stack = stack.borrow_mut();
        if stack.is_none() {
            *stack = Some(AlternateStack::install()?);
        }
        unblock();
        READY.set(current_thread());
        Ok(())
    });
    // In a destructor of a thread-local value it may be too late for a stack: then the handlers run on the thread's own.
    installed.unwrap_or(Ok(())).map(|()| current_thread())
}

fn install_handler(signal: c_int, previous: &OnceLock<libc::sigaction>) {
    let mut old = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: `sigaction` is plain data for which zero is a value; every pointer is to one; `handle` is an
    // SA_SIGINFO handler and does what a handler may do.
    unsafe {
        let ok = libc::sigaction(signal, ptr::null(), old.as_mut_ptr()) == 0;
        assert!(ok, "asking for the handler of signal {signal}: {}", io::Error::last_os_error());
        // Stored before ours is in place, so that a fault in between finds it.
        previous.get_or_init(|| old.assume_init());
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = handle as *const () as usize;
        new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&mut new.sa_mask);
        if signal == INTERRUPT {
            new.sa_flags |= libc::SA_RESTART;
        } else {
            // A fault in the handler is one; an interrupt there would find nothing to stop.
            new.sa_flags |= libc::SA_NODEFER;
            libc::sigaddset(&mut new.sa_mask, INTERRUPT);
        }
        let ok = libc::sigaction(signal, &new, ptr::null_mut()) == 0;
        assert!(ok, "installing a handler for signal {signal}: {}", io::Error::last_os_error());
    }
}

unsafe extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid information and a valid context to a handler with SA_SIGINFO; nothing else
    // refers to them.
    let (code, context) = unsafe { ((*info).si_code, &mut *context.cast::<libc::ucontext_t>()) };
    // A positive code comes from the kernel, so from the instruction; another process or `raise` gives none.
    let kind = match signal {
        INTERRUPT => FaultKind::Interrupt,
        libc::SIGILL => FaultKind::IllegalInstruction,
        _ => {
            // SAFETY: SIGSEGV and SIGBUS carry an address.
            let address = unsafe { (*info).si_addr() }.addr();
            let is_beyond_file = signal == libc::SIGBUS && code == libc::BUS_ADRERR;
            if is_beyond_file { FaultKind::NoPage(address) } else { FaultKind::Access(address) }
        }
    };
    if (code > 0 || signal == INTERRUPT)
        && let Some(on_fault) = ON_FAULT.get()
        && let Some(answer) = on_fault(&Fault { kind, registers: registers(context) })
    {
        if let Answer::Land(landing) = answer {
            let gregs = &mut context.uc_mcontext.gregs;
            gregs[libc::REG_RIP as usize] = landing.pc as i64;
            gregs[libc::REG_RSP as usize] = landing.sp as i64;
        }
        return;
    }
    // SAFETY: the information is valid, see above.
    if signal == INTERRUPT && unsafe { is_own_interrupt(info) } {
        return;
    }
    // SAFETY: these are the arguments this handler got.
    unsafe { chain(signal, code, info, context) };
}

fn registers(context: &libc::ucontext_t) -> Registers {
    use libc::{
        REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RAX, REG_RBP, REG_RBX,
        REG_RCX, REG_RDI, REG_RDX, REG_RIP, REG_RSI, REG_RSP,
    };
    let by_dwarf_number = [
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8, REG_R9, REG_R10,
        REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
    ];
    Registers { values: by_dwarf_number.map(|number| context.uc_mcontext.gregs[number as usize] as usize) }
}

/// Does what the kernel would have done with the signal had our handler not been there.
///
/// # Safety
/// Only from a handler, with its arguments.
unsafe fn chain(signal: c_int, code: c_int, info: *mut libc::siginfo_t, context: *mut libc::ucontext_t) {
    let slot = SIGNALS.iter().position(|known| *known == signal);
    let Some(previous) = slot.and_then(|slot| PREVIOUS[slot].get()) else {
        // SAFETY: as the caller promises.
        return unsafe { default_action(signal, code) };
    };
    match previous.sa_sigaction {
        // The default is to ignore it.
        libc::SIG_DFL if signal == INTERRUPT => {}
        // SAFETY: as the caller promises.
        libc::SIG_DFL => unsafe { default_action(signal, code) },
        // The kernel does not let a thread ignore its own fault.
        // SAFETY: as the caller promises.
        libc::SIG_IGN if code > 0 => unsafe { default_action(signal, code) },
        libc::SIG_IGN => {}
        // SAFETY: the address and the flags were installed together, so the address is a handler of that kind.
        handler => unsafe {
            let mut mask = previous.sa_mask;
            if previous.sa_flags & libc::SA_NODEFER == 0 {
                libc::sigaddset(&mut mask, signal);
            }
            if previous.sa_flags & libc::SA_RESETHAND != 0 {
                set_default(signal);
            }
            libc::pthread_sigmask(libc::SIG_BLOCK, &mask, ptr::null_mut());
            if previous.sa_flags & libc::SA_SIGINFO != 0 {
                type Action = unsafe extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
                std::mem::transmute::<usize, Action>(handler)(signal, info, context.cast());
            } else {
                std::mem::transmute::<usize, unsafe extern "C" fn(c_int)>(handler)(signal);
            }
        },
    }
}

/// Restores the default action and lets it happen: a fault repeats when the handler returns, a sent signal is sent again.
///
/// # Safety
/// Only from a handler.
unsafe fn default_action(signal: c_int, code: c_int) {
    set_default(signal);
    if code <= 0 {
        // SAFETY: raising a signal has no precondition.
        unsafe { libc::raise(signal) };
    }
}

fn set_default(signal: c_int) {
    // SAFETY: zero is a value of `sigaction`, and means the default action with an empty mask.
    unsafe {
        let default: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, &default, ptr::null_mut());
    }
}

thread_local! {
    /// The number of this thread if it needs nothing more: without a destructor, so cheaper to ask at each entry.
    static READY: Cell<ThreadNumber> = const { Cell::new(ThreadNumber(0)) };
    static ALTERNATE_STACK: RefCell<Option<AlternateStack>> = const { RefCell::new(None) };
}

/// The signal stack of a thread: Rust's own is too small for walking frames, so it is replaced, and restored at the end.
struct AlternateStack {
    mapping: Mapping,
    previous: libc::stack_t,
}

impl AlternateStack {
    /// Usable bytes, above a guard page.
    const SIZE: usize = 256 << 10;

    fn install() -> io::Result<Self> {
        let guard = page_size();
        let mapping = Mapping::allocate(Self::SIZE + guard)?;
        // SAFETY: nothing refers to the new mapping yet.
        unsafe { mapping.protect(0..guard, Protection::NONE) }?;
        let new = libc::stack_t {
            ss_sp: mapping.base().wrapping_add(guard).cast(),
            ss_flags: 0,
            ss_size: mapping.len() - guard,
        };
        let mut previous = MaybeUninit::uninit();
        // SAFETY: `new` is a mapping that is kept until the stack is replaced in `drop`.
        if unsafe { libc::sigaltstack(&new, previous.as_mut_ptr()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call succeeded and filled it.
        Ok(Self { mapping, previous: unsafe { previous.assume_init() } })
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        READY.set(ThreadNumber(0));
        let mut current = MaybeUninit::<libc::stack_t>::uninit();
        // SAFETY: `current` is filled by the first call. The previous stack is restored only if ours is still in place:
        // Rust's runtime may have disabled the stack and unmapped its own before this runs.
        unsafe {
            if libc::sigaltstack(ptr::null(), current.as_mut_ptr()) != 0 {
                return;
            }
            let current = current.assume_init().ss_sp.addr();
            if self.mapping.addresses().contains(&current) {
                libc::sigaltstack(&self.previous, ptr::null_mut());
            }
        }
    }
}
