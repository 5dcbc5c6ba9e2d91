//! Where frames are: by which register and distance the canonical frame address is found, at each address of code.
//!
//! LLVM describes what is on the stack by the stack pointer, for code in which that stands still. It does not stand still around calls:
//! the callee takes its arguments from the stack, and the caller moves the pointer back in an instruction of its own. The canonical frame address
//! is the same in the whole function.

use std::ops::Range;

use gimli::{BaseAddresses, CfaRule, CieOrFde, EhFrame, Register, UnwindContext, UnwindSection as _};

use crate::Error;

/// The stack pointer of x86-64 in DWARF.
pub(crate) const STACK_POINTER: Register = Register(7);

/// How a frame is found: a register, and what is added to it.
pub(crate) type Rule = (Register, i64);

/// The rules, by address.
#[derive(Default)]
pub(crate) struct Frames(Vec<(Range<u64>, Rule)>);

#[cfg(test)]
impl From<Vec<(Range<u64>, Rule)>> for Frames {
    fn from(rules: Vec<(Range<u64>, Rule)>) -> Self {
        Self(rules)
    }
}

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
                if let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() {
                    found.push((row.start_address()..row.end_address(), (register, offset)));
                }
            }
        }
        found.sort_by_key(|(range, _)| range.start);
        Ok(Self(found))
    }

    /// The rule at an address.
    pub(crate) fn rule(&self, address: u64) -> Option<Rule> {
        let last = self.0.partition_point(|(range, _)| range.start <= address).checked_sub(1)?;
        self.0.get(last).filter(|(range, _)| range.contains(&address)).map(|(_, rule)| *rule)
    }
}
