//! Pointer arithmetic in bytes.

use inkwell::builder::{Builder, BuilderError};
use inkwell::types::IntType;
use inkwell::values::{IntValue, PointerValue};

/// `base + offset` in bytes. The result must lie in the object `base` points into, or at its end.
///
/// `byte` is the context's `i8`, `offset` a 64-bit integer.
pub(crate) fn byte_offset<'ctx>(
    builder: &Builder<'ctx>,
    byte: IntType<'ctx>,
    base: PointerValue<'ctx>,
    offset: IntValue<'ctx>,
) -> Result<PointerValue<'ctx>, BuilderError> {
    debug_assert_eq!((byte.get_bit_width(), offset.get_type().get_bit_width()), (8, 64));
    // SAFETY: one integer index into `i8` fits every pointer, so LLVM computes a valid type for the result. Whether the
    // emitted code stays in its object is the lowering's promise, which no Rust memory depends on.
    unsafe { builder.build_in_bounds_gep(byte, base, &[offset], "") }
}
