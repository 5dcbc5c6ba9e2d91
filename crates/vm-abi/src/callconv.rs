//! How WebAssembly signatures become machine signatures. `docs/calling-convention.md` has the register tables.
//!
//! **WebAssembly code** (`wasm`): LLVM's `tailcc`, `R f(ptr vmctx, params…, [padding], [ptr results])`. `i32`, `i64`, `f32`,
//! `f64` and `v128` as themselves, references as pointers; [`is_padded`] tells about the padding. Up to
//! [`REGISTER_RESULTS`] results come back by value (one as itself, more as a literal struct); a function with more takes a
//! last pointer to an array of [`ValRaw`] slots that it fills, and returns nothing. A caller stores its own context in [`VMStoreContext::caller`](crate::context::VMStoreContext)
//! before a call through an import or a reference. A function that only its own module calls may have the C convention instead, with the same parameters.
//!
//! **Host entry** (host → wasm), C convention, one per function type of the module:
//! `void host_entry(ptr vmctx, ptr code, ptr slots)`. `slots` is an array of `max(params, results)` [`ValRaw`]: arguments
//! on entry, results on return.
//!
//! **Host exit** (wasm → host), one per function type, in the WebAssembly convention: its `vmctx` is a
//! [`VMHostContext`](crate::context::VMHostContext). It checks the stack limit, spills its arguments to slots, calls
//! [`HostCallee`], and executes a `Pending` trap if that returns non-zero.

use crate::context::{VMContext, VMHostContext};
use wootz_wasm_types::{FuncType, ValType};

/// Results that are returned by value; a signature with more returns through memory.
pub const REGISTER_RESULTS: usize = 3;

/// Whether a function returns its results through a pointer.
pub fn returns_through_memory(ty: &FuncType) -> bool {
    are_returned_through_memory(&ty.results)
}

/// Whether results of these types are returned through a pointer.
pub fn are_returned_through_memory(results: &[ValType]) -> bool {
    results.len() > REGISTER_RESULTS
}

/// Integer parameters in registers on x86-64, the context among them.
const INTEGER_REGISTERS: usize = 6;

/// Floating-point and vector parameters in registers on x86-64.
const VECTOR_REGISTERS: usize = 8;

/// Whether code that is handed values of these types takes an `f64` without a meaning after them, before the pointer to
/// the results.
///
/// It does where a `v128` is on the stack and the stack parameters would not be a multiple of 16 bytes on x86-64. For
/// these LLVM 22.1 takes 16 bytes more in the caller than the callee pops, in ordinary and in tail calls.
pub fn is_padded(params: impl IntoIterator<Item = ValType>, results_pointer: bool) -> bool {
    let (mut integers, mut vectors) = (1, 0);
    let (mut size, mut has_vector) = (0_usize, false);
    for ty in params {
        let (used, registers) = match ty {
            ValType::I32 | ValType::I64 | ValType::Ref(_) => (&mut integers, INTEGER_REGISTERS),
            ValType::F32 | ValType::F64 | ValType::V128 => (&mut vectors, VECTOR_REGISTERS),
        };
        *used += 1;
        if *used > registers {
            let is_vector = ty == ValType::V128;
            has_vector |= is_vector;
            size = if is_vector { size.next_multiple_of(16) + 16 } else { size + 8 };
        }
    }
    if results_pointer && integers >= INTEGER_REGISTERS {
        size += 8;
    }
    has_vector && !size.is_multiple_of(16)
}

/// Slots that a call of this type needs across the host boundary.
pub fn slot_count(ty: &FuncType) -> usize {
    ty.params.len().max(ty.results.len())
}

/// Stack that a builtin, a library call or a host function may count on, in bytes: compiled code calls nothing with less.
pub const HOST_STACK_RESERVE: usize = 256 << 10;

/// Implementation of a host function: context, calling instance (null if the host calls itself), slots.
/// Returns 0, or non-zero if a trap is pending in the store.
pub type HostCallee = unsafe extern "C" fn(*mut VMHostContext, *mut VMContext, *mut ValRaw) -> u32;

/// Signature of a host-entry trampoline.
pub type HostEntry = unsafe extern "C" fn(*mut VMContext, *const std::ffi::c_void, *mut ValRaw);

/// One value crossing the host boundary: 16 bytes, little-endian, the value in its lowest bytes. What lies above a
/// narrower value is unspecified.
#[derive(Copy, Clone)]
#[repr(C, align(16))]
pub struct ValRaw(pub u128);

impl ValRaw {
    /// An `i32`.
    pub fn i32(value: i32) -> Self {
        Self(u128::from(value as u32))
    }
    /// An `i64`.
    pub fn i64(value: i64) -> Self {
        Self(u128::from(value as u64))
    }
    /// An `f32` by its bits.
    pub fn f32(bits: u32) -> Self {
        Self(u128::from(bits))
    }
    /// An `f64` by its bits.
    pub fn f64(bits: u64) -> Self {
        Self(u128::from(bits))
    }
    /// A reference as its pointer-sized word.
    pub fn reference(word: usize) -> Self {
        Self(word as u128)
    }
    /// As an `i32`.
    pub fn get_i32(self) -> i32 {
        self.0 as i32
    }
    /// As an `i64`.
    pub fn get_i64(self) -> i64 {
        self.0 as i64
    }
    /// As the bits of an `f32`.
    pub fn get_f32(self) -> u32 {
        self.0 as u32
    }
    /// As the bits of an `f64`.
    pub fn get_f64(self) -> u64 {
        self.0 as u64
    }
    /// As a reference's word.
    pub fn get_reference(self) -> usize {
        self.0 as usize
    }
}

impl std::fmt::Debug for ValRaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ValRaw({:#x})", self.0)
    }
}
