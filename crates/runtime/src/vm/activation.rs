//! Entering compiled code and coming back, by return or by trap.
//!
//! A thread's activations form a stack: host → wasm → host → wasm. A trap leaves the innermost one only, so that no host
//! frame is skipped; what the host makes of the error decides about the next.

use std::cell::{Cell, UnsafeCell};
use std::ptr::{self, NonNull};

use wootz_vm_abi::callconv::{HOST_STACK_RESERVE, HostEntry, ValRaw};
use wootz_vm_abi::context::{VMFuncRef, VMHostContext};
use wootz_vm_abi::trap::TrapCode;

use super::faults::FaultRegions;
use super::host;
use super::interrupt::{Interruption, reason};
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

/// Lowest stack address for compiled code that is entered with the stack pointer at `here`.
fn stack_limit(here: usize, max_wasm_stack: usize) -> usize {
    let wanted = here.saturating_sub(max_wasm_stack);
    match stack::bounds() {
        Some(bounds) => wanted.max(bounds.low.saturating_add(HOST_STACK_RESERVE + FRAME_ALLOWANCE)),
        None => wanted,
    }
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

/// Calls a function of the store, a pointer that its handles gave, with slots that hold its arguments. Slots too few and
/// references that the store did not make are refused.
pub(crate) fn call(
    store: &mut Store,
    func: NonNull<VMFuncRef>,
    slots: &mut [ValRaw],
) -> Result<(), CallError> {
    check(store, func, slots).map_err(CallError::Arguments)?;
    let store = store.inner.pointer();
    // SAFETY: function references live as long as their store.
    let func = unsafe { func.read() };
    if func.host_entry.is_null() {
        // SAFETY: a function without host entry is a host function, whose context is a `VMHostContext`.
        let result = unsafe { host::call_directly(func.callee.cast::<VMHostContext>(), slots) };
        return result.map_err(|error| trap::host_error(error, Vec::new(), 0));
    }
    signals::install(trap::on_fault).map_err(|error| CallError::Host {
        error: Box::new(error),
        frames: Vec::new(),
        omitted: 0,
    })?;
    // SAFETY: the arguments are checked, and nothing borrows from the store while its code runs.
    unsafe {
        enter(store, &func, slots.as_mut_ptr()).map_err(|stopped| {
            let error = trap::into_error(store, &stopped);
            // The outermost call that says so has answered the request.
            if error.trap_code() == Some(TrapCode::Interrupted) && !store.as_ref().is_active() {
                store.as_ref().interruption().forget(reason::HANDLE | reason::DEADLINE);
            }
            error
        })
    }
}

fn check(store: &Store, func: NonNull<VMFuncRef>, slots: &[ValRaw]) -> Result<(), ArgumentsError> {
    let info = store.inner.func_type(func);
    if slots.len() < info.slots {
        return Err(ArgumentsError::Slots { needed: info.slots, given: slots.len() });
    }
    for &(index, ty) in &info.reference_params {
        if !store.inner.is_reference(slots[index].get_reference(), ty) {
            return Err(ArgumentsError::Reference { index });
        }
    }
    Ok(())
}

/// # Safety
/// `func` must be a WebAssembly function's reference in the store, `slots` as many as its type needs and hold its
/// arguments, and the signal handlers must be installed.
unsafe fn enter(
    store: NonNull<StoreInner>,
    func: &VMFuncRef,
    slots: *mut ValRaw,
) -> Result<(), Box<Stopped>> {
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
        return Err(Box::new(Stopped::at_entry(TrapCode::StackExhausted)));
    }
    // SAFETY: the store, alive as before, owns a share of it.
    let interruption = unsafe { interruption.as_ref() };
    interruption.resume(signals::current_thread());
    if interruption.is_requested() {
        interruption.suspend();
        return Err(Box::new(Stopped::at_entry(TrapCode::Interrupted)));
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
    // SAFETY: compiled code is gone, nobody else refers to the cell.
    let stopped = unsafe { (*activation.stopped.get()).take() };
    Err(Box::new(stopped.expect("a handler that lands says why")))
}
