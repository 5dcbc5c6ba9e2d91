//! The runtime functions that compiled code calls: one method each, bounds checked, and the table of their addresses.
//!
//! A failing one leaves its reason with the store and returns non-zero; compiled code then traps.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::context::{VMCONTEXT_MAGIC, VMContext};
use wootz_vm_abi::for_each_builtin;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_types::FuncIndex;

use super::shared::SharedInner;
use super::store::{Pending, StoreInner};

type Status = Result<(), TrapCode>;
type Outcome = Result<u32, TrapCode>;

/// The addresses of the builtins, by number.
pub(crate) struct Table([*const c_void; Builtin::ALL.len()]);

// SAFETY: addresses of functions, which never change.
unsafe impl Sync for Table {}

impl Table {
    /// The first address.
    pub(crate) fn as_ptr(&self) -> *const *const c_void {
        self.0.as_ptr()
    }
}

macro_rules! entries {
    (@type i32) => { u32 };
    (@type i64) => { u64 };
    (@type ref) => { usize };
    (@type status) => { u32 };
    (@type outcome) => { u64 };
    (@finish status, $store:ident, $result:expr) => {
        match $result {
            Ok(()) if !$store.interruption().is_requested() => 0,
            Ok(()) => {
                $store.set_pending(Pending::Trap(TrapCode::Interrupted));
                1
            }
            Err(code) => {
                $store.set_pending(Pending::Trap(code));
                1
            }
        }
    };
    (@finish outcome, $store:ident, $result:expr) => {
        match $result {
            Ok(_) if $store.interruption().is_requested() => {
                $store.set_pending(Pending::Trap(TrapCode::Interrupted));
                u64::MAX
            }
            Ok(outcome) => u64::from(outcome),
            Err(code) => {
                $store.set_pending(Pending::Trap(code));
                u64::MAX
            }
        }
    };
    (@finish $type:tt, $store:ident, $result:expr) => { $result };
    ($($(#[$doc:meta])* $name:ident($($param:ident: $type:tt),*) -> $result:tt;)*) => {
        /// The entry points, in the C convention.
        mod entry {
            use super::*;

            $($(#[$doc])*
            pub(super) unsafe extern "C" fn $name(
                context: *mut VMContext,
                $($param: entries!(@type $type)),*
            ) -> entries!(@type $result) {
                // SAFETY: compiled code passes its context, whose store it runs in exclusively.
                let (store, instance) = unsafe { enter(context) };
                entries!(@finish $result, store, Running { store, instance }.$name($($param),*))
            })*
        }

        /// Every builtin.
        pub(crate) static TABLE: Table = Table([$(entry::$name as *const c_void),*]);
    };
}

for_each_builtin!(entries);

/// # Safety
/// `context` must be an instance's, and the thread must run its code now.
unsafe fn enter<'a>(context: *mut VMContext) -> (&'a mut StoreInner, usize) {
    // SAFETY: as the caller promises: the store is alive and nothing else borrows from it.
    unsafe {
        debug_assert_eq!((*context).magic, VMCONTEXT_MAGIC);
        ((*(*context).store).runtime.cast::<StoreInner>().as_mut_unchecked(), (*context).instance.addr())
    }
}

/// The instance whose code called.
struct Running<'a> {
    store: &'a mut StoreInner,
    instance: usize,
}

/// `start..start + count` as positions in something of `length`, or `trap`.
pub(super) fn checked_range(
    start: u64,
    count: u64,
    length: usize,
    trap: TrapCode,
) -> Result<std::ops::Range<usize>, TrapCode> {
    match start.checked_add(count) {
        Some(end) if end <= length as u64 => Ok(start as usize..end as usize),
        _ => Err(trap),
    }
}

/// What a unit of fuel pays for in a bulk instruction, beyond the instruction itself.
const BYTES: u64 = 64;
const ELEMENTS: u64 = 8;

impl Running<'_> {
    /// Takes the price before anything is done, also before bounds are looked at.
    fn burn(&mut self, fuel: u64) -> Status {
        self.store.burn(fuel);
        if self.store.has_debt() { Err(TrapCode::OutOfFuel) } else { Ok(()) }
    }
}

/// Linear memory (specification: Memory Instructions).
impl Running<'_> {
    fn memory(&self, memory: u32) -> usize {
        self.store.instances[self.instance].memories[memory as usize] as usize
    }

    fn memory_grow(self, memory: u32, delta: u64) -> u64 {
        let memory = self.memory(memory);
        self.store.grow_memory(memory, delta).unwrap_or(u64::MAX)
    }

    fn memory_fill(&mut self, memory: u32, dst: u64, value: u32, len: u64) -> Status {
        self.burn(len / BYTES)?;
        let memory = self.memory(memory);
        self.store.memories[memory].fill(dst, value as u8, len)
    }

    fn memory_copy(&mut self, dst_memory: u32, dst: u64, src_memory: u32, src: u64, len: u64) -> Status {
        self.burn(len / BYTES)?;
        let (to, from) = (self.memory(dst_memory), self.memory(src_memory));
        match self.store.memories.get_disjoint_mut([to, from]) {
            Ok([to, from]) => to.copy_from(dst, from, src, len),
            Err(_) => self.store.memories[to].copy_within(dst, src, len),
        }
    }

    fn memory_init(&mut self, memory: u32, data: u32, dst: u64, src: u64, len: u64) -> Status {
        self.burn(len / BYTES)?;
        let memory = self.memory(memory);
        super::instantiate::init_memory(self.store, self.instance, memory, data as usize, dst, src, len)
    }

    fn data_drop(&mut self, data: u32) -> Status {
        self.store.instances[self.instance].dropped_data[data as usize] = true;
        Ok(())
    }
}

/// Waiting and waking (threads proposal). First the alignment is checked, then the bounds, then that the memory is shared.
impl Running<'_> {
    fn atomic_wait32(self, memory: u32, address: u64, offset: u64, expected: u32, timeout: u64) -> Outcome {
        let (shared, address) = self.waiting_place(memory, address, offset, 4)?;
        let atom: &AtomicU32 = atom(shared, address)?;
        self.wait(shared, address, || atom.load(Ordering::SeqCst) == expected, timeout)
    }

    fn atomic_wait64(self, memory: u32, address: u64, offset: u64, expected: u64, timeout: u64) -> Outcome {
        let (shared, address) = self.waiting_place(memory, address, offset, 8)?;
        let atom: &AtomicU64 = atom(shared, address)?;
        self.wait(shared, address, || atom.load(Ordering::SeqCst) == expected, timeout)
    }

    fn waiting_place(
        &self,
        memory: u32,
        address: u64,
        offset: u64,
        bytes: u64,
    ) -> Result<(&SharedInner, u64), TrapCode> {
        let address = self.atomic_place(memory, address, offset, bytes)?;
        let shared = self.store.memories[self.memory(memory)].shared();
        Ok((shared.ok_or(TrapCode::ExpectedSharedMemory)?, address))
    }

    /// A negative timeout, in nanoseconds, is none. If the store is asked to stop, the wait ends, and the builtin's end sees to
    /// the rest.
    fn wait(
        &self,
        memory: &SharedInner,
        address: u64,
        is_expected: impl FnOnce() -> bool,
        timeout: u64,
    ) -> Outcome {
        let timeout = (timeout as i64 >= 0).then(|| Duration::from_nanos(timeout));
        let interruption = self.store.interruption();
        let is_stopped = || interruption.is_requested();
        match interruption
            .while_waiting(|| memory.queues.wait_unless(address, is_expected, timeout, is_stopped))
        {
            Ok(outcome) => Ok(outcome as u32),
            Err(super::wait::Interrupted) => Err(TrapCode::Interrupted),
        }
    }

    fn atomic_notify(self, memory: u32, address: u64, offset: u64, count: u32) -> Outcome {
        let address = self.atomic_place(memory, address, offset, 4)?;
        let shared = self.store.memories[self.memory(memory)].shared();
        // Nobody can wait at a memory that is not shared.
        Ok(shared.map_or(0, |shared| shared.queues.notify(address, count)))
    }

    fn atomic_place(&self, memory: u32, address: u64, offset: u64, bytes: u64) -> Result<u64, TrapCode> {
        if !address.wrapping_add(offset).is_multiple_of(bytes) {
            return Err(TrapCode::UnalignedAtomic);
        }
        let address = address.checked_add(offset).ok_or(TrapCode::MemoryOutOfBounds)?;
        let length = self.store.memories[self.memory(memory)].length();
        checked_range(address, bytes, length, TrapCode::MemoryOutOfBounds)?;
        Ok(address)
    }
}

fn atom<T: super::shared::Atom>(memory: &SharedInner, address: u64) -> Result<&T, TrapCode> {
    let atom = memory.atom(address).map_err(|_| TrapCode::MemoryOutOfBounds)?;
    atom.ok_or(TrapCode::UnalignedAtomic)
}

/// Code that is compiled while it runs.
impl Running<'_> {
    fn better_code(self, func: u32, at_loop: u32) -> usize {
        let lazy = self.store.instances[self.instance].image.lazy();
        let at_loop = (at_loop != u32::MAX).then_some(at_loop);
        lazy.and_then(|lazy| lazy.better(FuncIndex(func), at_loop)).unwrap_or(0)
    }
}

/// Tables (specification: Table Instructions).
impl Running<'_> {
    fn table(&self, table: u32) -> usize {
        self.store.instances[self.instance].tables[table as usize] as usize
    }

    fn table_set(&mut self, table: u32, index: u64, value: usize) -> Status {
        let table = self.table(table);
        let words = self.store.tables[table].words_mut();
        let target = checked_range(index, 1, words.len(), TrapCode::TableOutOfBounds)?;
        words[target].fill(value);
        Ok(())
    }

    fn table_grow(self, table: u32, value: usize, delta: u64) -> u64 {
        let table = self.table(table);
        self.store.grow_table(table, delta, value).unwrap_or(u64::MAX)
    }

    fn table_fill(&mut self, table: u32, dst: u64, value: usize, len: u64) -> Status {
        self.burn(len / ELEMENTS)?;
        let table = self.table(table);
        let words = self.store.tables[table].words_mut();
        let target = checked_range(dst, len, words.len(), TrapCode::TableOutOfBounds)?;
        words[target].fill(value);
        Ok(())
    }

    fn table_copy(&mut self, dst_table: u32, dst: u64, src_table: u32, src: u64, len: u64) -> Status {
        self.burn(len / ELEMENTS)?;
        let (to, from) = (self.table(dst_table), self.table(src_table));
        let lengths = (&self.store.tables[to], &self.store.tables[from]);
        let source = checked_range(src, len, lengths.1.elements().words().len(), TrapCode::TableOutOfBounds)?;
        let target = checked_range(dst, len, lengths.0.elements().words().len(), TrapCode::TableOutOfBounds)?;
        match self.store.tables.get_disjoint_mut([to, from]) {
            Ok([to, from]) => to.words_mut()[target].copy_from_slice(&from.elements().words()[source]),
            Err(_) => self.store.tables[to].words_mut().copy_within(source, target.start),
        }
        Ok(())
    }

    fn table_init(&mut self, table: u32, elem: u32, dst: u64, src: u64, len: u64) -> Status {
        self.burn(len / ELEMENTS)?;
        let table = self.table(table);
        super::instantiate::init_table(self.store, self.instance, table, elem as usize, dst, src, len)
    }

    fn elem_drop(&mut self, elem: u32) -> Status {
        self.store.instances[self.instance].elements[elem as usize] = Box::default();
        Ok(())
    }
}
