//! Reads `.debug_info`: which address belongs to which function, inlined into which.
//!
//! One pass over each unit's entries. Names are resolved at the end, because an inlined copy may precede its abstract
//! function, or stand in another unit.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use gimli::constants as dw;
use gimli::{AttributeSpecification, AttributeValue, EntriesRaw};
use wootz_wasm_ir::{FuncIndex, WasmOffset};

use crate::{Bytes, Dwarf, Error, Unit, parse_function_symbol};

/// Index of a [`Scope`].
pub(crate) type ScopeIndex = u32;

/// Address ranges that are read at most: far more than code of 4 GiB has, fewer than shared range lists can make.
const MAX_RANGES: usize = 1 << 27;
/// References from an inlined copy over its abstract function to a declaration that are followed at most.
const MAX_REFERENCES: usize = 4;

/// A function, or an inlined copy of one.
pub(crate) struct Scope {
    /// The scope that this one was inlined into; it has a lower index.
    pub(crate) parent: Option<ScopeIndex>,
    /// Line of the call that was inlined, or 0.
    pub(crate) call_line: WasmOffset,
    /// The function, or `None` if it is not a WebAssembly function.
    pub(crate) func: Option<FuncIndex>,
    /// Where its entry is in `.debug_info`.
    pub(crate) entry: u64,
}

/// A range of addresses whose innermost scope is known.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ScopeRange {
    pub(crate) addresses: Range<u64>,
    pub(crate) scope: ScopeIndex,
}

/// A range as an entry states it: it may be covered by one of a greater depth.
pub(crate) struct Claim {
    pub(crate) addresses: Range<u64>,
    pub(crate) depth: u32,
    pub(crate) scope: ScopeIndex,
}

/// What an entry says about which function it is.
enum Identity {
    Known(Option<FuncIndex>),
    SameAs(u64),
}

/// Collects the scopes of all units.
#[derive(Default)]
pub(crate) struct Reader {
    scopes: Vec<Scope>,
    claims: Vec<Claim>,
    identities: HashMap<u64, Identity>,
}

/// The attributes that matter here, as far as an entry has them.
#[derive(Default)]
struct Attributes {
    name: Option<FuncIndex>,
    linkage_name: Option<Option<FuncIndex>>,
    origin: Option<u64>,
    call_line: WasmOffset,
    addresses: Vec<Range<u64>>,
}

impl Reader {
    /// Reads the entries of a unit.
    pub(crate) fn read_unit(&mut self, dwarf: &Dwarf<'_>, unit: &Unit<'_>) -> Result<(), Error> {
        let Some(base) = unit.header.debug_info_offset() else { return Ok(()) };
        let format = |entry: u64, reason| Error::Format { section: ".debug_info", offset: entry, reason };
        let mut entries = unit.entries_raw(None).map_err(|reason| format(base.0 as u64, reason))?;
        // The scopes around the current entry, each with its depth in the tree.
        let mut around: Vec<(isize, ScopeIndex)> = Vec::new();
        while !entries.is_empty() {
            let entry = (base.0 + entries.next_offset().0) as u64;
            let depth = entries.next_depth();
            let format = |reason| format(entry, reason);
            let Some(abbreviation) = entries.read_abbreviation().map_err(format)? else { continue };
            while around.last().is_some_and(|(outer, _)| *outer >= depth) {
                around.pop();
            }
            let inlined = abbreviation.tag() == dw::DW_TAG_inlined_subroutine;
            if !inlined && abbreviation.tag() != dw::DW_TAG_subprogram {
                entries.skip_attributes(abbreviation.attributes()).map_err(format)?;
                continue;
            }
            let attributes =
                self.read_attributes(dwarf, unit, &mut entries, abbreviation.attributes()).map_err(format)?;
            let parent = if inlined { around.last().map(|(_, scope)| *scope) } else { None };
            self.identities.insert(entry, attributes.identity());
            if !attributes.addresses.is_empty() {
                let scope = self.add_scope(entry, parent, attributes, around.len())?;
                around.push((depth, scope));
            }
        }
        Ok(())
    }

    fn add_scope(
        &mut self,
        entry: u64,
        parent: Option<ScopeIndex>,
        attributes: Attributes,
        depth: usize,
    ) -> Result<ScopeIndex, Error> {
        let scope = ScopeIndex::try_from(self.scopes.len()).map_err(|_| Error::TooLarge)?;
        let depth = u32::try_from(depth).map_err(|_| Error::TooLarge)?;
        self.scopes.push(Scope { parent, call_line: attributes.call_line, func: None, entry });
        if self.claims.len() + attributes.addresses.len() > MAX_RANGES {
            return Err(Error::TooLarge);
        }
        self.claims.extend(attributes.addresses.into_iter().map(|addresses| Claim {
            addresses,
            depth,
            scope,
        }));
        Ok(scope)
    }

    fn read_attributes(
        &self,
        dwarf: &Dwarf<'_>,
        unit: &Unit<'_>,
        entries: &mut EntriesRaw<'_, Bytes<'_>>,
        specifications: &[AttributeSpecification],
    ) -> gimli::Result<Attributes> {
        let mut found = Attributes::default();
        let (mut low, mut high, mut size, mut list) = (None, None, None, None);
        for specification in specifications {
            let attribute = entries.read_attribute(*specification)?;
            let value = attribute.value();
            match attribute.name() {
                dw::DW_AT_name => found.name = parse_function_symbol(&dwarf.attr_string(unit, value)?),
                dw::DW_AT_linkage_name => {
                    found.linkage_name = Some(parse_function_symbol(&dwarf.attr_string(unit, value)?));
                }
                dw::DW_AT_abstract_origin | dw::DW_AT_specification => found.origin = reference(unit, value),
                dw::DW_AT_call_line => {
                    let line = attribute.udata_value().and_then(|line| line.try_into().ok());
                    found.call_line = line.ok_or(gimli::Error::UnsupportedAttributeForm(attribute.form()))?;
                }
                dw::DW_AT_low_pc => low = dwarf.attr_address(unit, value)?,
                dw::DW_AT_high_pc => match value {
                    AttributeValue::Udata(bytes) => size = Some(bytes),
                    value => high = dwarf.attr_address(unit, value)?,
                },
                dw::DW_AT_ranges => list = Some(value),
                _ => {}
            }
        }
        if let Some(value) = list
            && let Some(mut ranges) = dwarf.attr_ranges(unit, value)?
        {
            while let Some(range) = ranges.next()? {
                if self.claims.len() + found.addresses.len() > MAX_RANGES {
                    break;
                }
                found.addresses.push(range.begin..range.end);
            }
        } else if let Some(low) = low {
            let end = size.map(|bytes| low.saturating_add(bytes)).or(high);
            found.addresses.extend(end.map(|end| low..end));
        }
        found.addresses.retain(|range| range.start < range.end);
        Ok(found)
    }

    /// The scopes, with their functions resolved, and the addresses of each where it is the innermost, in order.
    pub(crate) fn finish(mut self) -> Result<(Vec<Scope>, Vec<ScopeRange>), Error> {
        for scope in &mut self.scopes {
            scope.func = resolve(&self.identities, scope.entry)?;
        }
        Ok((self.scopes, innermost(&self.claims)))
    }
}

impl Attributes {
    fn identity(&self) -> Identity {
        match (self.linkage_name, self.name, self.origin) {
            (Some(func), ..) => Identity::Known(func),
            (None, Some(func), _) => Identity::Known(Some(func)),
            (None, None, Some(origin)) => Identity::SameAs(origin),
            (None, None, None) => Identity::Known(None),
        }
    }
}

/// The entry in `.debug_info` that a value refers to.
fn reference(unit: &Unit<'_>, value: AttributeValue<Bytes<'_>>) -> Option<u64> {
    match value {
        AttributeValue::UnitRef(offset) => Some(offset.to_debug_info_offset(&unit.header)?.0 as u64),
        AttributeValue::DebugInfoRef(offset) => Some(offset.0 as u64),
        _ => None,
    }
}

fn resolve(identities: &HashMap<u64, Identity>, entry: u64) -> Result<Option<FuncIndex>, Error> {
    let mut at = entry;
    for _ in 0..MAX_REFERENCES {
        match identities.get(&at) {
            Some(Identity::Known(func)) => return Ok(*func),
            Some(Identity::SameAs(origin)) => at = *origin,
            None => break,
        }
    }
    Err(Error::Reference { offset: entry })
}

/// Cuts the claims into a partition where the deepest claim wins.
///
/// A sweep over all bounds with the set of open claims, so that ranges that are not nested, as only a corrupt file has
/// them, are no special case.
pub(crate) fn innermost(claims: &[Claim]) -> Vec<ScopeRange> {
    let mut bounds: Vec<(u64, bool, usize)> = Vec::with_capacity(claims.len() * 2);
    for (index, claim) in claims.iter().enumerate() {
        bounds.push((claim.addresses.start, true, index));
        bounds.push((claim.addresses.end, false, index));
    }
    bounds.sort_unstable();
    let mut open: BTreeSet<(u32, usize)> = BTreeSet::new();
    let mut ranges: Vec<ScopeRange> = Vec::new();
    let mut bounds = bounds.into_iter().peekable();
    while let Some((address, opens, index)) = bounds.next() {
        let key = (claims[index].depth, index);
        if opens {
            open.insert(key);
        } else {
            open.remove(&key);
        }
        let Some((next, ..)) = bounds.peek() else { break };
        let Some(&(_, index)) = open.last() else { continue };
        if address == *next {
            continue;
        }
        let scope = claims[index].scope;
        match ranges.last_mut() {
            Some(last) if last.scope == scope && last.addresses.end == address => last.addresses.end = *next,
            _ => ranges.push(ScopeRange { addresses: address..*next, scope }),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(addresses: Range<u64>, depth: u32, scope: ScopeIndex) -> Claim {
        Claim { addresses, depth, scope }
    }

    #[test]
    fn the_deepest_claim_wins() {
        let ranges = innermost(&[
            claim(0..100, 0, 0),
            claim(10..50, 1, 1),
            claim(20..30, 2, 2),
            claim(60..70, 1, 1),
            claim(200..210, 0, 3),
        ]);
        let got: Vec<_> = ranges.iter().map(|r| (r.addresses.clone(), r.scope)).collect();
        let expected = [
            (0..10, 0),
            (10..20, 1),
            (20..30, 2),
            (30..50, 1),
            (50..60, 0),
            (60..70, 1),
            (70..100, 0),
            (200..210, 3),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn ranges_that_cross_are_still_a_partition() {
        let ranges = innermost(&[claim(0..20, 1, 0), claim(10..30, 0, 1), claim(10..30, 0, 2)]);
        let got: Vec<_> = ranges.iter().map(|r| (r.addresses.clone(), r.scope)).collect();
        assert_eq!(got, [(0..20, 0), (20..30, 2)]);
    }

    #[test]
    fn references_in_a_circle_are_refused() {
        let identities = HashMap::from([(8, Identity::SameAs(9)), (9, Identity::SameAs(8))]);
        assert_eq!(resolve(&identities, 8), Err(Error::Reference { offset: 8 }));
        assert_eq!(resolve(&identities, 7), Err(Error::Reference { offset: 7 }));
    }
}
