//! x86-64: entering compiled code so that a signal handler can leave it, registers, trap instructions.

use std::arch::naked_asm;

use wootz_vm_abi::callconv::{HostEntry, ValRaw};
use wootz_vm_abi::context::VMContext;

/// Number of registers in [`Registers`], by their DWARF numbers: 16 general ones and the return address column.
pub(crate) const REGISTERS: usize = 17;

/// Register values of a frame, by DWARF number: rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Registers {
    /// Values by number.
    pub(crate) values: [usize; REGISTERS],
}

impl Registers {
    /// DWARF number of the stack pointer.
    pub(crate) const SP: usize = 7;
    /// DWARF number of the return address column; as a value, the program counter.
    pub(crate) const PC: usize = 16;
}

/// Where a handler leaves compiled code to.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Landing {
    /// Stack pointer to continue with.
    pub(crate) sp: usize,
    /// Where to continue.
    pub(crate) pc: usize,
}

impl Landing {
    /// The landing of the [`call_with_record`] that recorded `sp`.
    pub(crate) fn of(sp: usize) -> Self {
        Self { sp, pc: land as *const () as usize }
    }
}

/// Calls `entry(context, code, slots)` and records its own stack pointer before. Returns 0 when that returns; returns 1 when a
/// signal handler goes on at the [`Landing`] of the record.
///
/// All frames between are gone in the second case, without unwinding. Callee-saved registers are as at the call, either way: in the
/// first, `entry` has kept them itself, so that nothing needs to be read back. The control words of both floating-point units
/// are the same too, because compiled code never changes them (a test looks for the instructions), and the kernel goes on with
/// those of the interrupted code.
///
/// # Safety
/// `entry` must be a host-entry trampoline, `code`, `context` and `slots` what it expects, and `sp` valid for a write. A handler
/// may land here only from code below this very call, with no Rust frame between that has something to drop.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn call_with_record(
    context: *mut VMContext,
    code: *const std::ffi::c_void,
    slots: *mut ValRaw,
    sp: *mut usize,
    entry: HostEntry,
) -> u32 {
    naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbp, 0",
        "push rbx",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbx, 0",
        "push r12",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r12, 0",
        "push r13",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r13, 0",
        "push r14",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r14, 0",
        "push r15",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r15, 0",
        "sub rsp, 8",
        ".cfi_adjust_cfa_offset 8",
        "mov [rcx], rsp",
        "call r8",
        "xor eax, eax",
        "add rsp, 56",
        ".cfi_def_cfa_offset 8",
        "ret",
        ".cfi_endproc",
    )
}

/// Where a handler goes on, with the stack pointer that [`call_with_record`] recorded: returns 1 from that.
///
/// # Safety
/// Not to be called.
#[unsafe(naked)]
unsafe extern "C" fn land() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_def_cfa_offset 64",
        ".cfi_offset rbp, -16",
        ".cfi_offset rbx, -24",
        ".cfi_offset r12, -32",
        ".cfi_offset r13, -40",
        ".cfi_offset r14, -48",
        ".cfi_offset r15, -56",
        // The code that was left may have stood anywhere, in a string operation that counts down as well.
        "cld",
        "mov eax, 1",
        "add rsp, 8",
        ".cfi_adjust_cfa_offset -8",
        "pop r15",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_same_value r15",
        "pop r14",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_same_value r14",
        "pop r13",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_same_value r13",
        "pop r12",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_same_value r12",
        "pop rbx",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_same_value rbx",
        "pop rbp",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_same_value rbp",
        "ret",
        ".cfi_endproc",
    )
}

/// The byte that a trap instruction (`ud1`, as LLVM's `llvm.ubsantrap` makes it) starting with `code` carries.
///
/// ```text
/// 67 0f b9 40 nn             ud1 eax, [eax + nn]      nn below 128
/// 67 0f b9 80 nn 00 00 00    ud1 eax, [eax + nn]
/// ```
pub(crate) fn trap_byte(code: &[u8]) -> Option<u8> {
    match code {
        [0x67, 0x0f, 0xb9, 0x40, byte, ..] | [0x67, 0x0f, 0xb9, 0x80, byte, 0, 0, 0, ..] => Some(*byte),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::c_void;

    #[test]
    fn trap_instructions_carry_their_byte_in_both_forms() {
        assert_eq!(trap_byte(&[0x67, 0x0f, 0xb9, 0x40, 0x0e]), Some(14));
        assert_eq!(trap_byte(&[0x67, 0x0f, 0xb9, 0x80, 0xfe, 0, 0, 0, 0x90]), Some(0xfe));
        assert_eq!(trap_byte(&[0x67, 0x0f, 0xb9, 0x80, 0xfe, 1, 0, 0]), None);
        assert_eq!(trap_byte(&[0x67, 0x0f, 0xb9, 0x40]), None);
        assert_eq!(trap_byte(&[0x0f, 0x0b]), None);
        assert_eq!(trap_byte(&[]), None);
    }

    unsafe extern "C" fn note(context: *mut VMContext, code: *const c_void, slots: *mut ValRaw) {
        // SAFETY: the test passes one slot.
        unsafe { *slots = ValRaw((context.addr() * 1000 + code.addr()) as u128) };
    }

    #[test]
    fn entering_passes_the_arguments_and_returns() {
        let mut slot = ValRaw(0);
        let mut sp = 0;
        let here = (&raw const sp).addr();
        // SAFETY: `note` reads no context and no code, and writes one slot.
        let landed = unsafe {
            call_with_record(
                std::ptr::without_provenance_mut(7),
                std::ptr::without_provenance(9),
                &mut slot,
                &mut sp,
                note,
            )
        };
        assert_eq!((landed, slot.0), (0, 7009));
        assert!(sp < here && sp.is_multiple_of(16));
        assert_eq!(Landing::of(sp), Landing { sp, pc: land as *const () as usize });
    }
}
