//! The structures compiled code reads and writes through its context pointer.
//!
//! One [`VMContext`] per instance: a fixed header, then a tail whose offsets [`VMContextLayout::new`] computes from the
//! module's shape. Pointers in these structures are owned by the runtime; compiled code never frees or moves anything.
//!
//! ```text
//! VMContext (header, fixed)
//! ├─ imported functions  [VMFunctionImport; n]      code, context and reference of each
//! ├─ imported tables     [*mut VMTable; n]
//! ├─ imported memories   [*mut VMMemory; n]
//! ├─ imported globals    [*mut VMGlobal; n]
//! ├─ defined tables      [VMTable; n]
//! ├─ defined memories    [VMMemory; n]             of a shared one: *mut VMMemory in its first word
//! ├─ defined globals     [VMGlobal; n]              16-byte aligned
//! └─ function references [VMFuncRef; n]             one per function that escapes, see FuncRefs
//! ```

use std::ffi::c_void;
use std::mem::offset_of;

use serde::{Deserialize, Serialize};
use wootz_wasm_types::entity::Entity;
use wootz_wasm_types::{Declarations, FuncIndex, GlobalIndex, MemoryIndex, TableIndex};

/// "wtzctx01" in memory order: lets a debugger and the runtime's assertions recognise a context.
pub const VMCONTEXT_MAGIC: u64 = u64::from_le_bytes(*b"wtzctx01");

/// Header of an instance's context; the tail follows it.
#[repr(C, align(16))]
#[derive(Debug)]
pub struct VMContext {
    /// [`VMCONTEXT_MAGIC`].
    pub magic: u64,
    /// The store's context.
    pub store: *mut VMStoreContext,
    /// Builtin functions by [`Builtin`](crate::builtin::Builtin) number.
    pub builtins: *const *const c_void,
    /// Store-wide type identity of each of the module's types, by `TypeIndex`.
    pub type_ids: *const VMTypeId,
    /// The runtime's instance; opaque to compiled code.
    pub instance: *mut c_void,
    /// Counters of the module's [`branches`](crate::branches), if it counts them; all its instances have the same.
    pub counters: *mut u64,
}

/// Identity of a function type within a store: equal types have equal ids.
#[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(transparent)]
pub struct VMTypeId(pub u32);

/// What all instances of a store share.
#[repr(C)]
#[derive(Debug)]
pub struct VMStoreContext {
    /// Lowest stack address at which compiled code may still call something. Checked in the prologue.
    pub stack_limit: usize,
    /// Context of the instance that last left through an import or an indirect call: who called the host.
    pub caller: *mut VMContext,
    /// The runtime's store; opaque to compiled code.
    pub runtime: *mut c_void,
    /// Fuel that is left, or how much too much has been taken if it is negative.
    pub fuel: i64,
}

/// An imported function: what a call needs, without going through its reference.
#[repr(C)]
#[derive(Copy, Clone, Debug)]
pub struct VMFunctionImport {
    /// Code, in the WebAssembly calling convention.
    pub code: *const c_void,
    /// The callee's context: a [`VMContext`], or a [`VMHostContext`] for a host function.
    pub callee: *mut c_void,
    /// Its reference.
    pub func_ref: *const VMFuncRef,
}

/// A function reference, the target of a non-null `funcref`.
#[repr(C)]
#[derive(Copy, Clone, Debug)]
pub struct VMFuncRef {
    /// Code, in the WebAssembly calling convention.
    pub code: *const c_void,
    /// The callee's context: a [`VMContext`], or a [`VMHostContext`] for a host function.
    pub callee: *mut c_void,
    /// Host-entry trampoline for its signature, or null for a host function; see [`callconv`](crate::callconv).
    pub host_entry: *const c_void,
    /// Its type.
    pub type_id: VMTypeId,
}

/// Context of a host function, passed where an instance's context would be.
#[repr(C)]
#[derive(Debug)]
pub struct VMHostContext {
    /// Called by the wasm→host trampoline; see [`callconv::HostCallee`](crate::callconv::HostCallee).
    pub callee: crate::callconv::HostCallee,
    /// The store's context.
    pub store: *mut VMStoreContext,
    /// The runtime's function; opaque to compiled code.
    pub function: *mut c_void,
}

/// A linear memory as compiled code sees it.
#[repr(C)]
#[derive(Debug)]
pub struct VMMemory {
    /// First byte. Constant for the life of the memory if its plan is guarded, or it is shared or cannot grow.
    pub base: *mut u8,
    /// Accessible length in bytes. Of a shared memory it is read and written atomically, and only grows.
    pub length: usize,
    /// The last address from which 1, 2, … bytes exist, if the memory has so many at all. Not of a shared memory.
    pub limits: [u64; Self::LIMITS],
}

impl VMMemory {
    /// How many limits there are: most accesses of compilers end no further from their address.
    pub const LIMITS: usize = 64;

    /// A memory of that base and length.
    pub fn new(base: *mut u8, length: usize) -> Self {
        let limits = std::array::from_fn(|index| (length as u64).saturating_sub(index as u64 + 1));
        Self { base, length, limits }
    }

    /// Offset of the limit for an access that ends so many bytes from its address, if there is one.
    pub fn limit(bytes: u64) -> Option<usize> {
        let index = usize::try_from(bytes).ok()?.checked_sub(1).filter(|index| *index < Self::LIMITS)?;
        Some(offset_of!(Self, limits) + index * size_of::<u64>())
    }
}

/// A table as compiled code sees it: read only.
#[repr(C)]
#[derive(Debug)]
pub struct VMTable {
    /// Elements, each a pointer-sized reference; null is zero.
    pub base: *const *mut c_void,
    /// Number of elements.
    pub length: usize,
}

/// A global's storage: the value in its first bytes, little-endian.
#[repr(C, align(16))]
#[derive(Copy, Clone, Debug)]
pub struct VMGlobal {
    /// The value's bytes.
    pub bytes: [u8; 16],
}

/// Which functions have a [`VMFuncRef`] in the context: those that an export, an element segment, a global or a table's
/// initial value names. The specification lets `ref.func` name no other function in a body.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FuncRefs {
    /// In ascending order; the position is the slot.
    functions: Vec<FuncIndex>,
}

impl FuncRefs {
    /// The escaping functions of a module.
    pub fn new(declarations: &Declarations) -> Self {
        Self { functions: declarations.escaping_functions().into_iter().collect() }
    }

    /// The slot of a function, or `None` if it does not escape.
    pub fn slot(&self, func: FuncIndex) -> Option<usize> {
        self.functions.binary_search(&func).ok()
    }

    /// The functions in slot order.
    pub fn functions(&self) -> &[FuncIndex] {
        &self.functions
    }
}

/// The counts that decide the layout of a context's tail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleShape {
    /// Imported functions.
    pub imported_functions: usize,
    /// Imported tables.
    pub imported_tables: usize,
    /// Imported memories.
    pub imported_memories: usize,
    /// Imported globals.
    pub imported_globals: usize,
    /// Defined tables.
    pub defined_tables: usize,
    /// Defined memories.
    pub defined_memories: usize,
    /// Whether each defined memory is shared: it outlives the instance, which only points to it.
    pub shared_memories: Vec<bool>,
    /// Defined globals.
    pub defined_globals: usize,
    /// Function references.
    pub func_refs: FuncRefs,
}

impl ModuleShape {
    /// The shape of a module.
    pub fn new(declarations: &Declarations) -> Self {
        Self {
            imported_functions: declarations.imported_functions,
            imported_tables: declarations.imported_tables,
            imported_memories: declarations.imported_memories,
            imported_globals: declarations.imported_globals,
            defined_tables: declarations.tables.len() - declarations.imported_tables,
            defined_memories: declarations.memories.len() - declarations.imported_memories,
            shared_memories: (declarations.memories.values().skip(declarations.imported_memories))
                .map(|memory| memory.shared)
                .collect(),
            defined_globals: declarations.globals.len() - declarations.imported_globals,
            func_refs: FuncRefs::new(declarations),
        }
    }
}

/// Where a module's entity is found from the context pointer.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// The structure itself lies at this byte offset in the context.
    Inline(usize),
    /// A pointer to the structure lies at this byte offset in the context.
    Pointer(usize),
}

/// Byte offsets in one module's context.
#[derive(Clone, Debug)]
pub struct VMContextLayout {
    shape: ModuleShape,
    imported_functions: usize,
    imported_tables: usize,
    imported_memories: usize,
    imported_globals: usize,
    defined_tables: usize,
    defined_memories: usize,
    defined_globals: usize,
    func_refs: usize,
    size: usize,
}

impl VMContextLayout {
    /// Alignment of a context, in bytes.
    pub const ALIGN: usize = align_of::<VMContext>();

    /// Computes the layout for a module's shape.
    pub fn new(shape: &ModuleShape) -> Self {
        let mut end = size_of::<VMContext>();
        let mut array = |size: usize, align: usize, count: usize| {
            let start = end.next_multiple_of(align);
            end = start + size * count;
            start
        };
        let pointer = size_of::<*const ()>();
        let imported_functions =
            array(size_of::<VMFunctionImport>(), align_of::<VMFunctionImport>(), shape.imported_functions);
        let imported_tables = array(pointer, pointer, shape.imported_tables);
        let imported_memories = array(pointer, pointer, shape.imported_memories);
        let imported_globals = array(pointer, pointer, shape.imported_globals);
        let defined_tables = array(size_of::<VMTable>(), align_of::<VMTable>(), shape.defined_tables);
        let defined_memories = array(size_of::<VMMemory>(), align_of::<VMMemory>(), shape.defined_memories);
        let defined_globals = array(size_of::<VMGlobal>(), align_of::<VMGlobal>(), shape.defined_globals);
        let func_refs =
            array(size_of::<VMFuncRef>(), align_of::<VMFuncRef>(), shape.func_refs.functions().len());
        Self {
            shape: shape.clone(),
            imported_functions,
            imported_tables,
            imported_memories,
            imported_globals,
            defined_tables,
            defined_memories,
            defined_globals,
            func_refs,
            size: end.next_multiple_of(Self::ALIGN),
        }
    }

    /// Size of a whole context in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The shape it was made for.
    pub fn shape(&self) -> &ModuleShape {
        &self.shape
    }

    /// Offset of an imported function's [`VMFunctionImport`].
    pub fn imported_function(&self, func: FuncIndex) -> usize {
        debug_assert!(func.index() < self.shape.imported_functions);
        self.imported_functions + func.index() * size_of::<VMFunctionImport>()
    }

    /// Where a table's [`VMTable`] is.
    pub fn table(&self, table: TableIndex) -> Place {
        place(
            table.index(),
            self.shape.imported_tables,
            self.imported_tables,
            self.defined_tables,
            size_of::<VMTable>(),
        )
    }

    /// Where a memory's [`VMMemory`] is.
    pub fn memory(&self, memory: MemoryIndex) -> Place {
        let imported = self.shape.imported_memories;
        let own = place(
            memory.index(),
            imported,
            self.imported_memories,
            self.defined_memories,
            size_of::<VMMemory>(),
        );
        match own {
            Place::Inline(offset) if self.shape.shared_memories[memory.index() - imported] => {
                Place::Pointer(offset)
            }
            place => place,
        }
    }

    /// Where a global's [`VMGlobal`] is.
    pub fn global(&self, global: GlobalIndex) -> Place {
        let imported = self.shape.imported_globals;
        place(global.index(), imported, self.imported_globals, self.defined_globals, size_of::<VMGlobal>())
    }

    /// Offset of a function's [`VMFuncRef`], if it escapes.
    pub fn func_ref(&self, func: FuncIndex) -> Option<usize> {
        Some(self.func_refs + self.shape.func_refs.slot(func)? * size_of::<VMFuncRef>())
    }
}

fn place(index: usize, imported: usize, pointers: usize, defined: usize, size: usize) -> Place {
    match index.checked_sub(imported) {
        None => Place::Pointer(pointers + index * size_of::<*const ()>()),
        Some(index) => Place::Inline(defined + index * size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_the_last_address_with_room() {
        for length in [0, 1, 63, 64, 65, 1 << 16, 1_usize << 32] {
            let memory = VMMemory::new(std::ptr::null_mut(), length);
            for bytes in 1..=VMMemory::LIMITS {
                let room = length as u64 - memory.limits[bytes - 1];
                assert!(bytes > length || room == bytes as u64, "{bytes} of {length}");
                let offset = offset_of!(VMMemory, limits) + (bytes - 1) * size_of::<u64>();
                assert_eq!(VMMemory::limit(bytes as u64), Some(offset));
            }
        }
        assert_eq!(VMMemory::limit(0), None);
        assert_eq!(VMMemory::limit(VMMemory::LIMITS as u64 + 1), None);
    }
}
