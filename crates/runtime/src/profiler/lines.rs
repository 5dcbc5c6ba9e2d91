//! The source lines of an image's code, as its debug information for debuggers says.

use std::path::PathBuf;
use std::sync::Arc;

use gimli::{EndianSlice, LittleEndian as Little, SectionId};
use object::LittleEndian as LE;
use object::elf;
use object::read::elf::{FileHeader, SectionHeader};

/// From this address on, to the next row's, code is of this line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    pub(crate) address: u64,
    pub(crate) file: Arc<str>,
    pub(crate) line: u32,
}

/// The rows of an image that is loaded at an address, by address. `None` if it has none that can be read.
pub(super) fn rows(image: &[u8], base: usize) -> Option<Vec<Row>> {
    let header = elf::FileHeader64::<LE>::parse(image).ok()?;
    let sections = header.sections(LE, image).ok()?;
    let load = |id: SectionId| {
        let section = sections.section_by_name(LE, id.name().as_bytes());
        let bytes = section.and_then(|(_, section)| section.data(LE, image).ok()).unwrap_or_default();
        Ok::<_, gimli::Error>(EndianSlice::new(bytes, Little))
    };
    let dwarf = gimli::Dwarf::load(load).ok()?;
    let mut rows = Vec::new();
    let mut units = dwarf.units();
    while let Ok(Some(header)) = units.next() {
        let unit = dwarf.unit(header).ok()?;
        let Some(program) = unit.line_program.clone() else { continue };
        let mut files: Vec<Option<Arc<str>>> = Vec::new();
        let mut program_rows = program.rows();
        while let Ok(Some((header, row))) = program_rows.next_row() {
            let index = row.file_index() as usize;
            if row.end_sequence() || index > header.file_names().len() {
                continue;
            }
            if files.len() <= index {
                files.resize(index + 1, None);
            }
            if files[index].is_none() {
                let file = header.file(row.file_index())?;
                let text = |value| Some(dwarf.attr_string(&unit, value).ok()?.to_string_lossy().into_owned());
                let folder = file.directory(header).and_then(text).unwrap_or_default();
                let path = PathBuf::from(folder).join(text(file.path_name())?);
                files[index] = Some(path.to_string_lossy().into());
            }
            let line = row.line().map_or(0, |line| line.get() as u32);
            if let (Some(file), true) = (&files[index], line != 0) {
                rows.push(Row {
                    address: row.address().wrapping_add(base as u64),
                    file: Arc::clone(file),
                    line,
                });
            }
        }
    }
    rows.sort_by_key(|row| row.address);
    Some(rows)
}
