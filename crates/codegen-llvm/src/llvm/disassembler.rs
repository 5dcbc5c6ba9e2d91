//! LLVM's disassembler, for where instructions end and what they are.

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

    /// The instruction that code begins with: its bytes, and its text in AT&T's syntax, of which the first 127 bytes. `None` if it is none.
    pub(crate) fn instruction(&self, code: &[u8]) -> Option<(usize, String)> {
        let mut text: [c_char; 128] = [0; 128];
        let (bytes, size) = (code.as_ptr().cast_mut(), code.len() as u64);
        // SAFETY: LLVM reads so many bytes of code, whatever the type says, and writes no more text than there is room for, with a zero at its end.
        let length = unsafe { LLVMDisasmInstruction(self.0, bytes, size, 0, text.as_mut_ptr(), text.len()) };
        let text = text.iter().take_while(|byte| **byte != 0).map(|byte| char::from(byte.cast_unsigned()));
        (length > 0).then(|| (length, text.collect()))
    }
}

impl Drop for Disassembler {
    fn drop(&mut self) {
        // SAFETY: it was made by LLVM and is disposed of once.
        unsafe { LLVMDisasmDispose(self.0) };
    }
}
