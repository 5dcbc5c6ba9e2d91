//! A module linked into a program: what its object tells the C runtime, and what the object calls there.
//!
//! ```text
//! lib.o   .text             functions and trampolines as in an image, then the C functions that the header declares
//!         .rodata           constants
//!         .rodata.wootz     the sections of an image that are not code: information, address map, data, unwind information
//!         .data.rel.ro      one LinkedModule and its LinkedImports
//!         .data             with debug information for debuggers, a word that it refers to
//!         .eh_frame, .debug_*   for the program's own unwinder and debugger
//! ```
//!
//! The unwind information is there twice: the program's linker merges the one of all objects for the program's own
//! unwinder, and the runtime walks frames by the copy, which stands at its distance from the code in the image.

use std::ffi::c_void;
use std::sync::atomic::AtomicUsize;

use crate::image::FORMAT_VERSION;

/// First bytes of a [`LinkedModule`].
pub const LINKED_MAGIC: [u8; 8] = *b"wootzobj";

/// Symbol of the object's [`LinkedModule`], local to it.
pub const LINKED_MODULE: &str = "wootz_module";

/// Symbol of the word that debug information finds the only instance by, local to the object: `Instance` of [`debug`](crate::debug).
pub const ONLY_INSTANCE: &str = "wootz_only_instance";

/// Symbol of the runtime's list of memories: `Memories` of [`debug`](crate::debug).
pub const MEMORY_LIST: &str = "wootz_debug_memories";

/// Bytes of an object that are constant for the life of the program.
#[derive(Copy, Clone, Debug)]
#[repr(C)]
pub struct LinkedBytes {
    /// The first.
    pub start: *const u8,
    /// How many.
    pub len: usize,
}

/// A part of such bytes.
#[derive(Copy, Clone, Debug)]
#[repr(C)]
pub struct LinkedRange {
    /// Offset of the first.
    pub start: usize,
    /// How many.
    pub len: usize,
}

/// A part of such bytes that is unwind information.
#[derive(Copy, Clone, Debug)]
#[repr(C)]
pub struct LinkedUnwind {
    /// Where it is.
    pub range: LinkedRange,
    /// In the image, its address minus that of the code.
    pub distance: isize,
}

/// What an object says of itself to the runtime.
#[derive(Debug)]
#[repr(C)]
pub struct LinkedModule {
    /// [`LINKED_MAGIC`].
    pub magic: [u8; 8],
    /// [`FORMAT_VERSION`].
    pub version: u64,
    /// Code of the module, without the C functions.
    pub text: LinkedBytes,
    /// What follows, in one.
    pub bytes: LinkedBytes,
    /// [`ImageInfo`](crate::image::ImageInfo), encoded.
    pub info: LinkedRange,
    /// [`AddressMap`](crate::addrmap), encoded.
    pub address_map: LinkedRange,
    /// [`Sources`](crate::sources), encoded; empty if the module has no DWARF.
    pub sources: LinkedRange,
    /// Data segments.
    pub data: LinkedRange,
    /// Unwind information, as in the image.
    pub eh_frame: LinkedUnwind,
    /// Its search table, as in the image.
    pub eh_frame_hdr: LinkedUnwind,
    /// One entry for each import, in order.
    pub imports: *const LinkedImport,
    /// How many.
    pub import_count: usize,
    /// Bytes of the structure of imports that the header declares.
    pub imports_size: usize,
    /// [`ONLY_INSTANCE`], if the object has debug information for debuggers; else null.
    pub only_instance: *const AtomicUsize,
}

/// How the program gives an import: in a structure that the header declares, or not at all.
#[derive(Debug)]
#[repr(C)]
pub struct LinkedImport {
    /// Of a function in the structure: calls it. Else null.
    pub thunk: Option<ImportThunk>,
    /// Of a function or the initial value of a global: its offset in the structure. Of a function of WASI: the offset of the
    /// pointer to WASI's configuration. Else [`NOT_GIVEN`](Self::NOT_GIVEN): the runtime makes it.
    pub offset: usize,
}

impl LinkedImport {
    /// An import that is not in the structure.
    pub const NOT_GIVEN: usize = usize::MAX;
}

/// Calls a function of the structure of imports: `thunk(imports, instance, slots, trap)`. `slots` are those of
/// [`callconv`](crate::callconv) for its type; `trap` is where it may leave a trap.
pub type ImportThunk =
    unsafe extern "C" fn(*const c_void, *mut c_void, *mut crate::callconv::ValRaw, *mut *mut c_void);

impl LinkedModule {
    /// Whether it is one, and of this version: the version otherwise, or 0.
    ///
    /// # Errors
    /// The version that it has.
    pub fn check_version(&self) -> Result<(), u64> {
        match (self.magic == LINKED_MAGIC, self.version) {
            (true, version) if version == u64::from(FORMAT_VERSION) => Ok(()),
            (true, version) => Err(version),
            (false, _) => Err(0),
        }
    }
}

/// Functions of the C runtime that objects call.
pub mod runtime {
    /// `void *wootz_rt_new(const LinkedModule *, const void *imports, void **trap)`.
    pub const NEW: &str = "wootz_rt_new";
    /// `void wootz_rt_free(void *instance)`.
    pub const FREE: &str = "wootz_rt_free";
    /// `void wootz_rt_call(void *instance, uint32_t item, ValRaw *slots, void **trap)`.
    pub const CALL: &str = "wootz_rt_call";
    /// `uint8_t *wootz_rt_memory(void *instance, uint32_t item, size_t *len)`.
    pub const MEMORY: &str = "wootz_rt_memory";
    /// `int64_t wootz_rt_memory_grow(void *instance, uint32_t item, uint64_t pages)`.
    pub const MEMORY_GROW: &str = "wootz_rt_memory_grow";
    /// `void wootz_rt_global_get(void *instance, uint32_t item, ValRaw *value)`.
    pub const GLOBAL_GET: &str = "wootz_rt_global_get";
    /// `void wootz_rt_global_set(void *instance, uint32_t item, const ValRaw *value)`.
    pub const GLOBAL_SET: &str = "wootz_rt_global_set";

    /// All of them. An item is an export by its position, or, behind the last, an import.
    pub const ALL: &[&str] = &[NEW, FREE, CALL, MEMORY, MEMORY_GROW, GLOBAL_GET, GLOBAL_SET];
}
