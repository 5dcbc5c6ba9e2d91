//! Code that is compiled while it runs: asking the compiler for it, from a stub or from code that got hot.

mod open;
mod publish;
mod space;

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wootz_vm_abi::addrmap;
use wootz_vm_abi::lazy::{AGAIN, CompileFailure, EntryCompiler, EntryNumber, Part};
use wootz_wasm_types::FuncIndex;

pub(crate) use open::open;
pub(crate) use space::LazySpace;

use super::activation::Activation;
use super::interrupt::Interruption;
use super::store::Pending;
use crate::lazy::LazyStatistics;
use wootz_vm_abi::trap::TrapCode;

/// The code of a module that is compiled while it runs.
pub(crate) struct LazyCode {
    space: Arc<LazySpace>,
    compiler: Arc<dyn EntryCompiler>,
    hot: u32,
    /// The functions, and the loops, that better code was asked for.
    asked: Mutex<HashSet<(FuncIndex, Option<u32>)>>,
    /// The lines of the sources, once there was a trap.
    sources: OnceLock<Vec<u8>>,
}

impl LazyCode {
    /// Code in a space, made by a compiler that puts it there. At a fixed address: the stubs know it.
    pub(crate) fn new(space: Arc<LazySpace>, compiler: Arc<dyn EntryCompiler>, hot: u32) -> Box<Self> {
        let code = Box::new(Self { space, compiler, hot, asked: Mutex::default(), sources: OnceLock::new() });
        code.space.set_record((&raw const *code).expose_provenance());
        code
    }

    /// Where it is.
    pub(crate) fn space(&self) -> &LazySpace {
        &self.space
    }

    /// The lines of the module's sources.
    pub(crate) fn sources(&self) -> &[u8] {
        self.sources.get_or_init(|| self.compiler.sources())
    }

    /// The function at an address of a stub or a fragment, unless it is a trampoline's.
    pub(crate) fn function_at(&self, address: usize) -> Option<FuncIndex> {
        let part = match self.space.fragment_at(address) {
            Some(fragment) => fragment.part_at(address)?,
            None => Part::Entry(self.space.stub_at(address)?),
        };
        match part {
            Part::Loop(func, _) => Some(func),
            Part::Entry(entry) => match self.space.layout().entry(entry)? {
                wootz_vm_abi::lazy::Entry::Function(func) => Some(func),
                _ => None,
            },
        }
    }

    /// The functions active at an address of a fragment, innermost first.
    pub(crate) fn mapped_frames(&self, address: usize) -> Vec<addrmap::Frame> {
        let fragment = self.space.fragment_at(address);
        fragment.map_or_else(Vec::new, |fragment| fragment.mapped_frames(address, &*self.compiler))
    }

    /// What was compiled so far, and what waits.
    pub(crate) fn statistics(&self) -> LazyStatistics {
        LazyStatistics { pending: self.compiler.pending(), ..self.space.statistics() }
    }

    /// The address of an entry's code, compiled if need be. `None` if the store is asked to stop meanwhile.
    fn code(&self, entry: EntryNumber, interruption: &Interruption) -> Option<Result<usize, CompileFailure>> {
        if let Some(address) = self.space.code(entry) {
            return Some(Ok(address));
        }
        let outcome = Arc::new(OnceLock::new());
        let (result, thread) = (Arc::clone(&outcome), std::thread::current());
        let done = Box::new(move |outcome| {
            // Said once.
            let _ = result.set(outcome);
            thread.unpark();
        });
        let outcome = interruption.while_waiting(|| {
            self.compiler.compile(entry, done);
            publish::wait(|| outcome.get().cloned(), || interruption.is_requested(), std::thread::park)
        })?;
        Some(outcome.map(|()| self.space.code(entry).unwrap_or_else(|| self.space.trap(entry))))
    }

    /// Better code for a function that is hot, in its loop if it is in one: its address, if there is any yet.
    pub(crate) fn better(&self, func: FuncIndex, at_loop: Option<u32>) -> Option<usize> {
        let code = at_loop.and_then(|at_loop| self.space.loop_code(func, at_loop));
        if code.is_none() {
            // Asked again only after a while: it takes time to compile.
            let again = (self.hot / AGAIN).max(1);
            self.space.counter(func).store(self.hot.saturating_sub(again), Ordering::Relaxed);
            // A loop that ends soon needs no way in: it asks for one if it still runs when its function is optimised.
            let at_loop = at_loop.filter(|_| self.space.is_optimised(func));
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if asked.insert((func, at_loop)) {
                drop(asked);
                self.compiler.optimise(func, at_loop);
            }
        }
        code
    }
}

impl Drop for LazyCode {
    fn drop(&mut self) {
        self.compiler.close();
    }
}

/// What a stub asks: where to go on for an entry. The address of code, or of the stub's trap with the reason left in the store.
///
/// # Safety
/// `code` must be the record of the stub, and the thread must run code of a store that has the module.
pub(crate) unsafe extern "C" fn find(code: *const LazyCode, entry: u32) -> usize {
    // SAFETY: the store that runs keeps the module, and with it the record.
    let code = unsafe { &*code };
    let entry = EntryNumber(entry);
    let Some(activation) = Activation::current() else {
        // Stubs are reached through an activation only; without one there is nobody to tell.
        return code.space.trap(entry);
    };
    // SAFETY: the innermost activation is alive, and so is its store, from which nothing borrows while its code runs.
    let store = unsafe { &mut *activation.as_ref().store().as_ptr() };
    let interruption = Arc::clone(store.interruption());
    let reason = match code.code(entry, &interruption) {
        Some(Ok(address)) if !interruption.is_requested() => return address,
        Some(Err(failure)) => Pending::Host(Box::new(failure)),
        Some(Ok(_)) | None => Pending::Trap(TrapCode::Interrupted),
    };
    store.set_pending(reason);
    code.space.trap(entry)
}
