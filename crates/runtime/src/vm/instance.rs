//! An instance: its context, and what the context alone does not tell.

use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

use wootz_vm_abi::context::{Place, VMContext, VMContextLayout, VMFuncRef, VMFunctionImport};
use wootz_wasm_types::{FuncIndex, GlobalIndex, MemoryIndex, TableIndex};

use super::arena::Block;
use super::debugger::ShownInstance;
use super::image::LoadedImage;

/// An instance of a store.
pub(crate) struct InstanceInner {
    /// Before the context, which a debugger may look at as long as it is shown: fields drop in order.
    pub(crate) _shown: Option<ShownInstance>,
    pub(crate) image: Arc<LoadedImage>,
    pub(crate) context: Context,
    /// The store's index of each memory, table and global.
    pub(crate) memories: Box<[u32]>,
    pub(crate) tables: Box<[u32]>,
    pub(crate) globals: Box<[u32]>,
    /// Items of each element segment; none once it is dropped.
    pub(crate) elements: Vec<Box<[usize]>>,
    /// Whether each data segment is dropped.
    pub(crate) dropped_data: Vec<bool>,
}

impl InstanceInner {
    /// A data segment's bytes; none once it is dropped.
    pub(crate) fn data(&self, segment: usize) -> &[u8] {
        if self.dropped_data[segment] { &[] } else { self.image.data(segment) }
    }
}

/// The memory of a [`VMContext`] and its tail, at a fixed address.
pub(crate) struct Context {
    block: Block,
    layout: VMContextLayout,
}

impl Context {
    /// A context of zeroes.
    pub(crate) fn new(layout: &VMContextLayout) -> io::Result<Self> {
        Ok(Self { block: Block::context(layout.size())?, layout: layout.clone() })
    }

    /// Where it lies.
    pub(crate) fn block(&self) -> &Block {
        &self.block
    }

    /// The header.
    pub(crate) fn header(&self) -> NonNull<VMContext> {
        self.block.writable().cast()
    }

    fn at<T>(&self, offset: usize) -> NonNull<T> {
        assert!(offset + size_of::<T>() <= self.layout.size() && offset.is_multiple_of(align_of::<T>()));
        // SAFETY: the offset is inside the block.
        unsafe { self.block.writable().add(offset) }.cast()
    }

    fn place<T>(&self, place: Place) -> NonNull<T> {
        match place {
            Place::Inline(offset) => self.at(offset),
            // SAFETY: instantiation fills the pointers of all imports, with entities that live as long as the store,
            // before it asks for any.
            Place::Pointer(offset) => unsafe { self.at::<NonNull<T>>(offset).read() },
        }
    }

    /// Where a table is.
    pub(crate) fn table(&self, index: TableIndex) -> NonNull<wootz_vm_abi::context::VMTable> {
        self.place(self.layout.table(index))
    }

    /// Where a memory is.
    pub(crate) fn memory_at(&self, index: MemoryIndex) -> NonNull<wootz_vm_abi::context::VMMemory> {
        self.place(self.layout.memory(index))
    }

    /// Where a global is.
    pub(crate) fn global(&self, index: GlobalIndex) -> NonNull<wootz_vm_abi::context::VMGlobal> {
        self.place(self.layout.global(index))
    }

    /// Where the pointer to an imported entity is stored.
    pub(crate) fn pointer_to<T>(&self, place: Place) -> NonNull<NonNull<T>> {
        match place {
            Place::Pointer(offset) => self.at(offset),
            Place::Inline(_) => unreachable!("an imported entity is reached through a pointer"),
        }
    }

    /// Where an imported function is.
    pub(crate) fn import(&self, func: FuncIndex) -> NonNull<VMFunctionImport> {
        self.at(self.layout.imported_function(func))
    }

    /// The reference of a function: its own for an imported one. `None` if a defined one does not escape.
    pub(crate) fn func_ref(&self, func: FuncIndex) -> Option<NonNull<VMFuncRef>> {
        if func.0 < self.layout.shape().imported_functions as u32 {
            // SAFETY: instantiation fills the imports before it asks for a reference.
            return NonNull::new(unsafe { self.import(func).read() }.func_ref.cast_mut());
        }
        self.own_func_ref(func)
    }

    /// Where the context's own reference of a function is, if it escapes.
    pub(crate) fn own_func_ref(&self, func: FuncIndex) -> Option<NonNull<VMFuncRef>> {
        Some(self.at(self.layout.func_ref(func)?))
    }

    /// The addresses of the context's own references.
    pub(crate) fn func_refs(&self) -> std::ops::Range<usize> {
        let escaping = self.layout.shape().func_refs.functions();
        let first = escaping.first().and_then(|func| self.own_func_ref(*func));
        let start = first.map_or(0, |first| first.addr().get());
        start..start + escaping.len() * size_of::<VMFuncRef>()
    }

    /// The layout.
    pub(crate) fn layout(&self) -> &VMContextLayout {
        &self.layout
    }
}
