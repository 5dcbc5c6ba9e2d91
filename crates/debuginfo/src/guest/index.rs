//! What is found out once of a module's DWARF, for all who ask for parts of it: lazy code asks for each function that is compiled.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use gimli::constants as dw;
use gimli::{DebugInfoOffset, UnitOffset};
use wootz_wasm_ir::{FuncIndex, WasmOffset};

use super::{Entry, Guest, Lines, function_at};
use crate::Dwarf;

/// What has been found out of one module's DWARF. Empty at first; shared by threads.
#[derive(Default, Debug)]
pub struct GuestIndex(OnceLock<Arc<[UnitIndex]>>);

/// A unit.
#[derive(Debug)]
pub(super) struct UnitIndex {
    /// Where its header is.
    pub(super) header: DebugInfoOffset,
    /// The code that it says it is of; empty if it does not say.
    ranges: Vec<Range<WasmOffset>>,
    contents: OnceLock<Contents>,
    /// Whether its global variables have been told to debuggers.
    is_told: AtomicBool,
}

/// What a unit has.
#[derive(Default, Debug)]
pub(super) struct Contents {
    /// Where functions are described.
    pub(super) functions: Vec<(FuncIndex, UnitOffset)>,
    /// In which entry each entry is.
    pub(super) parents: HashMap<UnitOffset, UnitOffset>,
    pub(super) lines: Lines,
}

impl GuestIndex {
    /// The units, in their order; those that cannot be read are left out.
    pub(super) fn units(&self, dwarf: &Dwarf<'_>, code: WasmOffset) -> Arc<[UnitIndex]> {
        let read = || {
            let mut found = Vec::new();
            let mut headers = dwarf.units();
            while let Ok(Some(header)) = headers.next() {
                let (Some(at), Ok(unit)) = (header.debug_info_offset(), dwarf.unit(header)) else { continue };
                let root = unit.entry(UnitOffset(unit.header.size_of_header())).ok();
                let ranges = root.map_or_else(Vec::new, |root| super::ranges(dwarf, &unit, code, &root));
                found.push(UnitIndex {
                    header: at,
                    ranges,
                    contents: OnceLock::new(),
                    is_told: AtomicBool::new(false),
                });
            }
            found.into()
        };
        Arc::clone(self.0.get_or_init(read))
    }
}

impl UnitIndex {
    /// Whether it may describe one of some bodies, which ascend: it does not say what code it has, or says that of one.
    pub(super) fn may_have(&self, bodies: &[Range<WasmOffset>]) -> bool {
        let has = |range: &Range<WasmOffset>| {
            let next = bodies.partition_point(|body| body.end <= range.start);
            bodies.get(next).is_some_and(|body| body.start < range.end)
        };
        self.ranges.is_empty() || self.ranges.iter().any(has)
    }

    /// What has been found in it, if anyone has asked.
    pub(super) fn known(&self) -> Option<&Contents> {
        self.contents.get()
    }
}

impl Guest<'_> {
    /// Whether it is the first time that a unit is told to debuggers, which once is enough for what is not code.
    pub(crate) fn tell(&self, unit: usize) -> bool {
        !self.index[unit].is_told.swap(true, Ordering::Relaxed)
    }

    /// What is in a unit, as far as it can be read.
    pub(super) fn contents(&self, unit: usize, bodies: &[(Range<WasmOffset>, FuncIndex)]) -> &Contents {
        self.index[unit].contents.get_or_init(|| {
            let lines = Lines::read(self.unit(unit), unit, self.code);
            let mut contents = Contents { lines, ..Contents::default() };
            let _ = self.read_entries(unit, bodies, &mut contents);
            contents
        })
    }

    fn read_entries(
        &self,
        unit: usize,
        bodies: &[(Range<WasmOffset>, FuncIndex)],
        contents: &mut Contents,
    ) -> gimli::Result<()> {
        let mut entries = self.unit(unit).entries();
        let mut around: Vec<(isize, UnitOffset)> = Vec::new();
        while let Some(entry) = entries.next_dfs()? {
            while around.last().is_some_and(|(depth, _)| *depth >= entry.depth()) {
                around.pop();
            }
            if let Some((_, parent)) = around.last() {
                contents.parents.insert(entry.offset(), *parent);
            }
            around.push((entry.depth(), entry.offset()));
            if entry.tag() == dw::DW_TAG_subprogram
                && let [range] = &*self.ranges(unit, entry)
                && let Some(func) = function_at(bodies, range)
            {
                contents.functions.push((func, entry.offset()));
            }
        }
        Ok(())
    }

    /// The entry in which an entry is.
    pub(crate) fn parent(&self, entry: Entry) -> Option<Entry> {
        let parent = self.index.get(entry.unit)?.known()?.parents.get(&entry.offset)?;
        Some(Entry { unit: entry.unit, offset: *parent })
    }
}
