//! Entering compiled code and coming back, by return or by trap.
//!
//! A thread's activations form a stack: host → wasm → host → wasm. A trap leaves the innermost one only, so that no host
//! frame is skipped; what the host makes of the error decides about the next.

use std::cell::{Cell, UnsafeCell};
use std::io;
use std::ptr::{self, NonNull};

use wootz_vm_abi::callconv::{HOST_STACK_RESERVE, HostEntry, ValRaw};
use wootz_vm_abi::context::{VMFuncRef, VMHostContext};
use wootz_vm_abi::trap::TrapCode;

use super::faults::FaultRegions;
use super::host;
use super::interrupt::{Interruption, reason};
use super::samples::Samples;
use super::store::StoreInner;
use super::trap::{self, Stopped};
use crate::sys::{Landing, call_with_record, signals, stack};
use crate::{ArgumentsError, CallError, Store};

thread_local! {
    static CURRENT: Cell<Option<NonNull<Activation>>> = const { Cell::new(None) };
}

/// One entry into compiled code, on the stack of the thread that entered.
pub(crate) struct Activation {
    previous: Option<NonNull<Activation>>,
    store: NonNull<StoreInner>,
    regions: NonNull<FaultRegions>,
    interruption: NonNull<Interruption>,
    /// The stack pointer of the entry: written there, read by the signal handler.
    sp: UnsafeCell<usize>,
    /// Written by the signal handler, read after landing.
    stopped: UnsafeCell<Option<Stopped>>,
}

impl Activation {
    /// The current thread's innermost activation.
    pub(crate) fn current() -> Option<NonNull<Self>> {
        CURRENT.get()
    }

    /// Its store.
    pub(crate) fn store(&self) -> NonNull<StoreInner> {
        self.store
    }

    /// What its store's code may fault at.
    pub(crate) fn regions(&self) -> &FaultRegions {
        // SAFETY: the store, and with it the regions, outlives every activation in it.
        unsafe { self.regions.as_ref() }
    }

    /// Whether its store is to stop.
    pub(crate) fn is_interrupted(&self) -> bool {
        // SAFETY: the store owns a share of it, and outlives every activation in it.
        unsafe { self.interruption.as_ref() }.is_requested()
    }

    /// Where samples of its store go, if anyone takes some.
    pub(super) fn samples(&self) -> Option<&Samples> {
        // SAFETY: as in `is_interrupted`.
        unsafe { self.interruption.as_ref() }.samples_if_any()
    }

    /// Where to land.
    pub(crate) fn landing(&self) -> Landing {
        // SAFETY: the entry sequence wrote it before any compiled code ran, and nothing writes it since.
        Landing::of(unsafe { *self.sp.get() })
    }

    /// Leaves the reason for the entering call to find. For the signal handler.
    pub(crate) fn stop(&self, stopped: Stopped) {
        // SAFETY: the entering call reads it only after landing.
        unsafe { *self.stopped.get() = Some(stopped) };
    }
}

/// Distance between the stack limit and the reserve for the host: what a function may use before it checks.
const FRAME_ALLOWANCE: usize = 64 << 10;

thread_local! {
    /// The lowest stack limit on this thread; 0 until it is asked for.
    static FLOOR: Cell<usize> = const { Cell::new(0) };
}

/// Lowest stack address for compiled code that is entered with the stack pointer at `here`.
fn stack_limit(here: usize, max_wasm_stack: usize) -> usize {
    let floor = match FLOOR.get() {
        0 => find_floor(),
        floor => floor,
    };
    here.saturating_sub(max_wasm_stack).max(floor)
}

#[cold]
fn find_floor() -> usize {
    let above = |bounds: stack::StackBounds| bounds.low.saturating_add(HOST_STACK_RESERVE + FRAME_ALLOWANCE);
    let floor = stack::bounds().map_or(1, above);
    FLOOR.set(floor);
    floor
}

/// Whether this thread is already inside `store`.
fn is_inside(store: NonNull<StoreInner>) -> bool {
    let mut next = CURRENT.get();
    while let Some(activation) = next {
        // SAFETY: activations of this thread are alive while they are linked.
        let activation = unsafe { activation.as_ref() };
        if activation.store == store {
            return true;
        }
        next = activation.previous;
    }
    false
}

/// A function of a store, and what calling it needs to know. The pointer is as good as the store is alive.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Callee {
    store: u64,
    func: NonNull<VMFuncRef>,
    slots: usize,
    has_references: bool,
}

// SAFETY: the pointer is only followed with exclusive access to the store, which may move between threads.
unsafe impl Send for Callee {}
// SAFETY: as above.
unsafe impl Sync for Callee {}

impl Callee {
    /// A function of the store, a pointer that its handles gave.
    pub(crate) fn new(store: &Store, func: NonNull<VMFuncRef>) -> Self {
        let info = store.inner.func_type(func);
        let has_references = !info.reference_params.is_empty();
        Self { store: store.inner.id(), func, slots: info.slots, has_references }
    }

    /// Calls the function with slots that hold its arguments. Slots too few and references that the store did not make are
    /// refused.
    #[inline]
    pub(crate) fn call(&self, store: &mut Store, slots: &mut [ValRaw]) -> Result<(), CallError> {
        assert!(self.store == store.inner.id(), "the function belongs to another store");
        if slots.len() < self.slots || self.has_references {
            self.check(store, slots).map_err(CallError::Arguments)?;
        }
        let store = store.inner.pointer();
        // SAFETY: function references live as long as their store; a function without host entry is a host function,
        // whose context is a `VMHostContext`; the arguments are checked, and nothing borrows from the store while its code
        // runs.
        unsafe {
            let func = self.func.read();
            if func.host_entry.is_null() {
                let result = host::call_directly(func.callee.cast::<VMHostContext>(), slots);
                return result.map_err(|error| trap::host_error(error, Vec::new(), 0));
            }
            enter(store, &func, slots.as_mut_ptr())
        }
    }

    fn check(&self, store: &Store, slots: &[ValRaw]) -> Result<(), ArgumentsError> {
        if slots.len() < self.slots {
            return Err(ArgumentsError::Slots { needed: self.slots, given: slots.len() });
        }
        for &(index, ty) in &store.inner.func_type(self.func).reference_params {
            if !store.inner.is_reference(slots[index].get_reference(), ty) {
                return Err(ArgumentsError::Reference { index });
            }
        }
        Ok(())
    }
}

/// # Safety
/// `func` must be a WebAssembly function's reference in the store, `slots` as many as its type needs and hold its
/// arguments, and nothing may borrow from the store.
unsafe fn enter(store: NonNull<StoreInner>, func: &VMFuncRef, slots: *mut ValRaw) -> Result<(), CallError> {
    let thread = signals::install(trap::on_fault).map_err(no_signal_stack)?;
    // SAFETY: the store is alive; these borrows end before compiled code runs.
    let (context, regions, max_wasm_stack, interruption) = unsafe {
        let store = store.as_ref();
        let interruption = NonNull::from(&**store.interruption());
        (store.context(), NonNull::from(store.regions()), store.config().max_wasm_stack, interruption)
    };
    let activation = Activation {
        previous: CURRENT.get(),
        store,
        regions,
        interruption,
        sp: UnsafeCell::new(0),
        stopped: UnsafeCell::new(None),
    };
    // SAFETY: the store's context lives as long as the store.
    let (outer_limit, outer_caller) =
        unsafe { ((*context.as_ptr()).stack_limit, (*context.as_ptr()).caller) };
    let here = (&raw const activation).addr();
    let limit = if is_inside(store) { outer_limit } else { stack_limit(here, max_wasm_stack) };
    if here < limit {
        // SAFETY: as the caller promises.
        return Err(unsafe { error(store, &Stopped::at_entry(TrapCode::StackExhausted)) });
    }
    // SAFETY: the store, alive as before, owns a share of it.
    let interruption = unsafe { interruption.as_ref() };
    interruption.resume(thread);
    if interruption.is_requested() {
        interruption.suspend();
        // SAFETY: as the caller promises.
        return Err(unsafe { error(store, &Stopped::at_entry(TrapCode::Interrupted)) });
    }
    // SAFETY: a non-null host entry is a trampoline for the function's signature; the rest is as the caller promises.
    // The activation is linked exactly while the code runs.
    let landed = unsafe {
        (*context.as_ptr()).stack_limit = limit;
        (*context.as_ptr()).caller = ptr::null_mut();
        (*store.as_ptr()).enter();
        CURRENT.set(Some(NonNull::from(&activation)));
        let entry = std::mem::transmute::<*const std::ffi::c_void, HostEntry>(func.host_entry);
        let landed = call_with_record(func.callee.cast(), func.code, slots, activation.sp.get(), entry);
        CURRENT.set(activation.previous);
        interruption.suspend();
        (*store.as_ptr()).leave();
        (*context.as_ptr()).stack_limit = outer_limit;
        (*context.as_ptr()).caller = outer_caller;
        landed
    };
    if landed == 0 {
        return Ok(());
    }
    // SAFETY: compiled code is gone, nobody else refers to the cell; the rest is as the caller promises.
    unsafe {
        let stopped = (*activation.stopped.get()).as_ref();
        Err(error(store, stopped.expect("a handler that lands says why")))
    }
}

#[cold]
fn no_signal_stack(error: io::Error) -> CallError {
    CallError::Host { error: Box::new(error), frames: Vec::new(), omitted: 0 }
}

/// The error of the call that was left.
///
/// # Safety
/// `store` must be the store of the call, and nothing may borrow from it.
#[cold]
unsafe fn error(store: NonNull<StoreInner>, stopped: &Stopped) -> CallError {
    // SAFETY: as the caller promises.
    unsafe {
        let error = trap::into_error(store, stopped);
        // The outermost call that says so has answered the request.
        if error.trap_code() == Some(TrapCode::Interrupted) && !store.as_ref().is_active() {
            store.as_ref().interruption().forget(reason::HANDLE | reason::DEADLINE);
        }
        error
    }
}
