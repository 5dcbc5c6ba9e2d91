//! Host functions: what the wasm→host trampoline calls, and the host itself.

use std::ffi::c_void;
use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use wootz_vm_abi::callconv::ValRaw;
use wootz_vm_abi::context::{VMContext, VMFuncRef, VMHostContext, VMTypeId};
use wootz_vm_abi::trap::TrapCode;

use super::store::{Pending, StoreBox, StoreInner};
use super::types::TypeInfo;
use crate::sys::signals::ThreadNumber;
use crate::{Caller, HostError, HostFunction, Instance, Store};

/// A host function, at a fixed address from its making to the end of its store.
pub(crate) struct HostFunc {
    context: VMHostContext,
    func_ref: VMFuncRef,
    store: NonNull<StoreInner>,
    ty: Arc<TypeInfo>,
    call: Arc<HostFunction>,
}

impl HostFunc {
    /// A host function of `store`. Its code is null until an image of the store brings the trampoline for its type; no
    /// compiled code that could call it exists before.
    pub(crate) fn new(store: &StoreInner, id: VMTypeId, call: Arc<HostFunction>) -> NonNull<Self> {
        let ty = Arc::clone(store.types().get(id));
        let code = store.types().host_exit(id).unwrap_or(ptr::null());
        let context =
            VMHostContext { callee: host_callee, store: store.context().as_ptr(), function: ptr::null_mut() };
        // SAFETY: the store's context is alive, and set to point to the store.
        let inner = unsafe { (*store.context().as_ptr()).runtime.cast() };
        let inner = NonNull::new(inner).expect("a store's context points to the store");
        let func_ref = VMFuncRef { code, callee: ptr::null_mut(), host_entry: ptr::null(), type_id: id };
        let func = Box::new(Self { context, func_ref, store: inner, ty, call });
        let func = NonNull::from(Box::leak(func));
        // SAFETY: the box was just leaked; the two pointers into it are set before anyone else knows it.
        unsafe {
            (*func.as_ptr()).context.function = func.as_ptr().cast();
            (*func.as_ptr()).func_ref.callee = (&raw mut (*func.as_ptr()).context).cast();
        }
        func
    }

    /// Where its function reference is.
    ///
    /// # Safety
    /// `this` must be alive.
    pub(crate) unsafe fn func_ref(this: NonNull<Self>) -> NonNull<VMFuncRef> {
        // SAFETY: as the caller promises; only an address is computed.
        unsafe { NonNull::new_unchecked(&raw mut (*this.as_ptr()).func_ref) }
    }

    /// What its reference says if calls go to it, by way of a trampoline.
    ///
    /// # Safety
    /// `this` must be alive.
    pub(crate) unsafe fn own_func_ref(this: NonNull<Self>, code: *const c_void) -> VMFuncRef {
        // SAFETY: as the caller promises; of the context only an address is computed.
        let (callee, type_id) =
            unsafe { ((&raw mut (*this.as_ptr()).context).cast(), (*this.as_ptr()).func_ref.type_id) };
        VMFuncRef { code, callee, host_entry: ptr::null(), type_id }
    }

    /// Runs it.
    ///
    /// # Safety
    /// `this` and its store must be alive, the latter with someone inside, nothing may borrow from the store, and `slots`
    /// must be as many as the type needs.
    #[inline(always)]
    unsafe fn run(
        this: NonNull<Self>,
        instance: Option<Instance>,
        slots: &mut [ValRaw],
    ) -> Result<(), HostError> {
        // SAFETY: host functions are never changed after they are made, except for the code address of the reference,
        // which is not looked at here.
        let (call, ty, store) =
            unsafe { (&(*this.as_ptr()).call, &(*this.as_ptr()).ty, (*this.as_ptr()).store) };
        // SAFETY: as the caller promises.
        let mut lent = unsafe { LentStore::new(store) };
        call(Caller { store: &mut lent.handle, instance }, slots)?;
        // SAFETY: the host function has returned its borrow.
        let inner = unsafe { store.as_ref() };
        for &(index, ty) in &ty.reference_results {
            if !inner.is_reference(slots[index].get_reference(), ty) {
                return Err(Box::new(ForeignResult { index }));
            }
        }
        Ok(())
    }
}

/// A store handle for the time of a host call. The store itself stays with whoever entered it.
struct LentStore {
    handle: ManuallyDrop<Store>,
    store: NonNull<StoreInner>,
    /// The thread whose compiled code waits for the host function.
    thread: ThreadNumber,
}

impl LentStore {
    /// # Safety
    /// The store must be alive, with someone inside so that it is not freed, wherever its owner goes meanwhile; and nothing
    /// may borrow from it while this exists.
    unsafe fn new(store: NonNull<StoreInner>) -> Self {
        // SAFETY: as the caller promises.
        let thread = unsafe { store.as_ref() }.interruption().suspend();
        // SAFETY: the handle is never dropped, and whoever entered the store waits for the host function.
        let inner = unsafe { StoreBox::from_pointer(store) };
        let handle = ManuallyDrop::new(Store { inner });
        Self { handle, store, thread }
    }
}

impl Drop for LentStore {
    fn drop(&mut self) {
        // SAFETY: the store is alive, because someone is inside, and the host function has returned its borrow.
        unsafe { self.store.as_ref() }.interruption().resume(self.thread);
        if self.handle.inner.pointer() != self.store {
            // `mem::swap` moved the running store to a place where it may be used or dropped at the same time.
            eprintln!("a host function exchanged the store that it was called with");
            std::process::abort();
        }
    }
}

/// A host function returned a reference of another type or another store, or no reference at all.
#[derive(Debug)]
struct ForeignResult {
    index: usize,
}

impl fmt::Display for ForeignResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "result {} of a host function is not a reference that this store made", self.index + 1)
    }
}

impl std::error::Error for ForeignResult {}

/// [`HostCallee`](wootz_vm_abi::callconv::HostCallee) of every host function.
unsafe extern "C" fn host_callee(
    context: *mut VMHostContext,
    caller: *mut VMContext,
    slots: *mut ValRaw,
) -> u32 {
    // SAFETY: the trampoline passes the context it was called with, the calling instance's context or null, and as many
    // slots as the type needs; the store is alive while its code runs, who entered that is inside, and nothing borrows from it.
    unsafe {
        let func = NonNull::new_unchecked((*context).function.cast::<HostFunc>());
        let store = (*func.as_ptr()).store;
        let slots: &mut [ValRaw] = match func.as_ref().ty.slots {
            0 => &mut [],
            count => std::slice::from_raw_parts_mut(slots, count),
        };
        let instance = (!caller.is_null())
            .then(|| Instance { store: store.as_ref().id(), index: (*caller).instance.addr() as u32 });
        let outcome = catch_unwind(AssertUnwindSafe(|| HostFunc::run(func, instance, slots)));
        let reason = match outcome {
            Ok(Ok(())) if (*store.as_ptr()).interruption().is_requested() => {
                Pending::Trap(TrapCode::Interrupted)
            }
            Ok(Ok(())) => return 0,
            Ok(Err(error)) => Pending::Host(error),
            Err(payload) => Pending::Panic(payload),
        };
        (*store.as_ptr()).set_pending(reason);
        1
    }
}

/// Calls a host function from the host, without compiled code between: a panic just unwinds.
///
/// # Safety
/// `context` must be a host function's of a live store from which nothing borrows; `slots` must be as many as the type
/// needs.
pub(crate) unsafe fn call_directly(
    context: *mut VMHostContext,
    slots: &mut [ValRaw],
) -> Result<(), HostError> {
    // SAFETY: as the caller promises.
    unsafe {
        let func = NonNull::new_unchecked((*context).function.cast::<HostFunc>());
        let _inside = Inside::enter((*func.as_ptr()).store);
        HostFunc::run(func, None, slots)
    }
}

/// Someone in a store, until dropped.
struct Inside(NonNull<StoreInner>);

impl Inside {
    /// # Safety
    /// The store must be alive, and nothing may borrow from it now nor when this is dropped.
    unsafe fn enter(store: NonNull<StoreInner>) -> Self {
        // SAFETY: as the caller promises.
        unsafe { (*store.as_ptr()).enter() };
        Self(store)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // SAFETY: as `enter`'s caller promised; a store with someone inside is not freed.
        unsafe { (*self.0.as_ptr()).leave() };
    }
}
