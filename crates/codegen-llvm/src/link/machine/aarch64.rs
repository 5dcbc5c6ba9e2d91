//! 64-bit Arm, little-endian.
//!
//! `page(x)` is `x` without its lowest 12 bits. Distances of pages are the same wherever an image is loaded, since it is loaded
//! at a multiple of a page.
//!
//! | type | value | where |
//! |---|---|---|
//! | `CALL26`, `JUMP26`, `CONDBR19`, `TSTBR14` | (S + A − P) / 4 in an instruction | code |
//! | `LD_PREL_LO19`, `ADR_PREL_LO21` | S + A − P in an instruction | code |
//! | `ADR_PREL_PG_HI21` | page(S + A) − page(P), in pages | code |
//! | `ADD_ABS_LO12_NC`, `LDST…_ABS_LO12_NC` | the lowest 12 bits of S + A, scaled | code |
//! | `ADR_GOT_PAGE`, `LD64_GOT_LO12_NC` | library call: the address of its slot; else that of the symbol, and the load becomes an addition | code |
//! | `PREL32`, `PLT32`, `PREL64` | S + A − P | code, constants, unwind information |
//! | `ABS64`, `ABS32` | S + A | debug information only |

use object::elf;
use wootz_vm_abi::machine::Machine;

use super::Arch;
use crate::link::error::RelocationProblem;
use crate::link::input::Relocation;
use crate::link::relocate::{Fields, narrow};
use crate::link::symbols::Target;

pub(super) static ARCH: Arch = Arch {
    machine: Machine::Aarch64,
    stub_len: 16,
    stub,
    // udf #0
    padding: 0,
    // At each instruction of a stub the return address is in its register.
    #[rustfmt::skip]
    stubs_common: [
        20, 0, 0, 0, // length
        0, 0, 0, 0, // a common entry
        1, b'z', b'R', 0, // version, augmentation
        1, 0x78, 30, // code alignment 1, data alignment -8, return address in column 30
        1, 0x1b, // augmentation data: addresses are relative to their place, 32 bits
        0x0c, 31, 0, // DW_CFA_def_cfa sp, 0
        0, 0, 0, 0, // DW_CFA_nop
    ],
    unwind_type: elf::SHT_PROGBITS,
    absolute: elf::R_AARCH64_ABS64,
    short: elf::R_AARCH64_ABS32,
    is_page_relative: |ty| {
        let in_place = [
            elf::R_AARCH64_NONE,
            elf::R_AARCH64_PREL32,
            elf::R_AARCH64_PLT32,
            elf::R_AARCH64_PREL64,
            elf::R_AARCH64_CALL26,
            elf::R_AARCH64_JUMP26,
            elf::R_AARCH64_CONDBR19,
            elf::R_AARCH64_TSTBR14,
            elf::R_AARCH64_LD_PREL_LO19,
            elf::R_AARCH64_ADR_PREL_LO21,
        ];
        !in_place.contains(&ty)
    },
    apply,
};

const PAGE: i128 = 1 << 12;

/// The address of the page that an address is in.
fn page(address: i128) -> i128 {
    address & -PAGE
}

/// `adrp x16, slot; ldr x16, [x16, :lo12:slot]; br x16`.
fn stub(stub: u64, slot: u64) -> Option<Vec<u8>> {
    let (stub, slot) = (i128::from(stub), i128::from(slot));
    let adrp = adr(0x9000_0010, (page(slot) - page(stub)) / PAGE).ok()?;
    let ldr = low12(0xf940_0210, slot, 3).ok()?;
    Some([adrp, ldr, 0xd61f_0200].into_iter().flat_map(u32::to_le_bytes).collect())
}

/// A field of signed `bits` at bit `at` of an instruction.
fn signed(instruction: u32, value: i128, bits: u32, at: u32) -> Result<u32, RelocationProblem> {
    let half = 1i128 << (bits - 1);
    if !(-half..half).contains(&value) {
        return Err(RelocationProblem::Overflow(value));
    }
    let mask = ((1u32 << bits) - 1) << at;
    Ok(instruction & !mask | ((value as u32) << at) & mask)
}

/// The immediate of `adr` and `adrp`: the lowest two bits stand apart.
fn adr(instruction: u32, value: i128) -> Result<u32, RelocationProblem> {
    let high = signed(instruction, value >> 2, 19, 5)?;
    Ok(high & !(3 << 29) | (value as u32 & 3) << 29)
}

/// The immediate of an addition, a load or a store: the lowest 12 bits of a value, in units of 2^`scale` bytes.
fn low12(instruction: u32, value: i128, scale: u32) -> Result<u32, RelocationProblem> {
    let low = (value & (PAGE - 1)) as u32;
    if low & ((1 << scale) - 1) != 0 {
        return Err(RelocationProblem::Misaligned(value));
    }
    Ok(instruction & !(0xfff << 10) | (low >> scale) << 10)
}

/// A distance in instructions.
fn words(distance: i128) -> Result<i128, RelocationProblem> {
    if distance & 3 == 0 { Ok(distance >> 2) } else { Err(RelocationProblem::Misaligned(distance)) }
}

fn apply(
    fields: &mut Fields<'_, '_>,
    relocation: &Relocation,
    target: Target,
) -> Result<(), RelocationProblem> {
    let place = fields.place(relocation);
    let debug = fields.is_debug();
    let offset = relocation.offset;
    match relocation.ty {
        elf::R_AARCH64_NONE => Ok(()),
        elf::R_AARCH64_PREL32 | elf::R_AARCH64_PLT32 if !debug => {
            let value = fields.value(relocation, target)? - place;
            fields.write(offset, &narrow::<i32>(value)?.to_le_bytes())
        }
        elf::R_AARCH64_PREL64 if !debug => {
            let value = fields.value(relocation, target)? - place;
            fields.write(offset, &narrow::<i64>(value)?.to_le_bytes())
        }
        elf::R_AARCH64_ABS64 | elf::R_AARCH64_ABS32 if !debug => Err(RelocationProblem::Absolute),
        elf::R_AARCH64_ABS64 => {
            let value = fields.value(relocation, target)?;
            fields.write(offset, &narrow::<u64>(value)?.to_le_bytes())
        }
        elf::R_AARCH64_ABS32 => {
            let value = fields.value(relocation, target)?;
            fields.write(offset, &narrow::<u32>(value)?.to_le_bytes())
        }
        _ if fields.is_code() => {
            let instruction = u32::from_le_bytes(fields.read(offset)?);
            let instruction = in_instruction(fields, relocation, target, instruction)?;
            fields.write(offset, &instruction.to_le_bytes())
        }
        ty => Err(RelocationProblem::Unsupported(ty.0)),
    }
}

/// An instruction with its field filled.
fn in_instruction(
    fields: &Fields<'_, '_>,
    relocation: &Relocation,
    target: Target,
    instruction: u32,
) -> Result<u32, RelocationProblem> {
    let place = fields.place(relocation);
    let value = || fields.value(relocation, target);
    let distance = || Ok(value()? - place);
    match relocation.ty {
        elf::R_AARCH64_CALL26 | elf::R_AARCH64_JUMP26 => signed(instruction, words(distance()?)?, 26, 0),
        elf::R_AARCH64_CONDBR19 => signed(instruction, words(distance()?)?, 19, 5),
        elf::R_AARCH64_TSTBR14 => signed(instruction, words(distance()?)?, 14, 5),
        elf::R_AARCH64_LD_PREL_LO19 => signed(instruction, words(distance()?)?, 19, 5),
        elf::R_AARCH64_ADR_PREL_LO21 => adr(instruction, distance()?),
        elf::R_AARCH64_ADR_PREL_PG_HI21 => adr(instruction, (page(value()?) - page(place)) / PAGE),
        elf::R_AARCH64_ADD_ABS_LO12_NC | elf::R_AARCH64_LDST8_ABS_LO12_NC => low12(instruction, value()?, 0),
        elf::R_AARCH64_LDST16_ABS_LO12_NC => low12(instruction, value()?, 1),
        elf::R_AARCH64_LDST32_ABS_LO12_NC => low12(instruction, value()?, 2),
        elf::R_AARCH64_LDST64_ABS_LO12_NC => low12(instruction, value()?, 3),
        elf::R_AARCH64_LDST128_ABS_LO12_NC => low12(instruction, value()?, 4),
        elf::R_AARCH64_ADR_GOT_PAGE => {
            let address = table_entry(fields, relocation, target)?;
            adr(instruction, (page(address) - page(place)) / PAGE)
        }
        elf::R_AARCH64_LD64_GOT_LO12_NC => {
            let address = table_entry(fields, relocation, target)?;
            match target {
                Target::Libcall(_) => low12(instruction, address, 3),
                // ldr xD, [xN, :got_lo12:symbol] → add xD, xN, :lo12:symbol
                _ if instruction & 0xffc0_0000 == 0xf940_0000 => {
                    low12(0x9100_0000 | instruction & 0x3ff, address, 0)
                }
                _ => Err(RelocationProblem::GlobalOffsetTable),
            }
        }
        ty => Err(RelocationProblem::Unsupported(ty.0)),
    }
}

/// What a load through the global offset table needs the address of: a library call's slot is an entry of such a table; of
/// anything else the address itself is taken.
fn table_entry(
    fields: &Fields<'_, '_>,
    relocation: &Relocation,
    target: Target,
) -> Result<i128, RelocationProblem> {
    match target {
        _ if relocation.addend != 0 => Err(RelocationProblem::GlobalOffsetTable),
        Target::Libcall(slot) => Ok(i128::from(fields.layout.slot(slot))),
        _ => fields.value(relocation, target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_where_the_architecture_has_them() {
        assert_eq!(signed(0x9400_0000, -1, 26, 0), Ok(0x97ff_ffff));
        assert_eq!(signed(0x5400_0001, 2, 19, 5), Ok(0x5400_0041));
        assert_eq!(adr(0x9000_0000, 5), Ok(0xb000_0020));
        assert_eq!(adr(0x9000_0000, -1), Ok(0xf0ff_ffe0));
        assert_eq!(low12(0xf940_0210, 0x1238, 3), Ok(0xf941_1e10));
        assert_eq!(low12(0x9100_0000, 0x7fff, 0), Ok(0x913f_fc00));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(matches!(signed(0, 1 << 25, 26, 0), Err(RelocationProblem::Overflow(_))));
        assert!(signed(0, -(1 << 25), 26, 0).is_ok());
        assert!(matches!(adr(0, 1 << 20), Err(RelocationProblem::Overflow(_))));
        assert!(matches!(low12(0, 4, 3), Err(RelocationProblem::Misaligned(4))));
        assert!(matches!(words(2), Err(RelocationProblem::Misaligned(2))));
        assert!(stub(0, 1 << 33).is_none());
    }

    #[test]
    fn a_stub_jumps_through_its_slot() {
        let bytes = stub(0x1_0010, 0x2_3048).unwrap();
        let words: Vec<_> =
            bytes.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
        // adrp x16, 0x13 pages on; ldr x16, [x16, #0x48]; br x16
        assert_eq!(words, [0xf000_0090, 0xf940_2610, 0xd61f_0200]);
    }
}
