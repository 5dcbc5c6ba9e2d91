//! LLVM's disassembler, for where instructions end.

use std::ffi::{CStr, c_char, c_void};

use llvm_sys::disassembler::{
    LLVMCreateDisasm, LLVMDisasmContextRef, LLVMDisasmDispose, LLVMDisasmInstruction,
};

/// A disassembler for one machine.
pub(crate) struct Disassembler(LLVMDisasmContextRef);

impl Disassembler {
    /// The disassembler for a target triple; `None` if there is none.
    pub(crate) fn new(triple: &CStr) -> Option<Self> {
        super::init();
        let nothing: *mut c_void = std::ptr::null_mut();
        // SAFETY: the triple is a string; without callbacks nothing is asked of us, so that their information may be null.
        let context = unsafe { LLVMCreateDisasm(triple.as_ptr(), nothing, 0, None, None) };
        (!context.is_null()).then_some(Self(context))
    }

    /// Bytes of the instruction that code begins with; `None` if it is none.
    pub(crate) fn length(&self, code: &[u8]) -> Option<usize> {
        let mut text: [c_char; 128] = [0; 128];
        let (bytes, size) = (code.as_ptr().cast_mut(), code.len() as u64);
        // SAFETY: LLVM reads so many bytes of code, whatever the type says, and writes no more text than there is room for.
        let length = unsafe { LLVMDisasmInstruction(self.0, bytes, size, 0, text.as_mut_ptr(), text.len()) };
        Some(length).filter(|length| *length > 0)
    }
}

impl Drop for Disassembler {
    fn drop(&mut self) {
        // SAFETY: it was made by LLVM and is disposed of once.
        unsafe { LLVMDisasmDispose(self.0) };
    }
}
