//! Globals: sixteen bytes each, in the defining instance's context or on their own.

use std::ptr::NonNull;

use wootz_vm_abi::callconv::ValRaw;
use wootz_vm_abi::context::VMGlobal;
use wootz_wasm_types::GlobalType;

use super::memory::Definition;

/// A global of a store.
pub(crate) struct StoreGlobal {
    ty: GlobalType,
    definition: Definition<VMGlobal>,
}

impl StoreGlobal {
    /// A global whose storage is its own.
    pub(crate) fn owned(ty: GlobalType, value: ValRaw) -> Self {
        Self { ty, definition: Definition::owned(VMGlobal { bytes: value.0.to_le_bytes() }) }
    }

    /// A global whose storage lies in an instance's context.
    ///
    /// # Safety
    /// `definition` must be valid as long as the store lives.
    pub(crate) unsafe fn inline(ty: GlobalType, definition: NonNull<VMGlobal>) -> Self {
        Self { ty, definition: Definition::Inline(definition) }
    }

    /// Its type.
    pub(crate) fn ty(&self) -> GlobalType {
        self.ty
    }

    /// Where compiled code finds it.
    pub(crate) fn definition(&self) -> NonNull<VMGlobal> {
        self.definition.pointer()
    }

    /// Its value.
    pub(crate) fn get(&self) -> ValRaw {
        // SAFETY: the storage lives as long as this, and compiled code writes it only while nobody borrows the store.
        ValRaw(u128::from_le_bytes(unsafe { self.definition().read() }.bytes))
    }

    /// Changes its value, which must be of its type.
    pub(crate) fn set(&mut self, value: ValRaw) {
        // SAFETY: as in `get`.
        unsafe { self.definition().write(VMGlobal { bytes: value.0.to_le_bytes() }) };
    }
}
