//! Lists the entries of `.eh_frame`, for the search table that a linker makes over them.

use gimli::{BaseAddresses, CieOrFde, EhFrame, UnwindSection as _};

use crate::Error;

/// The unwind information of a range of code.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct UnwindEntry {
    /// Address of the first byte of code.
    pub start: u64,
    /// Bytes of code.
    pub len: u64,
    /// Address of the entry (its length field).
    pub entry: u64,
}

/// The entries for code in a relocated `.eh_frame` section at `address`, in section order.
///
/// # Errors
/// [`Error::Format`] if the section is malformed.
pub fn entries(eh_frame: &[u8], address: u64) -> Result<Vec<UnwindEntry>, Error> {
    let section = EhFrame::new(eh_frame, gimli::LittleEndian);
    let bases = BaseAddresses::default().set_eh_frame(address);
    let mut found = Vec::new();
    let mut at = 0;
    let mut entries = section.entries(&bases);
    loop {
        let format = |reason| Error::Format { section: ".eh_frame", offset: at, reason };
        match entries.next().map_err(format)? {
            None => return Ok(found),
            Some(CieOrFde::Cie(cie)) => at = cie.offset() as u64,
            Some(CieOrFde::Fde(partial)) => {
                at = partial.offset() as u64;
                let format = |reason| Error::Format { section: ".eh_frame", offset: at, reason };
                let fde = partial.parse(EhFrame::cie_from_offset).map_err(format)?;
                found.push(UnwindEntry {
                    start: fde.initial_address(),
                    len: fde.len(),
                    entry: address.wrapping_add(at),
                });
            }
        }
    }
}
