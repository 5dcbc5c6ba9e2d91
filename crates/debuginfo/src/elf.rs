//! Finds the debug sections of an ELF file, and relocates them if the file is an unlinked object.

use std::borrow::Cow;
use std::collections::BTreeMap;

use object::read::elf::ElfFile64;
use object::{
    LittleEndian, Object as _, ObjectKind, ObjectSection as _, ObjectSymbol as _, RelocationKind,
    RelocationTarget, SectionKind,
};

use crate::Error;

type File<'a> = ElfFile64<'a, LittleEndian>;

/// The debug sections of a file by name.
pub(crate) type Sections<'a> = BTreeMap<&'static str, Cow<'a, [u8]>>;

/// Reads the debug sections of an image or an object file.
pub(crate) fn debug_sections(bytes: &[u8]) -> Result<Sections<'_>, Error> {
    let file = File::parse(bytes).map_err(elf)?;
    let relocatable = file.kind() == ObjectKind::Relocatable;
    if relocatable {
        let code = file.sections().filter(|s| s.kind() == SectionKind::Text && s.size() > 0);
        if code.count() > 1 {
            return Err(Error::SeveralCodeSections);
        }
    }
    let mut sections = Sections::new();
    let load = |id: gimli::SectionId| -> Result<(), Error> {
        let Some(section) = file.section_by_name(id.name()) else { return Ok(()) };
        let mut data = Cow::Borrowed(section.data().map_err(elf)?);
        if relocatable {
            relocate(&file, &section, data.to_mut())?;
        }
        sections.insert(id.name(), data);
        Ok(())
    };
    gimli::DwarfSections::load(load)?;
    Ok(sections)
}

/// Adds to every relocated place the value of its symbol: addresses become offsets in the section of code.
fn relocate(
    file: &File<'_>,
    section: &object::read::elf::ElfSection64<'_, '_, LittleEndian>,
    data: &mut [u8],
) -> Result<(), Error> {
    let name = section.name().map_err(elf)?;
    for (offset, relocation) in section.relocations() {
        let error = |reason| Error::Relocation { section: name.into(), offset, reason };
        if relocation.kind() != RelocationKind::Absolute {
            return Err(error("it is not absolute"));
        }
        let RelocationTarget::Symbol(symbol) = relocation.target() else {
            return Err(error("it has no symbol"));
        };
        let symbol = file.symbol_by_index(symbol).map_err(|_| error("its symbol does not exist"))?;
        if symbol.is_undefined() {
            return Err(error("its symbol is not defined"));
        }
        let value = symbol.address().wrapping_add_signed(relocation.addend());
        let size = usize::from(relocation.size() / 8);
        let place =
            usize::try_from(offset).ok().and_then(|start| data.get_mut(start..start.checked_add(size)?));
        let place = place.ok_or_else(|| error("it is outside the section"))?;
        match size {
            4 if u32::try_from(value).is_err() => return Err(error("its value does not fit")),
            4 | 8 => place.copy_from_slice(&value.to_le_bytes()[..size]),
            _ => return Err(error("its size is not known")),
        }
    }
    Ok(())
}

fn elf(error: object::read::Error) -> Error {
    Error::Elf(error.to_string())
}
