//! An LLVM context whose diagnostics become errors instead of text on stderr and an exit.

use std::cell::RefCell;
use std::ffi::{CStr, c_void};

use inkwell::context::Context;
use llvm_sys::LLVMDiagnosticSeverity;
use llvm_sys::core::{
    LLVMContextSetDiagnosticHandler, LLVMContextSetDiscardValueNames, LLVMDisposeMessage,
    LLVMGetDiagInfoDescription, LLVMGetDiagInfoSeverity,
};
use llvm_sys::prelude::LLVMDiagnosticInfoRef;

/// A context and the errors that were reported in it.
pub(crate) struct LlvmContext {
    context: Context,
    // After `context`: fields drop in order, and the handler writes here as long as the context lives.
    errors: Box<RefCell<Vec<String>>>,
}

impl LlvmContext {
    /// A new context; initialises LLVM first. Names of blocks are only for who reads LLVM IR.
    pub(crate) fn new(keep_names: bool) -> Self {
        super::init();
        let context = Context::create();
        let errors = Box::new(RefCell::new(Vec::new()));
        let state: *const RefCell<Vec<String>> = &*errors;
        // SAFETY: `state` points into a box that outlives the context, see the order of the fields.
        unsafe {
            LLVMContextSetDiagnosticHandler(context.raw(), Some(on_diagnostic), state.cast_mut().cast());
            LLVMContextSetDiscardValueNames(context.raw(), i32::from(!keep_names));
        }
        Self { context, errors }
    }

    /// The context.
    pub(crate) fn get(&self) -> &Context {
        &self.context
    }

    /// The errors reported since the last call, one per line; `None` if there was none.
    pub(crate) fn take_errors(&self) -> Option<String> {
        let errors = self.errors.take();
        (!errors.is_empty()).then(|| errors.join("\n"))
    }
}

extern "C" fn on_diagnostic(info: LLVMDiagnosticInfoRef, state: *mut c_void) {
    // SAFETY: LLVM calls this with a live diagnostic and the state that was registered, on the context's own thread;
    // the description is a string we own and must dispose of.
    unsafe {
        if !matches!(LLVMGetDiagInfoSeverity(info), LLVMDiagnosticSeverity::LLVMDSError) {
            return;
        }
        let description = LLVMGetDiagInfoDescription(info);
        let text = CStr::from_ptr(description).to_string_lossy().into_owned();
        LLVMDisposeMessage(description);
        let errors = &*state.cast::<RefCell<Vec<String>>>();
        errors.borrow_mut().push(text);
    }
}
