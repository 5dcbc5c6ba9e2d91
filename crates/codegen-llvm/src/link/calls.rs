//! What comes after each call: LLVM's unwind information is wrong there, and right again behind the next instruction that moves the stack pointer.
//!
//! A callee takes its arguments from the stack, so that behind the call the stack pointer is higher than before, until the caller has moved it back. LLVM
//! says so late, or not at all. What the code does to the stack pointer tells by how much the information is off ([`AfterCall`]).
//!
//! LLVM takes that instruction also for the end of what it knows of values on the stack, up to the end of the block. They are where they were until
//! something is stored there, so code that runs on from the instruction is looked through for that.

use std::collections::BTreeSet;

use wootz_debuginfo::unwind;
use wootz_debuginfo::write::{AfterCall, StackStore};

use super::error::LinkError;
use super::layout::Layout;
use super::machine::Arch;
use crate::llvm::Disassembler;
use wootz_vm_abi::machine::Machine;

/// What comes after calls, up to the first instruction that moves the stack pointer by a number, by address. None for machines other than x86-64, whose callees take
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
    found.sort_by_key(|after| after.code.start);
    Ok(found)
}

/// The calls of a function and the code behind them.
struct Function {
    found: Vec<AfterCall>,
    /// Addresses that something in the function jumps to, if all are known.
    targets: Option<BTreeSet<u64>>,
}

impl Function {
    fn new(disassembler: &Disassembler, code: &[u8], address: u64) -> Self {
        let mut function = Self { found: Vec::new(), targets: Some(BTreeSet::new()) };
        let mut at = 0;
        // Where the last call ends, as long as nothing since then has moved the stack pointer, and what was stored since.
        let mut after_call: Option<(u64, Vec<StackStore>)> = None;
        // Whether code has run on since the last that was found.
        let mut is_straight = false;
        // Functions are nothing but instructions: tables stand elsewhere.
        while let Some((length, text)) = disassembler.instruction(&code[at..]) {
            let (instruction, text) = (&code[at..at + length], text.trim_start());
            let start = address + at as u64;
            at += length;
            let end = address + at as u64;
            let (is_call, keeps, store) = (is_call(instruction), keeps_stack_pointer(text), store(text, end));
            if is_straight && let Some(last) = function.found.last_mut() {
                last.stores.extend(store.clone());
                // A call changes nothing on the stack that its caller has values in.
                last.straight = if keeps || is_call { end } else { start };
                is_straight = keeps;
            }
            match (after_call.take(), moves_stack_pointer(instruction)) {
                (Some((start, stores)), Some(moved)) => {
                    function.found.push(AfterCall { code: start..end, moved, straight: end, stores });
                    is_straight = true;
                }
                _ if is_call => after_call = Some((end, Vec::new())),
                (Some((start, mut stores)), _) if keeps => {
                    stores.extend(store);
                    after_call = Some((start, stores));
                }
                _ => {}
            }
            function.note_target(text, end);
        }
        function
    }

    /// Notes where an instruction jumps to.
    fn note_target(&mut self, text: &str, end: u64) {
        if !text.starts_with('j') {
            return;
        }
        match text.split_once('\t').and_then(|(_, distance)| distance.trim().parse().ok()) {
            Some(distance) => {
                _ = self.targets.as_mut().map(|targets| targets.insert(end.wrapping_add_signed(distance)));
            }
            None => self.targets = None,
        }
    }

    /// What comes after the calls, with code that runs on only up to where something jumps to.
    fn after_calls(mut self) -> Vec<AfterCall> {
        for AfterCall { code, straight, .. } in &mut self.found {
            let target = |targets: &BTreeSet<u64>| targets.range(code.start..).next().copied();
            let end = self.targets.as_ref().map_or(Some(code.start), target);
            *straight = match end {
                Some(end) if end < code.end => code.start,
                Some(end) => end.min(*straight),
                None => *straight,
            };
        }
        self.found
    }
}

/// What an instruction of x86-64 may store relative to the stack pointer: its last operand is what it may write.
fn store(text: &str, end: u64) -> Option<StackStore> {
    let (name, operands) = text.split_once('\t')?;
    let (before, index) = operands.trim_end().strip_suffix(')')?.rsplit_once("(%rsp")?;
    let offset = before.rsplit([',', ' ', '*']).next().unwrap_or_default();
    let offset = if offset.is_empty() { Some(0) } else { offset.parse().ok() };
    // The largest register has 64 bytes.
    let bytes = if matches!(name, "movb" | "movw" | "movl" | "movq") { 8 } else { 64 };
    let place = offset.filter(|_| index.is_empty()).map(|offset| (offset, bytes));
    Some(StackStore { end, place })
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

/// Whether what comes after an instruction of x86-64 is the next one, with the same stack pointer: it neither jumps nor names the register but to address by it.
fn keeps_stack_pointer(text: &str) -> bool {
    let text = text.trim_start();
    let moves =
        ["push", "pop", "call", "ret", "leave", "enter", "j", "loop", "int", "iret", "sys", "ud", "hlt"];
    let outside = text.split('(').enumerate().map(|(index, part)| {
        let addressed = if index > 0 { part.find(')') } else { None };
        addressed.map_or(part, |end| &part[end..])
    });
    let mut outside = outside;
    !moves.iter().any(|name| text.starts_with(name))
        && !outside.any(|part| ["%rsp", "%esp", "%sp"].iter().any(|name| part.contains(name)))
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
        let length = |code: &[u8]| disassembler.instruction(code).map(|(length, _)| length);
        assert_eq!(length(&[0x48, 0x83, 0xec, 0x18, 0x50]), Some(4));
        assert_eq!(length(&[0x50]), Some(1));
        assert_eq!(length(&[]), None);
    }

    #[test]
    fn an_instruction_that_moves_the_stack_pointer_names_it() {
        let disassembler = Disassembler::new(c"x86_64-unknown-linux-gnu").unwrap();
        let keeps = |code: &[u8]| keeps_stack_pointer(&disassembler.instruction(code).unwrap().1);
        // mov %r15d, %edi; mov 8(%rsp), %rax; lea 16(%rsp,%rax), %rcx
        let keeping: [&[u8]; 3] =
            [&[0x44, 0x89, 0xff], &[0x48, 0x8b, 0x44, 0x24, 8], &[0x48, 0x8d, 0x4c, 0x04, 16]];
        assert!(keeping.iter().all(|code| keeps(code)));
        // add $8, %rsp; mov %rbp, %rsp; lea -8(%rbp), %rsp; pop %rbx; push; call; ret; jmp; je
        let others: [&[u8]; 9] = [
            &[0x48, 0x83, 0xc4, 8],
            &[0x48, 0x89, 0xec],
            &[0x48, 0x8d, 0x65, 0xf8],
            &[0x5b],
            &[0x50],
            &[0xe8, 0, 0, 0, 0],
            &[0xc3],
            &[0xeb, 0],
            &[0x74, 0],
        ];
        assert!(!others.iter().any(|code| keeps(code)));
    }

    #[test]
    fn code_runs_on_up_to_jumps_and_their_targets() {
        let disassembler = Disassembler::new(c"x86_64-unknown-linux-gnu").unwrap();
        let call = [0xe8, 0, 0, 0, 0];
        let (sub, store, inc) = ([0x48, 0x83, 0xec, 8], [0x48, 0x89, 0x44, 0x24, 0x10], [0xff, 0xc0]);
        let straight = |code: &[&[u8]]| {
            let found = Function::new(&disassembler, &code.concat(), 0x100).after_calls();
            let parts = found.into_iter().map(|after| (after.code, after.straight, after.stores));
            parts.collect::<Vec<_>>()
        };
        // The jump leads to the increment.
        let code: [&[u8]; 7] = [&call, &sub, &store, &inc, &call, &sub, &[0xeb, 0xf3]];
        let stored = vec![StackStore { end: 0x10e, place: Some((16, 8)) }];
        assert_eq!(straight(&code), [(0x105..0x109, 0x10e, stored.clone()), (0x115..0x119, 0x119, vec![])]);
        // A jump that may lead anywhere.
        let code: [&[u8]; 4] = [&call, &sub, &inc, &[0xff, 0xe0]];
        assert_eq!(straight(&code), [(0x105..0x109, 0x105, vec![])]);
        // A call that nothing is said of.
        let code: [&[u8]; 5] = [&call, &sub, &store, &call, &inc];
        assert_eq!(straight(&code), [(0x105..0x109, 0x113, stored)]);
        // A store before the stack pointer is moved.
        let code: [&[u8]; 4] = [&call, &store, &sub, &inc];
        let stored = vec![StackStore { end: 0x10a, place: Some((16, 8)) }];
        assert_eq!(straight(&code), [(0x105..0x10e, 0x110, stored)]);
    }
}
