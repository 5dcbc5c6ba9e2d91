//! Writes the value of each relocation.
//!
//! `S` is the symbol's address, `A` the addend, `P` the address of the field, all relative to the image's base, so only
//! differences of addresses are the same wherever the image is loaded. Debug information is not loaded and holds
//! addresses relative to the base. The types of relocations are those of the machine, in `machine/`.

use super::error::{LinkError, RelocationProblem};
use super::input::{Destination, Object, Relocation};
use super::layout::Layout;
use super::machine::Arch;
use super::symbols::{Symbols, Target};

/// Applies all relocations to the outputs.
pub(super) fn apply(
    arch: &Arch,
    objects: &[Object<'_>],
    symbols: &Symbols<'_>,
    layout: &mut Layout<'_>,
) -> Result<(), LinkError> {
    for (object, input) in objects.iter().enumerate() {
        for (index, section) in input.sections.iter().enumerate() {
            let Some(section) = section else { continue };
            let Some(placement) = layout.placements[object][index] else { continue };
            let mut bytes = std::mem::take(&mut layout.outputs[placement.output].data);
            let start = placement.offset as usize;
            // Unwind information may have lost its terminator.
            let end = bytes.len().min(start + section.data.len());
            let mut fields = Fields {
                layout,
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
                fields.apply(arch, &relocation, target).map_err(error)?;
            }
            layout.outputs[placement.output].data = bytes;
        }
    }
    Ok(())
}

/// The bytes of an input section in its output.
pub(super) struct Fields<'a, 'b> {
    pub(super) layout: &'a Layout<'b>,
    bytes: &'a mut [u8],
    address: u64,
    destination: Destination<'a>,
}

impl Fields<'_, '_> {
    fn apply(
        &mut self,
        arch: &Arch,
        relocation: &Relocation,
        target: Target,
    ) -> Result<(), RelocationProblem> {
        if relocation.offset >= self.bytes.len() as u64 {
            return Err(RelocationProblem::OutOfRange);
        }
        (arch.apply)(self, relocation, target)
    }

    /// Whether the section is debug information.
    pub(super) fn is_debug(&self) -> bool {
        matches!(self.destination, Destination::Debug(_))
    }

    /// Whether the section is code.
    pub(super) fn is_code(&self) -> bool {
        self.destination == Destination::Text
    }

    /// `S + A`.
    pub(super) fn value(&self, relocation: &Relocation, target: Target) -> Result<i128, RelocationProblem> {
        let symbol = self.layout.target_address(target).ok_or(RelocationProblem::Target)?;
        Ok(i128::from(symbol) + i128::from(relocation.addend))
    }

    /// `P`.
    pub(super) fn place(&self, relocation: &Relocation) -> i128 {
        i128::from(self.address) + i128::from(relocation.offset)
    }

    /// The bytes at an offset in the section.
    pub(super) fn read<const N: usize>(&self, offset: u64) -> Result<[u8; N], RelocationProblem> {
        let bytes = usize::try_from(offset).ok().and_then(|start| self.bytes.get(start..));
        bytes.and_then(|bytes| bytes.first_chunk()).copied().ok_or(RelocationProblem::OutOfRange)
    }

    /// Replaces the bytes at an offset in the section.
    pub(super) fn write(&mut self, offset: u64, value: &[u8]) -> Result<(), RelocationProblem> {
        let start = usize::try_from(offset).map_err(|_| RelocationProblem::OutOfRange)?;
        let end = start.checked_add(value.len()).ok_or(RelocationProblem::OutOfRange)?;
        self.bytes.get_mut(start..end).ok_or(RelocationProblem::OutOfRange)?.copy_from_slice(value);
        Ok(())
    }
}

/// A value in a narrower type.
pub(super) fn narrow<T: TryFrom<i128>>(value: i128) -> Result<T, RelocationProblem> {
    T::try_from(value).map_err(|_| RelocationProblem::Overflow(value))
}
