//! The name of a loop that is not to be vectorised.

use inkwell::context::{AsContextRef as _, Context};
use inkwell::values::{AsValueRef as _, MetadataValue};
use llvm_sys::core::{
    LLVMMDNodeInContext2, LLVMMDStringInContext2, LLVMMetadataAsValue, LLVMValueAsMetadata,
};
use llvm_sys::debuginfo::{LLVMMetadataReplaceAllUsesWith, LLVMTemporaryMDNode};

/// A node for `!llvm.loop` on the branches that repeat a loop.
pub(crate) fn scalar_loop(context: &Context) -> MetadataValue<'_> {
    const PROPERTY: &str = "llvm.loop.vectorize.enable";
    let no = context.bool_type().const_zero();
    let llvm = context.as_ctx_ref();
    // SAFETY: everything is made in one context, which is alive; lengths are those of the arrays and of the text, which LLVM copies. A
    // loop's node has itself as first operand, so one that is temporary stands there until there is a node, and is freed by being replaced.
    unsafe {
        let property = LLVMMDStringInContext2(llvm, PROPERTY.as_ptr().cast(), PROPERTY.len());
        let mut operands = [property, LLVMValueAsMetadata(no.as_value_ref())];
        let property = LLVMMDNodeInContext2(llvm, operands.as_mut_ptr(), operands.len());
        let itself = LLVMTemporaryMDNode(llvm, std::ptr::null_mut(), 0);
        let mut operands = [itself, property];
        let node = LLVMMDNodeInContext2(llvm, operands.as_mut_ptr(), operands.len());
        LLVMMetadataReplaceAllUsesWith(itself, node);
        MetadataValue::new(LLVMMetadataAsValue(llvm, node))
    }
}
