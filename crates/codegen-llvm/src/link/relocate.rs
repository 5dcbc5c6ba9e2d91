//! Writes the value of each relocation.
//!
//! `S` is the symbol's address, `A` the addend, `P` the address of the field, all relative to the image's base, so only
//! differences of addresses are the same wherever the image is loaded. Debug information is not loaded and holds
//! addresses relative to the base.
//!
//! | type | value | where |
//! |---|---|---|
//! | `PC32`, `PLT32` | S + A − P, 32 bits | code, constants, unwind information |
//! | `PC64` | S + A − P, 64 bits | the same |
//! | `GOTPCREL`, `GOTPCRELX`, `REX_GOTPCRELX` | library call: the address of its slot; else the instruction is rewritten | code |
//! | `64`, `32`, `32S` | S + A | debug information only |
//!
//! A fragment's distances to data outside of it, library calls' slots among it, are not known yet: they are listed instead.

use object::elf;
use wootz_vm_abi::lazy::DataReference;

use super::error::{LinkError, RelocationProblem};
use super::input::{Destination, Object, Relocation};
use super::layout::{Form, Layout};
use super::symbols::{Symbols, Target};

/// Applies all relocations to the outputs.
pub(super) fn apply(
    objects: &[Object<'_>],
    symbols: &Symbols<'_>,
    layout: &mut Layout<'_>,
    form: Form<'_>,
) -> Result<(), LinkError> {
    let mut references = Vec::new();
    for (object, input) in objects.iter().enumerate() {
        for (index, section) in input.sections.iter().enumerate() {
            let Some(section) = section else { continue };
            let Some(placement) = layout.placements[object][index] else { continue };
            let mut bytes = std::mem::take(&mut layout.outputs[placement.output].data);
            let start = placement.offset as usize;
            // Unwind information may have lost its terminator.
            let end = bytes.len().min(start + section.data.len());
            let mut field = Fields {
                layout,
                form,
                symbols,
                references: &mut references,
                bytes: &mut bytes[start..end],
                address: layout.outputs[placement.output].address + placement.offset,
                destination: section.destination,
            };
            for relocation in section.relocations() {
                let error = |problem| input.relocation_error(object, index, &relocation, problem);
                let target = symbols.target(object, relocation.symbol);
                if target == Some(Target::Undefined) {
                    let symbol = input.symbol_name(relocation.symbol);
                    let place = input.place(object, index, relocation.offset);
                    return Err(LinkError::UndefinedSymbol { symbol, place });
                }
                let target = target.ok_or_else(|| error(RelocationProblem::Target))?;
                field.apply(&relocation, target).map_err(error)?;
            }
            layout.outputs[placement.output].data = bytes;
        }
    }
    layout.references = references;
    Ok(())
}

/// The bytes of an input section in its output.
struct Fields<'a, 'b> {
    layout: &'a Layout<'b>,
    form: Form<'a>,
    symbols: &'a Symbols<'a>,
    references: &'a mut Vec<DataReference>,
    bytes: &'a mut [u8],
    address: u64,
    destination: Destination<'a>,
}

impl Fields<'_, '_> {
    fn apply(&mut self, relocation: &Relocation, target: Target) -> Result<(), RelocationProblem> {
        if relocation.offset >= self.bytes.len() as u64 {
            return Err(RelocationProblem::OutOfRange);
        }
        let symbol = || self.layout.target_address(target).ok_or(RelocationProblem::Target);
        let absolute = || Ok(i128::from(symbol()?) + i128::from(relocation.addend));
        let place = i128::from(self.address) + i128::from(relocation.offset);
        let debug = matches!(self.destination, Destination::Debug(_));
        match relocation.ty {
            elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 if !debug && target == Target::Data => {
                self.refer(relocation.offset, relocation.addend)
            }
            elf::R_X86_64_NONE => Ok(()),
            elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 if !debug => {
                let value = absolute()? - place;
                self.write(relocation.offset, &narrow::<i32>(value)?.to_le_bytes())
            }
            elf::R_X86_64_PC64 if !debug => {
                let value = absolute()? - place;
                self.write(relocation.offset, &narrow::<i64>(value)?.to_le_bytes())
            }
            elf::R_X86_64_64 | elf::R_X86_64_32 | elf::R_X86_64_32S if !debug => {
                Err(RelocationProblem::Absolute)
            }
            elf::R_X86_64_64 => {
                let value = absolute()?;
                self.write(relocation.offset, &narrow::<u64>(value)?.to_le_bytes())
            }
            elf::R_X86_64_32 => {
                let value = absolute()?;
                self.write(relocation.offset, &narrow::<u32>(value)?.to_le_bytes())
            }
            elf::R_X86_64_32S => {
                let value = absolute()?;
                self.write(relocation.offset, &narrow::<i32>(value)?.to_le_bytes())
            }
            elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX
                if self.destination == Destination::Text =>
            {
                self.apply_got(relocation, target, place)
            }
            ty => Err(RelocationProblem::Unsupported(ty.0)),
        }
    }

    /// A load of an address from a table: a library call's slot is one; of anything else the address is computed.
    fn apply_got(
        &mut self,
        relocation: &Relocation,
        target: Target,
        place: i128,
    ) -> Result<(), RelocationProblem> {
        let addend = i128::from(relocation.addend);
        if let (Target::Libcall(slot), Form::Fragment(layout)) = (target, self.form) {
            let slot = layout.libcall(self.symbols.libcalls[slot]) as i64;
            return self.refer(relocation.offset, slot.wrapping_add(relocation.addend));
        }
        if let Target::Libcall(slot) = target {
            let value = i128::from(self.layout.slot(slot)) + addend - place;
            return self.write(relocation.offset, &narrow::<i32>(value)?.to_le_bytes());
        }
        // The plain form does not promise that an instruction of two bytes precedes the field.
        if relocation.ty == elf::R_X86_64_GOTPCREL || relocation.addend != -4 {
            return Err(RelocationProblem::GlobalOffsetTable);
        }
        let symbol = self.layout.target_address(target).ok_or(RelocationProblem::Target)?;
        let opcode_at = relocation.offset.checked_sub(2).ok_or(RelocationProblem::OutOfRange)?;
        let opcode = self.bytes.get(opcode_at as usize..relocation.offset as usize);
        let opcode = opcode.ok_or(RelocationProblem::OutOfRange)?;
        let distance = narrow::<i32>(i128::from(symbol) + addend - place);
        match *opcode {
            // mov symbol@GOTPCREL(%rip), %reg → lea symbol(%rip), %reg
            [0x8b, _] => {
                self.write(opcode_at, &[0x8d])?;
                self.write(relocation.offset, &distance?.to_le_bytes())
            }
            // call *symbol@GOTPCREL(%rip) → addr32 call symbol
            [0xff, 0x15] => {
                self.write(opcode_at, &[0x67, 0xe8])?;
                self.write(relocation.offset, &distance?.to_le_bytes())
            }
            // jmp *symbol@GOTPCREL(%rip) → jmp symbol; nop
            [0xff, 0x25] => {
                let distance = narrow::<i32>(i128::from(symbol) + addend - (place - 1))?.to_le_bytes();
                self.write(opcode_at, &[0xe9])?;
                self.write(opcode_at + 1, &distance)?;
                self.write(opcode_at + 5, &[0x90])
            }
            _ => Err(RelocationProblem::GlobalOffsetTable),
        }
    }

    /// Lists a field of 32 bits for the distance to a place in the data outside.
    fn refer(&mut self, offset: u64, to: i64) -> Result<(), RelocationProblem> {
        self.write(offset, &[0; 4])?;
        let at = narrow::<u32>(i128::from(self.address) + i128::from(offset))?;
        self.references.push(DataReference { at, to });
        Ok(())
    }

    fn write(&mut self, offset: u64, value: &[u8]) -> Result<(), RelocationProblem> {
        let start = usize::try_from(offset).map_err(|_| RelocationProblem::OutOfRange)?;
        let end = start.checked_add(value.len()).ok_or(RelocationProblem::OutOfRange)?;
        self.bytes.get_mut(start..end).ok_or(RelocationProblem::OutOfRange)?.copy_from_slice(value);
        Ok(())
    }
}

fn narrow<T: TryFrom<i128>>(value: i128) -> Result<T, RelocationProblem> {
    T::try_from(value).map_err(|_| RelocationProblem::Overflow(value))
}
