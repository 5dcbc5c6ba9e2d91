//! The DWARF that a module brings (WebAssembly tool conventions, DWARF for WebAssembly): read lazily, by whoever asks for functions and lines.
//!
//! Addresses in it are offsets in the contents of the code section. Here they are offsets in the module, as everywhere else.

mod index;
mod lines;
mod operands;
mod sources;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use gimli::constants as dw;
use gimli::{AttributeValue, DebuggingInformationEntry, UnitHeader, UnitOffset};
use wootz_wasm_ir::{FuncIndex, Module, WasmOffset};

use crate::{Bytes, Dwarf, Unit};

use index::UnitIndex;

pub use index::GuestIndex;
pub(crate) use lines::{Line, Lines};
pub use operands::described_operands;
pub use sources::{SourceLine, SourceLines};

/// How far the start that a function has in DWARF may lie before its body: there, its size is written.
const SIZE_FIELD: u32 = 5;
/// References that are followed from an entry to what it is a copy of.
const MAX_REFERENCES: usize = 4;

/// A module's DWARF.
pub(crate) struct Guest<'a> {
    pub(crate) dwarf: Dwarf<'a>,
    /// Each read when it is first needed.
    units: Vec<(UnitHeader<Bytes<'a>>, OnceCell<Unit<'a>>)>,
    index: Arc<[UnitIndex]>,
    /// Where each defined function that has debug information is described.
    pub(crate) functions: BTreeMap<FuncIndex, Entry>,
    /// The only unit that was asked for, whose lines are in the index; else all lines are here.
    lines: Result<usize, Lines>,
    /// Offset in the module of address 0.
    code: WasmOffset,
}

/// An entry of a unit.
#[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Entry {
    pub(crate) unit: usize,
    pub(crate) offset: UnitOffset,
}

type Die<'a> = DebuggingInformationEntry<Bytes<'a>>;

impl<'a> Guest<'a> {
    /// Folder and name of a file, by its number in a unit.
    pub(crate) fn file(&self, unit: usize, number: u64) -> Option<(PathBuf, String)> {
        let data = self.unit(unit);
        let header = data.line_program.as_ref()?.header();
        let file = header.file(number)?;
        let text = |value| {
            let text = self.dwarf.attr_string(data, value).ok()?;
            Some(String::from_utf8_lossy(text.slice()).into_owned())
        };
        let name = text(file.path_name())?;
        let folder = file.directory(header).and_then(text).unwrap_or_default();
        let base = data.comp_dir.map(|dir| String::from_utf8_lossy(dir.slice()).into_owned());
        Some((PathBuf::from(base.unwrap_or_default()).join(folder), name))
    }

    /// Reads a module's DWARF. `None` if it has none; what is malformed in it is left out, since a module runs whatever its custom sections
    /// say.
    pub(crate) fn read(module: &'a Module) -> Option<Self> {
        Self::read_for(module, &GuestIndex::default(), |_| true)
    }

    /// Finds the units, without reading what they have.
    fn open(module: &'a Module, index: &GuestIndex) -> Option<Self> {
        let code = module.sections().iter().find(|section| section.kind == "code")?.range.start;
        let load = |id: gimli::SectionId| {
            let found = module.custom_sections().iter().find(|section| section.name == id.name());
            let bytes = found.map_or(&[][..], |section| {
                &module.bytes()[section.range.start as usize..section.range.end as usize]
            });
            Ok::<_, gimli::Error>(Bytes::new(bytes, gimli::LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(load).ok()?;
        let index = index.units(&dwarf, code);
        let header = |unit: &UnitIndex| {
            Some((dwarf.debug_info.header_from_offset(unit.header).ok()?, OnceCell::new()))
        };
        let units = index.iter().map(header).collect::<Option<_>>()?;
        Some(Self { dwarf, units, index, functions: BTreeMap::new(), lines: Err(Lines::default()), code })
    }

    /// Reads the DWARF of some functions, and what stands in the same units. `index` is the module's.
    pub(crate) fn read_for(
        module: &'a Module,
        index: &GuestIndex,
        is_wanted: impl Fn(FuncIndex) -> bool,
    ) -> Option<Self> {
        let mut guest = Self::open(module, index)?;
        let bodies = bodies(module);
        let wanted = bodies.iter().filter(|(_, func)| is_wanted(*func)).map(|(body, _)| body.clone());
        let wanted: Vec<Range<WasmOffset>> = wanted.collect();
        let units = guest.index.iter().enumerate().filter(|(_, unit)| unit.may_have(&wanted));
        let units: Vec<usize> = units.map(|(unit, _)| unit).collect();
        let mut functions = BTreeMap::new();
        for unit in units.iter().copied() {
            let found = guest.contents(unit, &bodies).functions.iter();
            let found = found.filter(|(func, _)| is_wanted(*func));
            functions.extend(found.map(|(func, offset)| (*func, Entry { unit, offset: *offset })));
        }
        guest.functions = functions;
        guest.lines = match &*units {
            [only] => Ok(*only),
            units => Err(Lines::join(units.iter().map(|unit| &guest.contents(*unit, &bodies).lines))),
        };
        (!guest.functions.is_empty()).then_some(guest)
    }

    pub(crate) fn unit(&self, unit: usize) -> &Unit<'a> {
        let (header, read) = &self.units[unit];
        read.get_or_init(|| self.dwarf.unit(*header).expect("the index has units that were read before"))
    }

    /// The lines of the units that were asked for.
    pub(crate) fn lines(&self) -> &Lines {
        match &self.lines {
            Ok(unit) => self.index[*unit].known().map_or(Lines::NONE, |contents| &contents.lines),
            Err(lines) => lines,
        }
    }

    pub(crate) fn die(&self, entry: Entry) -> Option<Die<'a>> {
        self.units.get(entry.unit)?;
        self.unit(entry.unit).entry(entry.offset).ok()
    }

    /// The entries directly in an entry.
    pub(crate) fn children(&self, entry: Entry) -> Vec<Entry> {
        let read = || -> gimli::Result<Vec<Entry>> {
            let mut tree = self.unit(entry.unit).entries_tree(Some(entry.offset))?;
            let mut found = Vec::new();
            let mut children = tree.root()?.children();
            while let Some(child) = children.next()? {
                found.push(Entry { unit: entry.unit, offset: child.entry().offset() });
            }
            Ok(found)
        };
        read().unwrap_or_default()
    }

    /// The ranges of an entry's code, as offsets in the module.
    pub(crate) fn ranges(&self, unit: usize, entry: &Die<'_>) -> Vec<Range<WasmOffset>> {
        ranges(&self.dwarf, self.unit(unit), self.code, entry)
    }

    /// A range of addresses as offsets in the module; `None` for code that the linker has removed, and what cannot be.
    pub(crate) fn offsets(&self, begin: u64, end: u64) -> Option<Range<WasmOffset>> {
        offsets(self.code, begin, end)
    }

    /// What an attribute refers to.
    pub(crate) fn reference(&self, unit: usize, entry: &Die<'_>, name: gimli::DwAt) -> Option<Entry> {
        match entry.attr_value(name)? {
            AttributeValue::UnitRef(offset) => Some(Entry { unit, offset }),
            AttributeValue::DebugInfoRef(offset) => {
                self.units.iter().enumerate().find_map(|(unit, (header, _))| {
                    Some(Entry { unit, offset: offset.to_unit_offset(header)? })
                })
            }
            _ => None,
        }
    }

    /// The entries that say something of an entry: itself, and what it is a copy or the definition of.
    pub(crate) fn origins(&self, entry: Entry) -> impl Iterator<Item = (Entry, Die<'a>)> + '_ {
        let start = self.die(entry).map(|die| (entry, die));
        let next = move |(at, die): &(Entry, Die<'a>)| {
            let origin = self.reference(at.unit, die, dw::DW_AT_abstract_origin);
            let next = origin.or_else(|| self.reference(at.unit, die, dw::DW_AT_specification))?;
            self.die(next).map(|die| (next, die))
        };
        std::iter::successors(start, next).take(MAX_REFERENCES)
    }

    /// An attribute that is text.
    pub(crate) fn text(&self, unit: usize, entry: &Die<'a>, name: gimli::DwAt) -> Option<String> {
        let value = entry.attr_value(name)?;
        let text = self.dwarf.attr_string(self.unit(unit), value).ok()?;
        Some(String::from_utf8_lossy(text.slice()).into_owned())
    }

    /// The name of an entry, or of what it is a copy of.
    pub(crate) fn name(&self, entry: Entry) -> Option<String> {
        self.origins(entry).find_map(|(at, die)| self.text(at.unit, &die, dw::DW_AT_name))
    }

    /// The type of an entry, or of what it is a copy of.
    pub(crate) fn ty(&self, entry: Entry) -> Option<Entry> {
        self.origins(entry).find_map(|(at, die)| self.reference(at.unit, &die, dw::DW_AT_type))
    }
}

/// Whether a module brings DWARF of functions of its own, whose sources a debugger shows and not the module's text.
pub fn has_sources(module: &Module) -> bool {
    let Some(guest) = Guest::open(module, &GuestIndex::default()) else { return false };
    let bodies = bodies(module);
    (0..guest.index.len()).any(|unit| !guest.contents(unit, &bodies).functions.is_empty())
}

/// An attribute that is a number: of a line, or of a file.
pub(crate) fn number(entry: &Die<'_>, name: gimli::DwAt) -> Option<u64> {
    match entry.attr_value(name)? {
        AttributeValue::FileIndex(file) => Some(file),
        value => value.udata_value(),
    }
}

fn ranges(dwarf: &Dwarf<'_>, unit: &Unit<'_>, code: WasmOffset, entry: &Die<'_>) -> Vec<Range<WasmOffset>> {
    let read = || -> gimli::Result<Vec<Range<WasmOffset>>> {
        let address = |name| match entry.attr_value(name) {
            Some(value) => match dwarf.attr_address(unit, value) {
                Ok(Some(address)) => Some(address),
                _ => None,
            },
            None => None,
        };
        let mut ranges = Vec::new();
        if let Some(value) = entry.attr_value(dw::DW_AT_ranges)
            && let Some(mut list) = dwarf.attr_ranges(unit, value)?
        {
            while let Some(range) = list.next()? {
                ranges.extend(offsets(code, range.begin, range.end));
            }
        } else if let Some(low) = address(dw::DW_AT_low_pc) {
            let high = match entry.attr_value(dw::DW_AT_high_pc) {
                Some(AttributeValue::Udata(size)) => low.checked_add(size),
                _ => address(dw::DW_AT_high_pc),
            };
            ranges.extend(high.and_then(|high| offsets(code, low, high)));
        }
        Ok(ranges)
    };
    read().unwrap_or_default()
}

fn offsets(code: WasmOffset, begin: u64, end: u64) -> Option<Range<WasmOffset>> {
    let offset = |address: u64| u32::try_from(address).ok()?.checked_add(code);
    let (begin, end) = (offset(begin)?, offset(end)?);
    (begin < end && begin > code).then_some(begin..end)
}

/// The bodies, by offset.
fn bodies(module: &Module) -> Vec<(Range<WasmOffset>, FuncIndex)> {
    let functions = module.declarations().defined_functions();
    functions.filter_map(|func| Some((module.body_range(func)?, func))).collect()
}

/// The function whose body a range of code is.
fn function_at(bodies: &[(Range<WasmOffset>, FuncIndex)], range: &Range<WasmOffset>) -> Option<FuncIndex> {
    let next = bodies.partition_point(|(body, _)| body.start < range.start);
    let (body, func) = bodies.get(next)?;
    (body.start - range.start <= SIZE_FIELD && body.end == range.end).then_some(*func)
}
