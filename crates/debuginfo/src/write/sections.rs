//! The written sections, and the addresses in them that whoever loads the image fills in.

use gimli::LittleEndian;
use gimli::constants as dw;
use gimli::write::{self, Address, EndianVec, FrameTable, Writer};

use crate::Error;

/// What an address in debug information is relative to.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Base {
    /// The image.
    Image,
    /// The word that has the context of the image's only instance, or zero.
    Instance,
    /// The runtime's list of memories.
    Memories,
}

/// An address of eight bytes that a loader adds a base to.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Fixup {
    /// Index of the section.
    pub section: u32,
    /// Offset in it.
    pub offset: u64,
    /// What is added.
    pub base: Base,
}

/// Sections of debug information.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DebugSections {
    /// By name.
    pub sections: Vec<(&'static str, Vec<u8>)>,
    /// Addresses in them; until something is added they are relative to an image at 0.
    pub fixups: Vec<Fixup>,
}

/// An address in the image.
pub(super) fn image(address: u64) -> Address {
    Address::Symbol { symbol: Base::Image as usize, addend: address.cast_signed() }
}

/// The address of something of the runtime's.
pub(super) fn runtime(base: Base) -> Address {
    Address::Symbol { symbol: base as usize, addend: 0 }
}

/// Writes everything.
pub(super) fn finish(mut dwarf: write::Dwarf, frames: Option<FrameTable>) -> Result<DebugSections, Error> {
    let error = |error: write::Error| Error::Write(error.to_string());
    let mut sections = write::Sections::new(Recorder::default());
    dwarf.write(&mut sections).map_err(error)?;
    if let Some(frames) = frames {
        frames.write_debug_frame(&mut sections.debug_frame).map_err(error)?;
    }
    let mut written = DebugSections::default();
    sections
        .for_each(|id, section| {
            if section.bytes.len() > 0 {
                let index = written.sections.len() as u32;
                written.sections.push((id.name(), section.bytes.slice().to_vec()));
                written.fixups.extend(section.fixups.iter().map(|(offset, base)| Fixup {
                    section: index,
                    offset: *offset as u64,
                    base: *base,
                }));
            }
            Ok(())
        })
        .map_err(error)?;
    Ok(written)
}

/// Remembers where it has written addresses.
#[derive(Clone)]
struct Recorder {
    bytes: EndianVec<LittleEndian>,
    fixups: Vec<(usize, Base)>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { bytes: EndianVec::new(LittleEndian), fixups: Vec::new() }
    }
}

impl Writer for Recorder {
    type Endian = LittleEndian;

    fn endian(&self) -> LittleEndian {
        LittleEndian
    }

    fn len(&self) -> usize {
        self.bytes.len()
    }

    fn write(&mut self, bytes: &[u8]) -> write::Result<()> {
        self.bytes.write(bytes)
    }

    fn write_at(&mut self, offset: usize, bytes: &[u8]) -> write::Result<()> {
        self.bytes.write_at(offset, bytes)
    }

    fn write_address(&mut self, address: Address, size: u8) -> write::Result<()> {
        match address {
            Address::Constant(value) => self.write_udata(value, size),
            Address::Symbol { symbol, addend } => {
                let base = [Base::Image, Base::Instance, Base::Memories];
                let base = *base.get(symbol).ok_or(write::Error::InvalidAddress)?;
                self.fixups.push((self.len(), base));
                if base != Base::Image
                    && let Some(opcode) = self.len().checked_sub(1)
                    && self.bytes.slice()[opcode] == dw::DW_OP_addr.0
                {
                    // An address that is not in the image is a plain number: lldb looks for the others in the image's sections.
                    self.write_at(opcode, &[dw::DW_OP_const8u.0])?;
                }
                self.write_udata(addend.cast_unsigned(), size)
            }
        }
    }
}
