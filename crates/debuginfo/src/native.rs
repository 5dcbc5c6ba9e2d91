//! Everything that LLVM said of the code it made: which place each address came from, and where variables are meanwhile.
//!
//! [`LineMap`](crate::LineMap) is enough for backtraces; what is written for debuggers also needs the variables, and the scopes that they
//! belong to: two copies of a function that were inlined into one hold them in different places.

use std::collections::HashMap;
use std::ops::Range;

use gimli::constants as dw;
use gimli::{AttributeValue, Expression, UnitOffset};
use wootz_wasm_ir::{LocalIndex, WasmOffset};

use crate::lines::{self, LineRange};
use crate::scopes::{self, Scope, ScopeRange};
use crate::{Bytes, CONTEXT_LINE, Dwarf, Error, Unit};

/// What LLVM said.
pub(crate) struct Native<'a> {
    /// Functions and inlined copies of them; what contains another comes first.
    pub(crate) scopes: Vec<Scope>,
    /// Of each scope.
    pub(crate) variables: Vec<ScopeVariables<'a>>,
    /// Code by address, without gaps inside a function.
    pub(crate) rows: Vec<Row>,
    /// How expressions are encoded.
    pub(crate) encoding: gimli::Encoding,
}

/// Code of one place.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Row {
    pub(crate) addresses: Range<u64>,
    /// Index of the innermost scope.
    pub(crate) scope: usize,
    /// Offset in the module, or 0 if it is not known.
    pub(crate) offset: WasmOffset,
}

/// The variables of one scope.
#[derive(Clone, Default)]
pub(crate) struct ScopeVariables<'a> {
    /// What `DW_OP_fbreg` is relative to, in a function that is not inlined.
    pub(crate) frame_base: Option<Expression<Bytes<'a>>>,
    pub(crate) context: Locations<'a>,
    pub(crate) locals: HashMap<LocalIndex, Locations<'a>>,
}

/// Where a variable is, by address.
pub(crate) type Locations<'a> = Vec<(Range<u64>, Expression<Bytes<'a>>)>;

impl<'a> Native<'a> {
    /// Reads the linked debug sections.
    pub(crate) fn read(section: impl Fn(&str) -> &'a [u8]) -> Result<Self, Error> {
        let load = |id: gimli::SectionId| Ok(Bytes::new(section(id.name()), gimli::LittleEndian));
        let dwarf: Dwarf<'a> = gimli::Dwarf::load(load)?;
        let mut reader = scopes::Reader::default();
        let (mut lines, mut entries) = (Vec::new(), HashMap::new());
        let mut encoding = gimli::Encoding { format: gimli::Format::Dwarf32, version: 4, address_size: 8 };
        let mut units = dwarf.units();
        let format = |reason| Error::Format { section: ".debug_info", offset: 0, reason };
        while let Some(header) = units.next().map_err(format)? {
            let unit = dwarf.unit(header).map_err(format)?;
            encoding = unit.encoding();
            reader.read_unit(&dwarf, &unit)?;
            lines::read_unit(&unit, &mut lines)?;
            read_variables(&dwarf, &unit, &mut entries).map_err(format)?;
        }
        lines::normalise(&mut lines);
        let (scopes, ranges) = reader.finish()?;
        let variables = scopes.iter().map(|scope| entries.remove(&scope.entry).unwrap_or_default()).collect();
        Ok(Self { scopes, variables, rows: join(&ranges, &lines), encoding })
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
            let (offset, until) = match lines.peek() {
                Some(line) if line.addresses.start <= at => (line.line, line.addresses.end),
                Some(line) => (0, line.addresses.start),
                None => (0, range.addresses.end),
            };
            let end = until.min(range.addresses.end);
            rows.push(Row { addresses: at..end, scope: range.scope as usize, offset });
            at = end;
        }
    }
    rows
}

/// Reads the variables of a unit's functions, by the function's entry in `.debug_info`.
fn read_variables<'a>(
    dwarf: &Dwarf<'a>,
    unit: &Unit<'a>,
    found: &mut HashMap<u64, ScopeVariables<'a>>,
) -> gimli::Result<()> {
    let Some(base) = unit.header.debug_info_offset() else { return Ok(()) };
    let mut entries = unit.entries();
    // The functions around the current entry, each with its depth in the tree.
    let mut around: Vec<(isize, u64)> = Vec::new();
    while let Some(entry) = entries.next_dfs()? {
        let depth = entry.depth();
        while around.last().is_some_and(|(outer, _)| *outer >= depth) {
            around.pop();
        }
        match entry.tag() {
            dw::DW_TAG_subprogram | dw::DW_TAG_inlined_subroutine => {
                let at = (base.0 + entry.offset().0) as u64;
                around.push((depth, at));
                if let Some(value) = entry.attr_value(dw::DW_AT_frame_base) {
                    found.entry(at).or_default().frame_base = value.exprloc_value();
                }
            }
            dw::DW_TAG_variable | dw::DW_TAG_formal_parameter => {
                let (Some((_, function)), Some(location)) =
                    (around.last(), entry.attr_value(dw::DW_AT_location))
                else {
                    continue;
                };
                let Some(line) = declared_in(unit, entry.offset())? else { continue };
                let locations = read_locations(dwarf, unit, location)?;
                let variables = found.entry(*function).or_default();
                match line {
                    CONTEXT_LINE => variables.context = locations,
                    line => _ = variables.locals.insert(LocalIndex(line.saturating_sub(1)), locations),
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The line in which a variable, or the one that it is a copy of, is declared.
fn declared_in(unit: &Unit<'_>, entry: UnitOffset) -> gimli::Result<Option<u32>> {
    let entry = unit.entry(entry)?;
    let line = |value: AttributeValue<_>| value.udata_value().and_then(|line| u32::try_from(line).ok());
    if let Some(value) = entry.attr_value(dw::DW_AT_decl_line) {
        return Ok(line(value));
    }
    let Some(AttributeValue::UnitRef(origin)) = entry.attr_value(dw::DW_AT_abstract_origin) else {
        return Ok(None);
    };
    Ok(unit.entry(origin)?.attr_value(dw::DW_AT_decl_line).and_then(line))
}

fn read_locations<'a>(
    dwarf: &Dwarf<'a>,
    unit: &Unit<'a>,
    value: AttributeValue<Bytes<'a>>,
) -> gimli::Result<Locations<'a>> {
    let mut locations = Vec::new();
    if let Some(expression) = value.exprloc_value() {
        locations.push((0..u64::MAX, expression));
    } else if let Some(mut list) = dwarf.attr_locations(unit, value)? {
        while let Some(entry) = list.next()? {
            locations.push((entry.range.begin..entry.range.end, entry.data));
        }
    }
    Ok(locations)
}
