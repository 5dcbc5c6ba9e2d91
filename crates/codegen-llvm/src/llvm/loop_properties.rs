//! Names of loops that LLVM leaves as they are, in a way that the name says.

use inkwell::context::{AsContextRef as _, Context};
use inkwell::values::MetadataValue;
use llvm_sys::core::{LLVMMDNodeInContext2, LLVMMDStringInContext2, LLVMMetadataAsValue};
use llvm_sys::debuginfo::{LLVMMetadataReplaceAllUsesWith, LLVMTemporaryMDNode};
use llvm_sys::prelude::{LLVMContextRef, LLVMMetadataRef};

/// A node for `!llvm.loop` on the branches that repeat a loop which nothing is to be hoisted from.
pub(crate) fn dispatch_loop(context: &Context) -> MetadataValue<'_> {
    let llvm = context.as_ctx_ref();
    // SAFETY: everything is made in one context, which is alive; lengths are those of the arrays. A loop's node has itself as first
    // operand, so one that is temporary stands there until there is a node, and is freed by being replaced.
    unsafe {
        let itself = LLVMTemporaryMDNode(llvm, std::ptr::null_mut(), 0);
        let mut operands = [itself, node(llvm, [text(llvm, "llvm.licm.disable")])];
        let node = LLVMMDNodeInContext2(llvm, operands.as_mut_ptr(), operands.len());
        LLVMMetadataReplaceAllUsesWith(itself, node);
        MetadataValue::new(LLVMMetadataAsValue(llvm, node))
    }
}

/// A node with these operands.
///
/// # Safety
/// All are of the context, which is alive.
unsafe fn node<const N: usize>(llvm: LLVMContextRef, mut operands: [LLVMMetadataRef; N]) -> LLVMMetadataRef {
    // SAFETY: by the caller, and the length is the array's.
    unsafe { LLVMMDNodeInContext2(llvm, operands.as_mut_ptr(), operands.len()) }
}

/// A text.
///
/// # Safety
/// The context is alive.
unsafe fn text(llvm: LLVMContextRef, text: &str) -> LLVMMetadataRef {
    // SAFETY: by the caller; LLVM copies the text, whose length it is given.
    unsafe { LLVMMDStringInContext2(llvm, text.as_ptr().cast(), text.len()) }
}
