//! Writes the value of each relocation.
//!
//! `S` is the symbol's address, `A` the addend, `P` the address of the field, all relative to the image's base, so only
//! differences of addresses are the same wherever the image is loaded. Debug information is not loaded and holds
//! addresses relative to the base. The types of relocations are those of the machine, in `machine/`.

use object::elf;
use wootz_vm_abi::lazy::{DataReference, LazyLayout};
use wootz_vm_abi::libcall::Libcall;
use wootz_vm_abi::linked;

use super::error::{LinkError, RelocationProblem};
use super::input::{Destination, Object, Relocation};
use super::layout::{Form, Layout};
use super::machine::Arch;
use super::symbols::{Symbols, Target};

/// A relocation that another linker is to carry out.
pub(super) struct Left {
    /// The output that the field is in, and where.
    pub(super) output: usize,
    pub(super) offset: u64,
    pub(super) ty: elf::RelocationType,
    pub(super) target: LeftTarget,
    pub(super) addend: i64,
}

/// What such a relocation refers to.
pub(super) enum LeftTarget {
    /// The beginning of an output.
    Output(usize),
    /// A symbol that is defined elsewhere.
    External(String),
}

/// Applies all relocations to the outputs. With `left`, only those that are distances in one output, and collects the
/// others there: the outputs will not stay where they are to each other.
pub(super) fn apply(
    arch: &Arch,
    objects: &[Object<'_>],
    symbols: &Symbols<'_>,
    layout: &mut Layout<'_>,
    form: Form<'_>,
    mut left: Option<&mut Vec<Left>>,
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
            let mut fields = Fields {
                layout,
                outside: Outside { form, symbols, references: &mut references },
                bytes: &mut bytes[start..end],
                address: layout.outputs[placement.output].address + placement.offset,
                destination: section.destination,
            };
            for relocation in section.relocations() {
                let error = |problem| input.relocation_error(object, index, &relocation, problem);
                let target = symbols.target(object, relocation.symbol);
                if let (Some(left), Some(target)) = (left.as_deref_mut(), target)
                    && let Some(target) = fields.leave(arch, placement.output, &relocation, target, || {
                        input.symbol_name(relocation.symbol)
                    })
                {
                    let (target, addend) = target;
                    let (output, offset) = (placement.output, placement.offset + relocation.offset);
                    left.push(Left { output, offset, ty: relocation.ty, target, addend });
                    continue;
                }
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
    layout.references = references;
    Ok(())
}

/// The data outside of a fragment, distances to which are listed and not written.
struct Outside<'a> {
    form: Form<'a>,
    symbols: &'a Symbols<'a>,
    references: &'a mut Vec<DataReference>,
}

/// The bytes of an input section in its output.
pub(super) struct Fields<'a, 'b> {
    pub(super) layout: &'a Layout<'b>,
    outside: Outside<'a>,
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

    /// What a relocation refers to with which addend, if it is to be left to another linker.
    fn leave(
        &self,
        arch: &Arch,
        output: usize,
        relocation: &Relocation,
        target: Target,
        name: impl Fn() -> String,
    ) -> Option<(LeftTarget, i64)> {
        match target {
            Target::Section { object, section, offset } => {
                let placement = (*self.layout.placements[object].get(section)?)?;
                let distance =
                    placement.output == output && !self.is_debug() && !(arch.is_page_relative)(relocation.ty);
                let addend = (placement.offset + offset) as i64 + relocation.addend;
                (!distance).then_some((LeftTarget::Output(placement.output), addend))
            }
            Target::Libcall(_) => Some((LeftTarget::External(name()), relocation.addend)),
            Target::Undefined => {
                let name = name();
                let known = linked::runtime::ALL.contains(&name.as_str()) || name == linked::LINKED_MODULE;
                known.then_some((LeftTarget::External(name), relocation.addend))
            }
            Target::Data | Target::Nowhere => None,
        }
    }

    /// The data outside, if this is a fragment.
    pub(super) fn data(&self) -> Option<&LazyLayout> {
        match self.outside.form {
            Form::Image => None,
            Form::Fragment(layout) => Some(layout),
        }
    }

    /// The library call of a slot.
    pub(super) fn libcall(&self, slot: usize) -> Libcall {
        self.outside.symbols.libcalls[slot]
    }

    /// Lists a field of 32 bits for the distance to a place in the data outside.
    pub(super) fn refer(&mut self, offset: u64, to: i64) -> Result<(), RelocationProblem> {
        self.write(offset, &[0; 4])?;
        let at = narrow::<u32>(i128::from(self.address) + i128::from(offset))?;
        self.outside.references.push(DataReference { at, to });
        Ok(())
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
