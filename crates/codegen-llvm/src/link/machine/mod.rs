//! What the linker does differently for each machine: relocations, and stubs with their unwind information.

mod aarch64;
mod x86_64;

use object::elf;
use wootz_vm_abi::machine::Machine;

use super::error::RelocationProblem;
use super::input::Relocation;
use super::relocate::Fields;
use super::symbols::Target;

/// Bytes of the common entry of the stubs' unwind information.
pub(super) const STUBS_COMMON: usize = 24;

/// A machine, for the linker.
pub(super) struct Arch {
    pub(super) machine: Machine,
    /// Bytes of a library call's stub; a power of two.
    pub(super) stub_len: u64,
    /// A stub at an address that jumps through the slot at another; `None` if that is too far. Not longer than `stub_len`.
    pub(super) stub: fn(stub: u64, slot: u64) -> Option<Vec<u8>>,
    /// Fills what is between functions: instructions that trap.
    pub(super) padding: u8,
    /// The common entry of the stubs' unwind information.
    pub(super) stubs_common: [u8; STUBS_COMMON],
    /// The type of the section of unwind information.
    pub(super) unwind_type: elf::SectionType,
    /// The relocation of a pointer.
    pub(super) absolute: elf::RelocationType,
    /// The relocation of four bytes to an address, which debug information has offsets by.
    pub(super) short: elf::RelocationType,
    /// Whether a relocation depends on where in a page its section is.
    pub(super) is_page_relative: fn(elf::RelocationType) -> bool,
    /// Writes the value of a relocation, whose offset is in the section.
    pub(super) apply: fn(&mut Fields<'_, '_>, &Relocation, Target) -> Result<(), RelocationProblem>,
}

impl Arch {
    pub(super) fn of(machine: Machine) -> &'static Self {
        match machine {
            Machine::X86_64 => &x86_64::ARCH,
            Machine::Aarch64 => &aarch64::ARCH,
        }
    }
}
