//! What comes after each call: LLVM's unwind information is wrong there, and right again behind the next instruction.
//!
//! A callee takes its arguments from the stack, so that behind the call the stack pointer is higher than before, until the caller has moved it back. LLVM
//! does not say so. What the instruction does to the stack pointer tells by how much the information is off ([`AfterCall`]).
//!
//! LLVM takes that instruction also for the end of what it knows of values on the stack, up to the end of the block. They are where they were until
//! something is stored there, so code that runs on from the instruction is looked through for that.

use std::collections::BTreeSet;

use wootz_debuginfo::unwind;
use wootz_debuginfo::write::{AfterCall, StackStore};

use super::error::LinkError;
use super::layout::Layout;
use super::machine::Arch;
use crate::llvm::{Disassembler, Instruction};
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
        found.extend(Function::new(&disassembler, code, entry.start).after_calls());
    }
    found.sort_by_key(|after| after.instruction.start);
    Ok(found)
}

/// The calls of a function and the code behind them.
#[derive(Default)]
struct Function {
    found: Vec<AfterCall>,
    /// Addresses that something in the function jumps to, if all are known.
    targets: Option<BTreeSet<u64>>,
}

impl Function {
    fn new(disassembler: &Disassembler, code: &[u8], address: u64) -> Self {
        let mut function = Self { found: Vec::new(), targets: Some(BTreeSet::new()) };
        let (mut at, mut after_call, mut is_straight) = (0, false, false);
        // Functions are nothing but instructions: tables stand elsewhere.
        while let Some(instruction) = disassembler.instruction(&code[at..]) {
            let bytes = &code[at..at + instruction.length];
            let start = address + at as u64;
            let end = start + bytes.len() as u64;
            let moved = if after_call { moves_stack_pointer(bytes) } else { None };
            is_straight &= !after_call;
            after_call = is_call(bytes);
            if is_straight && let Some(last) = function.found.last_mut() {
                is_straight = runs_on(&instruction, last, end) || after_call;
                // A call itself changes nothing on the stack that its caller has values in.
                last.straight = if is_straight { end } else { start };
            }
            if let Some(moved) = moved {
                let stores = Vec::new();
                function.found.push(AfterCall { instruction: start..end, moved, straight: end, stores });
                is_straight = true;
            }
            function.note_target(&instruction, end);
            at += instruction.length;
        }
        function
    }

    /// Notes where an instruction jumps to.
    fn note_target(&mut self, instruction: &Instruction, end: u64) {
        let (name, operands) = instruction.text();
        if !name.starts_with('j') {
            return;
        }
        match operands.parse() {
            Ok(distance) => {
                _ = self.targets.as_mut().map(|targets| targets.insert(end.wrapping_add_signed(distance)))
            }
            Err(_) => self.targets = None,
        }
    }

    /// The instructions after calls, with code that runs on only up to where something jumps to.
    fn after_calls(mut self) -> Vec<AfterCall> {
        for AfterCall { instruction, straight, .. } in &mut self.found {
            let target = |targets: &BTreeSet<u64>| targets.range(instruction.end..).next().copied();
            let end = self.targets.as_ref().map_or(Some(instruction.end), target);
            *straight = end.map_or(*straight, |end| end.min(*straight));
        }
        self.found
    }
}

/// Whether the next instruction follows on this one, and nothing but that. Notes what this stores on the stack.
fn runs_on(instruction: &Instruction, after: &mut AfterCall, end: u64) -> bool {
    let (name, operands) = instruction.text();
    if let Some((before, _)) = operands.strip_suffix(')').and_then(|operands| operands.split_once("(%rsp")) {
        let offset = before.rsplit([',', ' ', '*']).next().unwrap_or_default();
        let offset = if offset.is_empty() { Ok(0) } else { offset.parse() };
        let Ok(offset) = offset else { return false };
        // The largest register has 64 bytes.
        let bytes = if matches!(name, "movb" | "movw" | "movl" | "movq") { 8 } else { 64 };
        after.stores.push(StackStore { end, offset, bytes });
    }
    let others = ["call", "ret", "ud", "int", "hlt", "sys", "loop", "push", "pop", "enter", "leave"];
    !name.starts_with('j')
        && !others.iter().any(|other| name.starts_with(other))
        && !operands.ends_with("%rsp")
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
        let length = |code: &[u8]| disassembler.instruction(code).map(|instruction| instruction.length);
        assert_eq!(length(&[0x48, 0x83, 0xec, 0x18, 0x50]), Some(4));
        assert_eq!(length(&[0x50]), Some(1));
        assert_eq!(length(&[]), None);
    }

    #[test]
    fn code_runs_on_up_to_jumps_and_their_targets() {
        let disassembler = Disassembler::new(c"x86_64-unknown-linux-gnu").unwrap();
        let call = [0xe8, 0, 0, 0, 0];
        let (sub, store, inc) = ([0x48, 0x83, 0xec, 8], [0x48, 0x89, 0x44, 0x24, 0x10], [0xff, 0xc0]);
        let straight = |code: &[&[u8]]| {
            let found = Function::new(&disassembler, &code.concat(), 0x100).after_calls();
            found
                .into_iter()
                .map(|after| (after.instruction.start, after.straight, after.stores))
                .collect::<Vec<_>>()
        };
        // A jump, and the other call with the instruction behind it.
        let code: [&[u8]; 7] = [&call, &sub, &store, &inc, &call, &sub, &[0xeb, 0xf3]];
        let stored = vec![StackStore { end: 0x10e, offset: 16, bytes: 8 }];
        // The jump leads to the increment.
        assert_eq!(straight(&code), [(0x105, 0x10e, stored.clone()), (0x115, 0x119, vec![])]);
        // A jump that may lead anywhere.
        let code: [&[u8]; 4] = [&call, &sub, &inc, &[0xff, 0xe0]];
        assert_eq!(straight(&code), [(0x105, 0x109, vec![])]);
        // A call that nothing is said of.
        let code: [&[u8]; 5] = [&call, &sub, &store, &call, &inc];
        assert_eq!(straight(&code), [(0x105, 0x113, stored)]);
    }
}
