//! The runtime functions that compiled code calls: one method each, bounds checked, and the table of their addresses.
//!
//! A failing one leaves its reason with the store and returns non-zero; compiled code then traps.

use std::ffi::c_void;

use wootz_vm_abi::builtin::Builtin;
use wootz_vm_abi::context::{VMCONTEXT_MAGIC, VMContext};
use wootz_vm_abi::for_each_builtin;
use wootz_vm_abi::trap::TrapCode;

use super::store::{Pending, StoreInner};

type Status = Result<(), TrapCode>;

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
    (@finish status, $store:ident, $result:expr) => {
        match $result {
            Ok(()) => 0,
            Err(code) => {
                $store.set_pending(Pending::Trap(code));
                1
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

/// Linear memory (specification: Memory Instructions).
impl Running<'_> {
    fn memory(&self, memory: u32) -> usize {
        self.store.instances[self.instance].memories[memory as usize] as usize
    }

    fn memory_grow(self, memory: u32, delta: u64) -> u64 {
        let memory = self.memory(memory);
        self.store.memories[memory].grow(delta).unwrap_or(u64::MAX)
    }

    fn memory_fill(&mut self, memory: u32, dst: u64, value: u32, len: u64) -> Status {
        let memory = self.memory(memory);
        let bytes = self.store.memories[memory].memory_mut().bytes_mut();
        let target = checked_range(dst, len, bytes.len(), TrapCode::MemoryOutOfBounds)?;
        bytes[target].fill(value as u8);
        Ok(())
    }

    fn memory_copy(&mut self, dst_memory: u32, dst: u64, src_memory: u32, src: u64, len: u64) -> Status {
        let (to, from) = (self.memory(dst_memory), self.memory(src_memory));
        let lengths = (&self.store.memories[to], &self.store.memories[from]);
        let source = checked_range(src, len, lengths.1.memory().length(), TrapCode::MemoryOutOfBounds)?;
        let target = checked_range(dst, len, lengths.0.memory().length(), TrapCode::MemoryOutOfBounds)?;
        match self.store.memories.get_disjoint_mut([to, from]) {
            Ok([to, from]) => {
                to.memory_mut().bytes_mut()[target].copy_from_slice(&from.memory().bytes()[source]);
            }
            Err(_) => self.store.memories[to].memory_mut().bytes_mut().copy_within(source, target.start),
        }
        Ok(())
    }

    fn memory_init(&mut self, memory: u32, data: u32, dst: u64, src: u64, len: u64) -> Status {
        let memory = self.memory(memory);
        super::instantiate::init_memory(self.store, self.instance, memory, data as usize, dst, src, len)
    }

    fn data_drop(&mut self, data: u32) -> Status {
        self.store.instances[self.instance].dropped_data[data as usize] = true;
        Ok(())
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
        self.store.tables[table].grow(delta, value).unwrap_or(u64::MAX)
    }

    fn table_fill(&mut self, table: u32, dst: u64, value: usize, len: u64) -> Status {
        let table = self.table(table);
        let words = self.store.tables[table].words_mut();
        let target = checked_range(dst, len, words.len(), TrapCode::TableOutOfBounds)?;
        words[target].fill(value);
        Ok(())
    }

    fn table_copy(&mut self, dst_table: u32, dst: u64, src_table: u32, src: u64, len: u64) -> Status {
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
        let table = self.table(table);
        super::instantiate::init_table(self.store, self.instance, table, elem as usize, dst, src, len)
    }

    fn elem_drop(&mut self, elem: u32) -> Status {
        self.store.instances[self.instance].elements[elem as usize] = Box::default();
        Ok(())
    }
}
