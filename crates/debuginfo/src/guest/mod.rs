//! The DWARF that a module brings (WebAssembly tool conventions, DWARF for WebAssembly): read lazily, by whoever asks for functions and lines.
//!
//! Addresses in it are offsets in the contents of the code section. Here they are offsets in the module, as everywhere else.

mod lines;
mod sources;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::PathBuf;

use gimli::constants as dw;
use gimli::{AttributeValue, DebuggingInformationEntry, UnitOffset};
use wootz_wasm_ir::{FuncIndex, Module, WasmOffset};

use crate::{Bytes, Dwarf, Unit};

pub(crate) use lines::{Line, Lines};
pub use sources::{SourceLine, SourceLines};

/// How far the start that a function has in DWARF may lie before its body: there, its size is written.
const SIZE_FIELD: u32 = 5;
/// References that are followed from an entry to what it is a copy of.
const MAX_REFERENCES: usize = 4;

/// A module's DWARF.
pub(crate) struct Guest<'a> {
    pub(crate) dwarf: Dwarf<'a>,
    pub(crate) units: Vec<Unit<'a>>,
    /// Where each defined function that has debug information is described.
    pub(crate) functions: BTreeMap<FuncIndex, Entry>,
    /// In which entry each entry of a unit is, for those that have children or are types.
    parents: Vec<HashMap<UnitOffset, UnitOffset>>,
    pub(crate) lines: Lines,
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
        let data = &self.units[unit];
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
        Self::read_for(module, |_| true)
    }

    /// Reads the DWARF of some functions, and what stands in the same units.
    pub(crate) fn read_for(module: &'a Module, is_wanted: impl Fn(FuncIndex) -> bool) -> Option<Self> {
        let code = module.sections().iter().find(|section| section.kind == "code")?.range.start;
        let load = |id: gimli::SectionId| {
            let found = module.custom_sections().iter().find(|section| section.name == id.name());
            let bytes = found.map_or(&[][..], |section| {
                &module.bytes()[section.range.start as usize..section.range.end as usize]
            });
            Ok::<_, gimli::Error>(Bytes::new(bytes, gimli::LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(load).ok()?;
        let mut units = Vec::new();
        let mut headers = dwarf.units();
        while let Ok(Some(header)) = headers.next() {
            units.extend(dwarf.unit(header));
        }
        if units.is_empty() {
            return None;
        }
        let mut guest = Self {
            lines: Lines::default(),
            functions: BTreeMap::new(),
            parents: Vec::new(),
            dwarf,
            units,
            code,
        };
        let bodies = bodies(module);
        let wanted = bodies.iter().filter(|(_, func)| is_wanted(*func)).map(|(body, _)| body.clone());
        let wanted: Vec<Range<WasmOffset>> = wanted.collect();
        let units = 0..guest.units.len();
        let units: Vec<usize> = units.filter(|unit| guest.may_have(*unit, &wanted)).collect();
        guest.lines = Lines::read(&guest.units, &units, code);
        guest.parents.resize_with(guest.units.len(), HashMap::new);
        for unit in units {
            // As far as the unit can be read.
            let mut parents = HashMap::new();
            let _ = guest.read_unit(unit, &bodies, &mut parents);
            guest.parents[unit] = parents;
        }
        (!guest.functions.is_empty()).then_some(guest)
    }

    /// Whether a unit may describe one of some bodies, which ascend: it does not say what code it has, or says that of one.
    fn may_have(&self, unit: usize, bodies: &[Range<WasmOffset>]) -> bool {
        let root = Entry { unit, offset: UnitOffset(self.units[unit].header.size_of_header()) };
        let Some(die) = self.die(root) else { return true };
        let ranges = self.ranges(unit, &die);
        let has = |range: &Range<WasmOffset>| {
            let next = bodies.partition_point(|body| body.end <= range.start);
            bodies.get(next).is_some_and(|body| body.start < range.end)
        };
        ranges.is_empty() || ranges.iter().any(has)
    }

    fn read_unit(
        &mut self,
        unit: usize,
        bodies: &[(Range<WasmOffset>, FuncIndex)],
        parents: &mut HashMap<UnitOffset, UnitOffset>,
    ) -> gimli::Result<()> {
        let mut found = Vec::new();
        let mut entries = self.units[unit].entries();
        let mut around: Vec<(isize, UnitOffset)> = Vec::new();
        while let Some(entry) = entries.next_dfs()? {
            while around.last().is_some_and(|(depth, _)| *depth >= entry.depth()) {
                around.pop();
            }
            if let Some((_, parent)) = around.last() {
                parents.insert(entry.offset(), *parent);
            }
            around.push((entry.depth(), entry.offset()));
            if entry.tag() == dw::DW_TAG_subprogram
                && let [range] = &*self.ranges(unit, entry)
                && let Some(func) = function_at(bodies, range)
            {
                found.push((func, Entry { unit, offset: entry.offset() }));
            }
        }
        self.functions.extend(found);
        Ok(())
    }

    /// The entry in which an entry is.
    pub(crate) fn parent(&self, entry: Entry) -> Option<Entry> {
        let parent = self.parents.get(entry.unit)?.get(&entry.offset)?;
        Some(Entry { unit: entry.unit, offset: *parent })
    }

    pub(crate) fn die(&self, entry: Entry) -> Option<Die<'a>> {
        self.units.get(entry.unit)?.entry(entry.offset).ok()
    }

    /// The entries directly in an entry.
    pub(crate) fn children(&self, entry: Entry) -> Vec<Entry> {
        let read = || -> gimli::Result<Vec<Entry>> {
            let mut tree = self.units[entry.unit].entries_tree(Some(entry.offset))?;
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
        let read = || -> gimli::Result<Vec<Range<WasmOffset>>> {
            let unit = &self.units[unit];
            let address = |name| match entry.attr_value(name) {
                Some(value) => match self.dwarf.attr_address(unit, value) {
                    Ok(Some(address)) => Some(address),
                    _ => None,
                },
                None => None,
            };
            let mut ranges = Vec::new();
            if let Some(value) = entry.attr_value(dw::DW_AT_ranges)
                && let Some(mut list) = self.dwarf.attr_ranges(unit, value)?
            {
                while let Some(range) = list.next()? {
                    ranges.extend(self.offsets(range.begin, range.end));
                }
            } else if let Some(low) = address(dw::DW_AT_low_pc) {
                let high = match entry.attr_value(dw::DW_AT_high_pc) {
                    Some(AttributeValue::Udata(size)) => low.checked_add(size),
                    _ => address(dw::DW_AT_high_pc),
                };
                ranges.extend(high.and_then(|high| self.offsets(low, high)));
            }
            Ok(ranges)
        };
        read().unwrap_or_default()
    }

    /// A range of addresses as offsets in the module; `None` for code that the linker has removed, and what cannot be.
    pub(crate) fn offsets(&self, begin: u64, end: u64) -> Option<Range<WasmOffset>> {
        let offset = |address: u64| u32::try_from(address).ok()?.checked_add(self.code);
        let (begin, end) = (offset(begin)?, offset(end)?);
        (begin < end && begin > self.code).then_some(begin..end)
    }

    /// What an attribute refers to.
    pub(crate) fn reference(&self, unit: usize, entry: &Die<'_>, name: gimli::DwAt) -> Option<Entry> {
        match entry.attr_value(name)? {
            AttributeValue::UnitRef(offset) => Some(Entry { unit, offset }),
            AttributeValue::DebugInfoRef(offset) => {
                self.units.iter().enumerate().find_map(|(unit, data)| {
                    Some(Entry { unit, offset: offset.to_unit_offset(&data.header)? })
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
        let text = self.dwarf.attr_string(&self.units[unit], value).ok()?;
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

/// An attribute that is a number: of a line, or of a file.
pub(crate) fn number(entry: &Die<'_>, name: gimli::DwAt) -> Option<u64> {
    match entry.attr_value(name)? {
        AttributeValue::FileIndex(file) => Some(file),
        value => value.udata_value(),
    }
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
