//! What a module's own DWARF says: no debugger can show more.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;

use gimli::{AttributeValue, DebuggingInformationEntry, Dwarf, EndianSlice, LittleEndian, SectionId, Unit};
use wootz_wasm_ir::Module;

type Bytes<'a> = EndianSlice<'a, LittleEndian>;
type Entry<'a> = DebuggingInformationEntry<Bytes<'a>>;

/// All of a module but its custom sections.
pub(crate) fn code(module: &Path) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let module = Module::new(std::fs::read(module)?)?;
    let sections = module.sections().iter().filter(|section| section.kind != "custom");
    let bytes = sections
        .map(|section| module.bytes()[section.range.start as usize..section.range.end as usize].to_vec());
    Ok(bytes.collect())
}

/// The variables that have a place where a line's code begins, with the line.
pub(crate) fn stated(module: &Path, source: &Path) -> Result<BTreeSet<(u64, String)>, Box<dyn Error>> {
    let module = Module::new(std::fs::read(module)?)?;
    let load = |id: SectionId| {
        let section = module.custom_sections().iter().find(|section| section.name == id.name());
        let range = section.map_or(0..0, |section| section.range.start as usize..section.range.end as usize);
        Ok::<_, gimli::Error>(EndianSlice::new(&module.bytes()[range], LittleEndian))
    };
    let dwarf = Dwarf::load(load)?;
    let mut found = BTreeSet::new();
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        let unit = dwarf.unit(header)?;
        let lines = lines(&dwarf, &unit, source)?;
        if !lines.is_empty() {
            Reader { dwarf: &dwarf, unit: &unit, lines: &lines }.read(&mut found)?;
        }
    }
    Ok(found)
}

/// Address and line of each statement of a source.
fn lines(dwarf: &Dwarf<Bytes<'_>>, unit: &Unit<Bytes<'_>>, source: &Path) -> gimli::Result<Vec<(u64, u64)>> {
    let mut found = Vec::new();
    let Some(program) = unit.line_program.clone() else { return Ok(found) };
    let mut rows = program.rows();
    while let Some((header, row)) = rows.next_row()? {
        let Some(file) = row.file(header) else { continue };
        let name = dwarf.attr_string(unit, file.path_name())?;
        let is_source = Path::new(&*name.to_string_lossy()).file_name() == source.file_name();
        if let (true, true, false, Some(line)) = (is_source, row.is_stmt(), row.end_sequence(), row.line()) {
            found.push((row.address(), line.get()));
        }
    }
    Ok(found)
}

struct Reader<'r, 'a> {
    dwarf: &'r Dwarf<Bytes<'a>>,
    unit: &'r Unit<Bytes<'a>>,
    lines: &'r [(u64, u64)],
}

impl<'a> Reader<'_, 'a> {
    fn read(&self, found: &mut BTreeSet<(u64, String)>) -> gimli::Result<()> {
        let mut entries = self.unit.entries();
        while let Some(entry) = entries.next_dfs()? {
            if !matches!(entry.tag(), gimli::DW_TAG_variable | gimli::DW_TAG_formal_parameter) {
                continue;
            }
            let Some(name) = self.name(entry)? else { continue };
            for (address, line) in self.lines {
                if self.has_place(entry, *address)? {
                    found.insert((*line, name.clone()));
                }
            }
        }
        Ok(())
    }

    fn name(&self, entry: &Entry<'a>) -> gimli::Result<Option<String>> {
        if let Some(name) = entry.attr_value(gimli::DW_AT_name) {
            return Ok(Some(self.dwarf.attr_string(self.unit, name)?.to_string_lossy().into_owned()));
        }
        match entry.attr_value(gimli::DW_AT_abstract_origin) {
            Some(AttributeValue::UnitRef(origin)) => self.name(&self.unit.entry(origin)?),
            _ => Ok(None),
        }
    }

    /// A place that is the same everywhere counts at every line: which ones it is in scope at, the native build says.
    fn has_place(&self, entry: &Entry<'a>, address: u64) -> gimli::Result<bool> {
        let constant = entry.attr_value(gimli::DW_AT_const_value);
        let Some(place) = entry.attr_value(gimli::DW_AT_location) else { return Ok(constant.is_some()) };
        if place.exprloc_value().is_some() {
            return Ok(true);
        }
        let Some(mut list) = self.dwarf.attr_locations(self.unit, place)? else { return Ok(false) };
        while let Some(entry) = list.next()? {
            if (entry.range.begin..entry.range.end).contains(&address) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
