//! What comes after each call: LLVM's unwind information is wrong there, and right again behind the next instruction.
//!
//! A callee takes its arguments from the stack, so that behind the call the stack pointer is higher than before, until the caller has moved it back. LLVM
//! does not say so. What the instruction does to the stack pointer tells by how much the information is off ([`AfterCall`]).

use wootz_debuginfo::unwind;
use wootz_debuginfo::write::AfterCall;

use super::error::LinkError;
use super::layout::Layout;
use super::machine::Arch;
use crate::llvm::Disassembler;
use wootz_vm_abi::machine::Machine;

/// The instructions after calls that move the stack pointer by a number, by address. None for machines other than x86-64, whose callees take
/// nothing from the stack.
pub(super) fn after_calls(arch: &Arch, layout: &Layout<'_>) -> Result<Vec<AfterCall>, LinkError> {
    let mut found = Vec::new();
    let disassembler =
        (arch.machine == Machine::X86_64).then(|| Disassembler::new(c"x86_64-unknown-linux-gnu"));
    let Some(disassembler) = disassembler.flatten() else { return Ok(found) };
    let (frames, text) = (&layout.outputs[Layout::EH_FRAME], &layout.outputs[Layout::TEXT]);
    for entry in unwind::entries(&frames.data, frames.address)? {
        let start = entry.start.checked_sub(text.address).map(|start| start as usize);
        let code = start.and_then(|start| text.data.get(start..start.checked_add(entry.len as usize)?));
        let Some(code) = code else { continue };
        let (mut at, mut after_call) = (0, false);
        // Functions are nothing but instructions: tables stand elsewhere.
        while let Some(length) = disassembler.length(&code[at..]) {
            let instruction = &code[at..at + length];
            if let (true, Some(moved)) = (after_call, moves_stack_pointer(instruction)) {
                let start = entry.start + at as u64;
                found.push(AfterCall { instruction: start..start + length as u64, moved });
            }
            after_call = is_call(instruction);
            at += length;
        }
    }
    found.sort_by_key(|after| after.instruction.start);
    Ok(found)
}

/// Whether an instruction of x86-64 is a call.
fn is_call(instruction: &[u8]) -> bool {
    let operation = match instruction {
        [0x40..=0x4f, rest @ ..] => rest,
        rest => rest,
    };
    match operation {
        [0xe8, ..] => true,
        [0xff, operand, ..] => operand >> 3 & 7 == 2,
        _ => false,
    }
}

/// By how much an instruction of x86-64 moves the stack pointer, if it does nothing else that matters to frames.
fn moves_stack_pointer(instruction: &[u8]) -> Option<i64> {
    let long = |bytes: &[u8; 4]| i64::from(i32::from_le_bytes(*bytes));
    Some(match instruction {
        // push %rax: the shortest way to make room for 8 bytes.
        [0x50] => -8,
        // sub and add
        [0x48, 0x83, 0xec, by] => -i64::from(by.cast_signed()),
        [0x48, 0x83, 0xc4, by] => i64::from(by.cast_signed()),
        [0x48, 0x81, 0xec, by @ ..] => -long(by.try_into().ok()?),
        [0x48, 0x81, 0xc4, by @ ..] => long(by.try_into().ok()?),
        // lea by(%rsp), %rsp
        [0x48, 0x8d, 0x64, 0x24, by] => i64::from(by.cast_signed()),
        [0x48, 0x8d, 0xa4, 0x24, by @ ..] => long(by.try_into().ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_told_by_their_bytes() {
        let calls: [&[u8]; 4] =
            [&[0xe8, 1, 2, 3, 4], &[0xff, 0xd0], &[0x41, 0xff, 0xd3], &[0xff, 0x50, 0x18]];
        assert!(calls.iter().all(|call| is_call(call)));
        let others: [&[u8]; 4] = [&[0xff, 0xe0], &[0xff, 0x30], &[0xe9, 1, 2, 3, 4], &[0x48, 0x89, 0xf8]];
        assert!(!others.iter().any(|other| is_call(other)));
        let moves = [
            (&[0x50][..], Some(-8)),
            (&[0x48, 0x83, 0xec, 0x18], Some(-24)),
            (&[0x48, 0x81, 0xc4, 0, 1, 0, 0], Some(256)),
            (&[0x48, 0x8d, 0x64, 0x24, 0xf8], Some(-8)),
            (&[0x48, 0x8d, 0xa4, 0x24, 0xe8, 0xff, 0xff, 0xff], Some(-24)),
            (&[0x48, 0x83, 0xe4, 0xf0], None),
            (&[0x53], None),
        ];
        for (instruction, by) in moves {
            assert_eq!(moves_stack_pointer(instruction), by, "{instruction:x?}");
        }
    }

    #[test]
    fn lengths_are_llvms() {
        let disassembler = Disassembler::new(c"x86_64-unknown-linux-gnu").unwrap();
        assert_eq!(disassembler.length(&[0x48, 0x83, 0xec, 0x18, 0x50]), Some(4));
        assert_eq!(disassembler.length(&[0x50]), Some(1));
        assert_eq!(disassembler.length(&[]), None);
    }
}
