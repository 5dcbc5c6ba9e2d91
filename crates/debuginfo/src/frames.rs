//! Where frames are: the distance from the stack pointer to the canonical frame address, at each address of code.
//!
//! LLVM describes what is on the stack by the stack pointer, for code in which that stands still. It does not stand still around calls:
//! the callee takes its arguments from the stack, and the caller moves the pointer back in an instruction of its own. The canonical frame address
//! is the same in the whole function.

use std::ops::Range;

use gimli::{BaseAddresses, CfaRule, CieOrFde, EhFrame, Register, UnwindContext, UnwindSection as _};

use crate::Error;

/// The stack pointer of x86-64 in DWARF.
pub(crate) const STACK_POINTER: Register = Register(7);

/// The distances, by address.
#[derive(Default)]
pub(crate) struct Frames(Vec<(Range<u64>, i64)>);

impl Frames {
    /// Reads a relocated `.eh_frame` at an address.
    pub(crate) fn read(eh_frame: &[u8], address: u64) -> Result<Self, Error> {
        let section = EhFrame::new(eh_frame, gimli::LittleEndian);
        let bases = BaseAddresses::default().set_eh_frame(address);
        let format = |reason| Error::Format { section: ".eh_frame", offset: 0, reason };
        let (mut found, mut context) = (Vec::new(), UnwindContext::new());
        let mut entries = section.entries(&bases);
        while let Some(entry) = entries.next().map_err(format)? {
            let CieOrFde::Fde(partial) = entry else { continue };
            let fde = partial.parse(EhFrame::cie_from_offset).map_err(format)?;
            let mut rows = fde.rows(&section, &bases, &mut context).map_err(format)?;
            while let Some(row) = rows.next_row().map_err(format)? {
                if let CfaRule::RegisterAndOffset { register: STACK_POINTER, offset } = *row.cfa() {
                    found.push((row.start_address()..row.end_address(), offset));
                }
            }
        }
        found.sort_by_key(|(range, _)| range.start);
        Ok(Self(found))
    }

    /// The distance at an address; `None` where it is not told in terms of the stack pointer.
    pub(crate) fn distance(&self, address: u64) -> Option<i64> {
        let last = self.0.partition_point(|(range, _)| range.start <= address).checked_sub(1)?;
        self.0.get(last).filter(|(range, _)| range.contains(&address)).map(|(_, offset)| *offset)
    }
}
