//! The written sections, and the addresses in them that whoever loads the image fills in.

use gimli::constants as dw;
use gimli::write::{self, Address, EndianVec, FrameTable, Writer};
use gimli::{LittleEndian, SectionId};

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

/// The operation for an address that lies in the file itself, before a [`Fixup`]. Those of the runtime's have another one, unless the runtime is linked
/// with the code.
pub const ADDRESS_IN_FILE: u8 = dw::DW_OP_addr.0;

/// An offset of four bytes in another section: right as it is, until a linker joins sections of several files.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SectionOffset {
    /// Index of the section that it stands in.
    pub section: u32,
    /// Where.
    pub offset: u64,
    /// Index of the section that it is an offset in.
    pub target: u32,
}

/// Sections of debug information.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DebugSections {
    /// By name.
    pub sections: Vec<(&'static str, Vec<u8>)>,
    /// Addresses in them; until something is added they are relative to an image at 0.
    pub fixups: Vec<Fixup>,
    /// References between sections.
    pub offsets: Vec<SectionOffset>,
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
    let mut offsets = Vec::new();
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
                offsets.extend(section.offsets.iter().map(|(at, target)| (index, *at as u64, *target)));
            }
            Ok(())
        })
        .map_err(error)?;
    written.offsets.reserve(offsets.len());
    for (section, offset, target) in offsets {
        let target = written.sections.iter().position(|(name, _)| *name == target.name());
        let target =
            target.ok_or_else(|| Error::Write("an offset into a section without contents".into()))?;
        written.offsets.push(SectionOffset { section, offset, target: target as u32 });
    }
    Ok(written)
}

/// Remembers where it has written addresses, and offsets in other sections.
#[derive(Clone)]
struct Recorder {
    bytes: EndianVec<LittleEndian>,
    fixups: Vec<(usize, Base)>,
    offsets: Vec<(usize, SectionId)>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { bytes: EndianVec::new(LittleEndian), fixups: Vec::new(), offsets: Vec::new() }
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

    fn write_offset(&mut self, value: usize, section: SectionId, size: u8) -> write::Result<()> {
        self.offsets.push((self.len(), section));
        self.write_udata(value as u64, size)
    }

    fn write_offset_at(
        &mut self,
        offset: usize,
        value: usize,
        section: SectionId,
        size: u8,
    ) -> write::Result<()> {
        self.offsets.push((offset, section));
        self.write_udata_at(offset, value as u64, size)
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
                    && self.bytes.slice()[opcode] == ADDRESS_IN_FILE
                {
                    // An address that is not in the image is a plain number: lldb looks for the others in the image's sections.
                    self.write_at(opcode, &[dw::DW_OP_const8u.0])?;
                }
                self.write_udata(addend.cast_unsigned(), size)
            }
        }
    }
}
