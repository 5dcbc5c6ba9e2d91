//! Unwind information in the form of `.eh_frame` (Linux Standard Base Core Specification, Exception Frames; DWARF 5, 6.4).
//!
//! ```text
//! prologue   rsp + 8, then rsp + 16, then rbp + 16 with registers saved below
//! body       rbp + 16
//! leaving    rsp + 8, registers as they are, up to the jump out of the function
//! ```

use crate::machine::Gp;

/// The common entry: version 1, addresses relative to their place, CFA = rsp + 8, return address at CFA − 8.
const COMMON: [u8; 24] =
    [20, 0, 0, 0, 0, 0, 0, 0, 1, b'z', b'R', 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1, 0, 0];

const ADVANCE: u8 = 0x40;
const ADVANCE4: u8 = 0x04;
const OFFSET: u8 = 0x80;
const SAME_VALUE: u8 = 0x08;
const REMEMBER: u8 = 0x0a;
const RESTORE: u8 = 0x0b;
const DEFINE_CFA: u8 = 0x0c;
const CFA_REGISTER: u8 = 0x0d;
const CFA_OFFSET: u8 = 0x0e;

const DWARF_RBP: u8 = 6;
const DWARF_RSP: u8 = 7;

/// What changes where in a function.
#[derive(Default)]
pub(crate) struct Unwind {
    saved: Vec<(Gp, i32)>,
    /// Offset in the prologue.
    saved_at: u32,
    /// Where the frame is left and where code goes on that has it, offsets in the code, with the bytes between the stack pointer and the return address.
    gaps: Vec<(u32, u32, i32)>,
}

impl Unwind {
    /// A register is saved at a place below the frame pointer.
    pub(crate) fn save(&mut self, reg: Gp, place: i32) {
        self.saved.push((reg, place));
    }

    /// All are, at an offset in the prologue.
    pub(crate) fn saved_at(&mut self, at: u32) {
        self.saved_at = at;
    }

    /// From here on the frame is gone.
    pub(crate) fn left(&mut self, at: u32) {
        self.left_with(at, 0);
    }

    /// The same, with so many bytes still on the stack.
    pub(crate) fn left_with(&mut self, at: u32, bytes: i32) {
        self.gaps.push((at, at, bytes));
    }

    /// What follows has it again.
    pub(crate) fn back(&mut self, at: u32) {
        if let Some((_, end, _)) = self.gaps.last_mut() {
            *end = at;
        }
    }

    /// The instructions of a function's entry, whose code comes behind a prologue.
    fn instructions(&self, prologue: u32) -> Vec<u8> {
        let (mut out, mut last) = (Vec::new(), 0);
        let advance = |out: &mut Vec<u8>, last: &mut u32, at: u32| {
            let by = at - std::mem::replace(last, at);
            match by {
                0 => {}
                1..0x40 => out.push(ADVANCE | by as u8),
                _ => {
                    out.push(ADVANCE4);
                    out.extend(by.to_le_bytes());
                }
            }
        };
        // After `push rbp` and `mov rbp, rsp`.
        advance(&mut out, &mut last, 1);
        out.extend([CFA_OFFSET, 16, OFFSET | DWARF_RBP, 2]);
        advance(&mut out, &mut last, 4);
        out.extend([CFA_REGISTER, DWARF_RBP]);
        advance(&mut out, &mut last, self.saved_at);
        for (reg, place) in &self.saved {
            out.extend([OFFSET | dwarf(*reg), ((16 - place) / 8) as u8]);
        }
        for (from, to, bytes) in &self.gaps {
            advance(&mut out, &mut last, prologue + from);
            out.extend([REMEMBER, DEFINE_CFA, DWARF_RSP]);
            leb128(&mut out, 8 + *bytes as u32);
            out.extend([SAME_VALUE, DWARF_RBP]);
            self.saved.iter().for_each(|(reg, _)| out.extend([SAME_VALUE, dwarf(*reg)]));
            advance(&mut out, &mut last, prologue + to);
            out.push(RESTORE);
        }
        out
    }
}

fn leb128(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The number of a register in DWARF.
fn dwarf(reg: Gp) -> u8 {
    match reg.0 {
        1 => 2,
        2 => 1,
        4 => DWARF_RSP,
        5 => DWARF_RBP,
        6 => 4,
        7 => 5,
        number => number,
    }
}

/// The unwind information of a fragment.
#[derive(Default)]
pub(crate) struct Tables {
    frames: Vec<u8>,
    /// Offset of each function's code, and of its entry.
    entries: Vec<(u32, u32)>,
    /// Fields that hold the distance to code: where, and the code's offset.
    addresses: Vec<(u32, u32)>,
}

impl Tables {
    /// Appends a function whose code is at an offset, with a prologue and a length.
    pub(crate) fn push(&mut self, unwind: &Unwind, code: u32, prologue: u32, len: u32) {
        if self.frames.is_empty() {
            self.frames.extend(COMMON);
        }
        let start = self.frames.len() as u32;
        self.entries.push((code, start));
        self.frames.extend([0; 4]);
        // Distance from here to the common entry.
        self.frames.extend((start + 4).to_le_bytes());
        self.addresses.push((start + 8, code));
        self.frames.extend([0; 4]);
        self.frames.extend(len.to_le_bytes());
        self.frames.push(0);
        self.frames.extend(unwind.instructions(prologue));
        // Zero is the instruction that does nothing.
        self.frames.resize(self.frames.len().next_multiple_of(4), 0);
        let length = self.frames.len() as u32 - start - 4;
        self.frames[start as usize..start as usize + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// The entries at one offset and the search table behind them, of functions in the order of their code. Returns both, and where the second is.
    pub(crate) fn finish(mut self, at: u32) -> (Vec<u8>, Vec<u8>) {
        for (field, code) in &self.addresses {
            let distance = code.wrapping_sub(at + field);
            self.frames[*field as usize..*field as usize + 4].copy_from_slice(&distance.to_le_bytes());
        }
        self.frames.extend([0; 4]);
        let table = at + self.frames.len() as u32;
        // Version; frames relative to their field, count absolute, table relative to its start.
        let mut header = vec![1, 0x1b, 0x03, 0x3b];
        header.extend(at.wrapping_sub(table + 4).to_le_bytes());
        header.extend((self.entries.len() as u32).to_le_bytes());
        for (code, entry) in &self.entries {
            header.extend(code.wrapping_sub(table).to_le_bytes());
            header.extend((at + entry).wrapping_sub(table).to_le_bytes());
        }
        (self.frames, header)
    }
}
