//! x86-64: the stubs through which code is reached that may not be compiled yet.
//!
//! ```text
//! header: mov  record(%rip), %r11      cells at the start of the data
//!         jmp  *enter(%rip)
//! stub:   jmp  *slot(%rip)             the slot holds the code's address, or that of the next instruction
//!         mov  $entry, %eax
//!         jmp  header
//!         ud1  pending(%eax), %eax     where to go if there is no code
//! ```
//!
//! At every instruction the return address is on top of the stack, and only r11 and rax change, which pass nothing in either
//! convention.

use std::arch::naked_asm;

/// Bytes of the header.
pub(crate) const HEADER: usize = 16;
/// Bytes of a stub.
pub(crate) const STUB: usize = 24;
/// Where in a stub the code is asked for.
pub(crate) const ASK: usize = 6;
/// Where in a stub it traps.
pub(crate) const TRAP: usize = 16;

const INT3: u8 = 0xcc;

/// `address − end of the instruction`, for an instruction that ends at `end`.
fn distance(address: usize, end: usize) -> [u8; 4] {
    let distance = i32::try_from(address as i64 - end as i64);
    distance.expect("a reservation is smaller than what 32 bits reach").to_le_bytes()
}

/// The header at `here`, with the addresses of its two cells.
pub(crate) fn header(here: usize, record: usize, enter: usize) -> [u8; HEADER] {
    let mut bytes = [INT3; HEADER];
    bytes[..3].copy_from_slice(&[0x4c, 0x8b, 0x1d]);
    bytes[3..7].copy_from_slice(&distance(record, here + 7));
    bytes[7..9].copy_from_slice(&[0xff, 0x25]);
    bytes[9..13].copy_from_slice(&distance(enter, here + 13));
    bytes
}

/// The stub of an entry at `here`, with the address of its slot, and the code of the trap.
pub(crate) fn stub(here: usize, slot: usize, entry: u32, header: usize, trap: u8) -> [u8; STUB] {
    let mut bytes = [INT3; STUB];
    bytes[..2].copy_from_slice(&[0xff, 0x25]);
    bytes[2..6].copy_from_slice(&distance(slot, here + 6));
    bytes[6] = 0xb8;
    bytes[7..11].copy_from_slice(&entry.to_le_bytes());
    bytes[11] = 0xe9;
    bytes[12..16].copy_from_slice(&distance(header, here + 16));
    bytes[16..21].copy_from_slice(&[0x67, 0x0f, 0xb9, 0x40, trap]);
    bytes
}

/// What the `enter` cell of a header points to: asks `find(record, entry)` for an address and goes on there, with all arguments of
/// either convention as they were.
///
/// # Safety
/// Only stubs jump here, with a record in r11 and an entry in eax. `find` must return an address where code with the arguments'
/// signature begins, or that of the stub's trap.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter() {
    naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbp, 0",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "push rdi",
        "push rsi",
        "push rdx",
        "push rcx",
        "push r8",
        "push r9",
        "sub rsp, 128",
        "movups [rsp], xmm0",
        "movups [rsp + 16], xmm1",
        "movups [rsp + 32], xmm2",
        "movups [rsp + 48], xmm3",
        "movups [rsp + 64], xmm4",
        "movups [rsp + 80], xmm5",
        "movups [rsp + 96], xmm6",
        "movups [rsp + 112], xmm7",
        "mov rdi, r11",
        "mov esi, eax",
        "call {find}",
        "movups xmm0, [rsp]",
        "movups xmm1, [rsp + 16]",
        "movups xmm2, [rsp + 32]",
        "movups xmm3, [rsp + 48]",
        "movups xmm4, [rsp + 64]",
        "movups xmm5, [rsp + 80]",
        "movups xmm6, [rsp + 96]",
        "movups xmm7, [rsp + 112]",
        "add rsp, 128",
        "pop r9",
        "pop r8",
        "pop rcx",
        "pop rdx",
        "pop rsi",
        "pop rdi",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "jmp rax",
        ".cfi_endproc",
        find = sym crate::vm::lazy::find,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::trap_byte;

    #[test]
    fn distances_are_from_the_ends_of_instructions() {
        let stub = stub(0x1000, 0x9000, 7, 0xff0, 3);
        assert_eq!(i32::from_le_bytes(stub[2..6].try_into().unwrap()), 0x9000 - 0x1006);
        assert_eq!(stub[ASK..ASK + 5], [0xb8, 7, 0, 0, 0]);
        assert_eq!(i32::from_le_bytes(stub[12..16].try_into().unwrap()), 0xff0 - 0x1010);
        assert_eq!(trap_byte(&stub[TRAP..]), Some(3));
        let header = header(0x1000, 0x2000, 0x2008);
        assert_eq!(i32::from_le_bytes(header[3..7].try_into().unwrap()), 0x2000 - 0x1007);
        assert_eq!(i32::from_le_bytes(header[9..13].try_into().unwrap()), 0x2008 - 0x100d);
    }
}
