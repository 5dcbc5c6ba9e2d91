//! Everything that LLVM said of the code it made: which place each address came from, and where variables are meanwhile.
//!
//! [`LineMap`](crate::LineMap) is enough for backtraces; what is written for debuggers also needs the variables, and the scopes that they
//! belong to: two copies of a function that were inlined into one hold them in different places.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use gimli::constants as dw;
use gimli::{AttributeValue, UnitOffset};
use wootz_wasm_ir::ir::is_operand;
use wootz_wasm_ir::{LocalIndex, WasmOffset};

use crate::frames::Frames;
use crate::lines::{self, LineRange};
use crate::place::{Place, Step};
use crate::scopes::{self, Scope, ScopeRange};
use crate::{ALL_VALUES, Bytes, CONTEXT_LINE, Dwarf, Error, Unit};

/// What LLVM said.
pub(crate) struct Native {
    /// Functions and inlined copies of them; what contains another comes first.
    pub(crate) scopes: Vec<Scope>,
    /// Of each scope.
    pub(crate) variables: Vec<ScopeVariables>,
    /// Code by address, without gaps inside a function.
    pub(crate) rows: Vec<Row>,
}

/// Code of one place.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Row {
    pub(crate) addresses: Range<u64>,
    /// Index of the innermost scope.
    pub(crate) scope: usize,
    /// Offset in the module, or 0 if it is not known.
    pub(crate) offset: WasmOffset,
    /// Whether it is the second copy of a loop.
    pub(crate) is_copy: bool,
}

/// The variables of one scope.
#[derive(Clone, Default)]
pub(crate) struct ScopeVariables {
    /// What `DW_OP_fbreg` is relative to, in a function that is not inlined.
    pub(crate) frame_base: Option<Place>,
    pub(crate) context: Locations,
    pub(crate) locals: HashMap<LocalIndex, Locations>,
    /// The values of operands that something says a variable is in, each by the place that stands for it and the offset from which on.
    pub(crate) operands: BTreeMap<(LocalIndex, WasmOffset), Locations>,
    /// The values of locals that are told apart, by what each is told by, until [`values`](crate::write) joins them.
    pub(crate) values: BTreeMap<LocalIndex, BTreeMap<WasmOffset, Locations>>,
}

/// Where a variable is, by address.
pub(crate) type Locations = Vec<(Range<u64>, Place)>;

/// The addresses of a place that a variable has in all of its function.
pub(crate) const EVERYWHERE: Range<u64> = 0..u64::MAX;

impl Native {
    /// Reads the linked debug sections. In code that is not `optimised`, a place on the stack belongs to one value.
    pub(crate) fn read<'a>(
        section: impl Fn(&str) -> &'a [u8],
        frames: &Frames,
        optimised: bool,
    ) -> Result<Self, Error> {
        let load = |id: gimli::SectionId| Ok(Bytes::new(section(id.name()), gimli::LittleEndian));
        let dwarf: Dwarf<'a> = gimli::Dwarf::load(load)?;
        let mut reader = scopes::Reader::default();
        let (mut lines, mut entries) = (Vec::new(), HashMap::new());
        let mut units = dwarf.units();
        let format = |reason| Error::Format { section: ".debug_info", offset: 0, reason };
        while let Some(header) = units.next().map_err(format)? {
            let unit = dwarf.unit(header).map_err(format)?;
            reader.read_unit(&dwarf, &unit)?;
            lines::read_unit(&unit, &mut lines)?;
            Variables { dwarf: &dwarf, unit: &unit, frames, optimised }.read(&mut entries).map_err(format)?;
        }
        lines::normalise(&mut lines);
        let (scopes, ranges) = reader.finish()?;
        let variables = scopes.iter().map(|scope| entries.remove(&scope.entry).unwrap_or_default()).collect();
        Ok(Self { scopes, variables, rows: join(&ranges, &lines) })
    }

    /// The scope and what it was inlined into, innermost first.
    pub(crate) fn around(&self, scope: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(scope), |scope| self.scopes[*scope].parent.map(|parent| parent as usize))
    }

    /// The scopes that were inlined into each one.
    pub(crate) fn children(&self) -> Vec<Vec<usize>> {
        let mut children = vec![Vec::new(); self.scopes.len()];
        for (index, scope) in self.scopes.iter().enumerate() {
            if let Some(parent) = scope.parent {
                children[parent as usize].push(index);
            }
        }
        children
    }
}

/// Cuts lines at the bounds of scopes.
fn join(ranges: &[ScopeRange], lines: &[LineRange]) -> Vec<Row> {
    let mut lines = lines.iter().peekable();
    let mut rows: Vec<Row> = Vec::new();
    for range in ranges {
        let mut at = range.addresses.start;
        while at < range.addresses.end {
            while lines.next_if(|line| line.addresses.end <= at).is_some() {}
            let (offset, is_copy, until) = match lines.peek() {
                Some(line) if line.addresses.start <= at => (line.line, line.is_copy, line.addresses.end),
                Some(line) => (0, false, line.addresses.start),
                None => (0, false, range.addresses.end),
            };
            let end = until.min(range.addresses.end);
            rows.push(Row { addresses: at..end, scope: range.scope as usize, offset, is_copy });
            at = end;
        }
    }
    rows
}

/// How a variable is declared.
struct Declaration {
    line: u32,
    /// Whether it keeps its first value.
    is_fixed: bool,
    /// Which value of a local it is.
    since: WasmOffset,
}

/// Reads the variables of a unit's functions.
struct Variables<'r, 'a> {
    dwarf: &'r Dwarf<'a>,
    unit: &'r Unit<'a>,
    frames: &'r Frames,
    optimised: bool,
}

impl<'a> Variables<'_, 'a> {
    /// Reads them, by the function's entry in `.debug_info`.
    fn read(&self, found: &mut HashMap<u64, ScopeVariables>) -> gimli::Result<()> {
        let unit = self.unit;
        let Some(base) = unit.header.debug_info_offset() else { return Ok(()) };
        let mut entries = unit.entries();
        // The functions around the current entry, each with its depth in the tree and its end.
        let mut around: Vec<(isize, u64, u64)> = Vec::new();
        while let Some(entry) = entries.next_dfs()? {
            let depth = entry.depth();
            while around.last().is_some_and(|(outer, ..)| *outer >= depth) {
                around.pop();
            }
            match entry.tag() {
                dw::DW_TAG_subprogram | dw::DW_TAG_inlined_subroutine => {
                    let at = (base.0 + entry.offset().0) as u64;
                    around.push((depth, at, self.end(entry)?));
                    let frame_base =
                        entry.attr_value(dw::DW_AT_frame_base).and_then(|value| value.exprloc_value());
                    found.entry(at).or_default().frame_base =
                        frame_base.and_then(|base| Place::read(base, unit.encoding()));
                }
                dw::DW_TAG_variable | dw::DW_TAG_formal_parameter => {
                    let Some((_, function, end)) = around.last() else { continue };
                    let Some(Declaration { line, is_fixed, since }) = self.declaration(entry.offset())?
                    else {
                        continue;
                    };
                    let mut locations = self.locations(entry)?;
                    if is_fixed && !self.optimised {
                        self.extend(&mut locations, *end);
                    }
                    let variables = found.entry(*function).or_default();
                    let local = LocalIndex(line.saturating_sub(1));
                    match (line, since) {
                        (CONTEXT_LINE, _) => variables.context = locations,
                        (_, since) if is_operand(local) => {
                            variables.operands.entry((local, since)).or_default().extend(locations);
                        }
                        (_, ALL_VALUES) => _ = variables.locals.insert(local, locations),
                        _ => variables
                            .values
                            .entry(local)
                            .or_default()
                            .entry(since)
                            .or_default()
                            .extend(locations),
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// One past the last address of a function that is in one piece; 0 for any other.
    fn end(&self, entry: &gimli::DebuggingInformationEntry<Bytes<'a>>) -> gimli::Result<u64> {
        let low = match entry.attr_value(dw::DW_AT_low_pc) {
            Some(value) => self.dwarf.attr_address(self.unit, value)?,
            None => None,
        };
        Ok(match (low, entry.attr_value(dw::DW_AT_high_pc)) {
            (Some(low), Some(AttributeValue::Udata(size))) => low.saturating_add(size),
            _ => 0,
        })
    }

    /// How a variable, or the one that it is a copy of, is declared.
    fn declaration(&self, entry: UnitOffset) -> gimli::Result<Option<Declaration>> {
        let mut entry = self.unit.entry(entry)?;
        if let Some(AttributeValue::UnitRef(origin)) = entry.attr_value(dw::DW_AT_abstract_origin) {
            entry = self.unit.entry(origin)?;
        }
        let line = entry.attr_value(dw::DW_AT_decl_line).and_then(|value| value.udata_value());
        let is_fixed = entry.attr_value(dw::DW_AT_artificial).is_some();
        let since = match entry.attr_value(dw::DW_AT_name) {
            Some(name) => self.dwarf.attr_string(self.unit, name)?.to_string_lossy().parse().ok(),
            None => None,
        };
        let line = line.and_then(|line| u32::try_from(line).ok());
        Ok(line.map(|line| Declaration { line, is_fixed, since: since.unwrap_or(ALL_VALUES) }))
    }

    /// The locations of a variable.
    fn locations(&self, entry: &gimli::DebuggingInformationEntry<Bytes<'a>>) -> gimli::Result<Locations> {
        let mut locations = Vec::new();
        let encoding = self.unit.encoding();
        if let Some(value) = entry.attr_value(dw::DW_AT_const_value) {
            let number = match value {
                AttributeValue::Block(data) => Step::number(data.slice()),
                value => {
                    value.udata_value().map(Step::Unsigned).or_else(|| value.sdata_value().map(Step::Signed))
                }
            };
            locations.extend(number.map(|number| (EVERYWHERE, Place::Value(vec![number]))));
        }
        let Some(value) = entry.attr_value(dw::DW_AT_location) else { return Ok(locations) };
        if let Some(expression) = value.exprloc_value() {
            let place = Place::read(expression, encoding).and_then(|place| place.in_frame(None));
            locations.extend(place.map(|place| (EVERYWHERE, place)));
        } else if let Some(mut list) = self.dwarf.attr_locations(self.unit, value)? {
            while let Some(entry) = list.next()? {
                let place = Place::read(entry.data, encoding);
                let place = place.and_then(|place| place.in_frame(self.frames.rule(entry.range.begin)));
                locations.extend(place.map(|place| (entry.range.begin..entry.range.end, place)));
            }
        }
        Ok(locations)
    }

    /// Closes the gaps after a place on the stack, up to the function's end.
    ///
    /// LLVM ends such a range where the stack pointer moves. Without optimisation the place keeps the value, and a
    /// variable that keeps its value is still there.
    fn extend(&self, locations: &mut Locations, end: u64) {
        locations.sort_by_key(|(range, _)| range.start);
        for index in 0..locations.len() {
            let next = locations.get(index + 1).map_or(end, |(next, _)| next.start);
            let (range, place) = &mut locations[index];
            if place.is_in_frame() {
                range.end = range.end.max(next);
            }
        }
        if let Some(first) = locations.iter().position(|(_, place)| place.is_in_frame()) {
            // It was put there when it was made: LLVM says so at the end of the block.
            if let Some(before) = first.checked_sub(1).map(|before| locations[before].0.end) {
                locations[first].0.start = before;
            }
            // Nor does it come back to where it was before.
            locations.truncate(first + 1);
            locations[first].0.end = locations[first].0.end.max(end);
        }
    }
}
