//! x86-64.
//!
//! | type | value | where |
//! |---|---|---|
//! | `PC32`, `PLT32` | S + A − P, 32 bits | code, constants, unwind information |
//! | `PC64` | S + A − P, 64 bits | the same |
//! | `GOTPCREL`, `GOTPCRELX`, `REX_GOTPCRELX` | library call: the address of its slot; else the instruction is rewritten | code |
//! | `64`, `32`, `32S` | S + A | debug information only |

use object::elf;
use wootz_vm_abi::machine::Machine;

use super::Arch;
use crate::link::error::RelocationProblem;
use crate::link::input::Relocation;
use crate::link::relocate::{Fields, narrow};
use crate::link::symbols::Target;

pub(super) static ARCH: Arch = Arch {
    machine: Machine::X86_64,
    stub_len: 8,
    stub,
    // int3
    padding: 0xcc,
    // At each instruction of a stub the return address is on top of the stack.
    #[rustfmt::skip]
    stubs_common: [
        20, 0, 0, 0, // length
        0, 0, 0, 0, // a common entry
        1, b'z', b'R', 0, // version, augmentation
        1, 0x78, 16, // code alignment 1, data alignment -8, return address in column 16
        1, 0x1b, // augmentation data: addresses are relative to their place, 32 bits
        0x0c, 7, 8, // DW_CFA_def_cfa rsp, 8
        0x90, 1, // DW_CFA_offset column 16, 1
        0, 0, // DW_CFA_nop
    ],
    unwind_type: elf::SHT_X86_64_UNWIND,
    absolute: elf::R_X86_64_64,
    short: elf::R_X86_64_32,
    is_page_relative: |_| false,
    apply,
};

/// `jmp *slot(%rip)`.
fn stub(stub: u64, slot: u64) -> Option<Vec<u8>> {
    let distance = i32::try_from(slot as i64 - (stub as i64 + 6)).ok()?;
    Some([&[0xff, 0x25], &distance.to_le_bytes()[..]].concat())
}

fn apply(
    fields: &mut Fields<'_, '_>,
    relocation: &Relocation,
    target: Target,
) -> Result<(), RelocationProblem> {
    let place = fields.place(relocation);
    let debug = fields.is_debug();
    let absolute = || fields.value(relocation, target);
    match relocation.ty {
        elf::R_X86_64_NONE => Ok(()),
        elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 if !debug && target == Target::Data => {
            fields.refer(relocation.offset, relocation.addend)
        }
        elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 if !debug => {
            let value = absolute()? - place;
            fields.write(relocation.offset, &narrow::<i32>(value)?.to_le_bytes())
        }
        elf::R_X86_64_PC64 if !debug => {
            let value = absolute()? - place;
            fields.write(relocation.offset, &narrow::<i64>(value)?.to_le_bytes())
        }
        elf::R_X86_64_64 | elf::R_X86_64_32 | elf::R_X86_64_32S if !debug => Err(RelocationProblem::Absolute),
        elf::R_X86_64_64 => {
            let value = absolute()?;
            fields.write(relocation.offset, &narrow::<u64>(value)?.to_le_bytes())
        }
        elf::R_X86_64_32 => {
            let value = absolute()?;
            fields.write(relocation.offset, &narrow::<u32>(value)?.to_le_bytes())
        }
        elf::R_X86_64_32S => {
            let value = absolute()?;
            fields.write(relocation.offset, &narrow::<i32>(value)?.to_le_bytes())
        }
        elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX
            if fields.is_code() =>
        {
            apply_got(fields, relocation, target, place)
        }
        ty => Err(RelocationProblem::Unsupported(ty.0)),
    }
}

/// A load of an address from a table: a library call's slot is one; of anything else the address is computed.
fn apply_got(
    fields: &mut Fields<'_, '_>,
    relocation: &Relocation,
    target: Target,
    place: i128,
) -> Result<(), RelocationProblem> {
    let addend = i128::from(relocation.addend);
    if let (Target::Libcall(slot), Some(data)) = (target, fields.data()) {
        let slot = data.libcall(fields.libcall(slot)) as i64;
        return fields.refer(relocation.offset, slot.wrapping_add(relocation.addend));
    }
    if let Target::Libcall(slot) = target {
        let value = i128::from(fields.layout.slot(slot)) + addend - place;
        return fields.write(relocation.offset, &narrow::<i32>(value)?.to_le_bytes());
    }
    // The plain form does not promise that an instruction of two bytes precedes the field.
    if relocation.ty == elf::R_X86_64_GOTPCREL || relocation.addend != -4 {
        return Err(RelocationProblem::GlobalOffsetTable);
    }
    let symbol = fields.layout.target_address(target).ok_or(RelocationProblem::Target)?;
    let opcode_at = relocation.offset.checked_sub(2).ok_or(RelocationProblem::OutOfRange)?;
    let distance = narrow::<i32>(i128::from(symbol) + addend - place);
    match fields.read::<2>(opcode_at)? {
        // mov symbol@GOTPCREL(%rip), %reg → lea symbol(%rip), %reg
        [0x8b, _] => {
            fields.write(opcode_at, &[0x8d])?;
            fields.write(relocation.offset, &distance?.to_le_bytes())
        }
        // call *symbol@GOTPCREL(%rip) → addr32 call symbol
        [0xff, 0x15] => {
            fields.write(opcode_at, &[0x67, 0xe8])?;
            fields.write(relocation.offset, &distance?.to_le_bytes())
        }
        // jmp *symbol@GOTPCREL(%rip) → jmp symbol; nop
        [0xff, 0x25] => {
            let distance = narrow::<i32>(i128::from(symbol) + addend - (place - 1))?.to_le_bytes();
            fields.write(opcode_at, &[0xe9])?;
            fields.write(opcode_at + 1, &distance)?;
            fields.write(opcode_at + 5, &[0x90])
        }
        _ => Err(RelocationProblem::GlobalOffsetTable),
    }
}
