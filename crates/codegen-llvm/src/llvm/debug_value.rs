//! Records of where a variable is.

use inkwell::basic_block::BasicBlock;
use inkwell::debug_info::{DIExpression, DILocalVariable, DILocation, DebugInfoBuilder};
use inkwell::values::{AsValueRef, BasicValueEnum};
use llvm_sys::debuginfo::LLVMDIBuilderInsertDbgValueRecordAtEnd;

/// Appends to a block that is still without an end: from here on, `variable` is what `expression` makes of `value`.
///
/// The location is one in the variable's subprogram.
pub(crate) fn append_debug_value<'ctx>(
    builder: &DebugInfoBuilder<'ctx>,
    block: BasicBlock<'ctx>,
    value: BasicValueEnum<'ctx>,
    variable: DILocalVariable<'ctx>,
    expression: DIExpression<'ctx>,
    location: DILocation<'ctx>,
) {
    // SAFETY: all of them are alive and of one context, as `'ctx` says, and a record at the end of a block is what the next
    // instruction that is appended takes along.
    unsafe {
        LLVMDIBuilderInsertDbgValueRecordAtEnd(
            builder.as_mut_ptr(),
            value.as_value_ref(),
            variable.as_mut_ptr(),
            expression.as_mut_ptr(),
            location.as_mut_ptr(),
            block.as_mut_ptr(),
        );
    }
}
