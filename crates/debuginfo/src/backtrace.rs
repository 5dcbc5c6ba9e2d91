//! Where in the sources each instruction of a module came from, by the DWARF that the module brings: for backtraces.
//!
//! ```text
//! .debug_line    ├── f.c:3 ──────┼── f.c:9 ──┼── f.c:4 ──┤
//! .debug_info    ├── f ──────────┼── g in f, called at f.c:3 ──┼── f ──┤
//! rows           ├── f, f.c:3 ───┼── g, f.c:9 ← f, f.c:3 ─┼── …
//! ```

use std::collections::HashMap;
use std::ops::Range;

use gimli::constants as dw;
use wootz_wasm_ir::{Module, WasmOffset};

use crate::guest::{Entry, Guest};
use crate::scopes::{Claim, innermost};

/// A function in a file: what frames share.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SourcePlace {
    /// Name of the function; empty if it has none.
    pub function: String,
    /// Path of the file.
    pub file: String,
}

/// A line, and the call that it was inlined at.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct SourceFrame {
    /// Index of the place.
    pub place: u32,
    /// The line, from 1.
    pub line: u32,
    /// Index of the calling frame, which is lower than this one's.
    pub caller: Option<u32>,
}

/// The lines of a module's code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceMap {
    /// Functions in files.
    pub places: Vec<SourcePlace>,
    /// Lines; a caller precedes its callees.
    pub frames: Vec<SourceFrame>,
    /// By offset in the module: the innermost frame from there on, if it is known.
    pub rows: Vec<(WasmOffset, Option<u32>)>,
}

/// Reads the lines that a module's DWARF gives. `None` if it has none.
pub fn source_map(module: &Module) -> Option<SourceMap> {
    let guest = Guest::read(module)?;
    let mut maker = Maker {
        guest: &guest,
        scopes: Vec::new(),
        claims: Vec::new(),
        files: HashMap::new(),
        places: HashMap::new(),
        frames: HashMap::new(),
        map: SourceMap::default(),
    };
    guest.functions.values().for_each(|entry| maker.function(*entry));
    maker.join();
    (!maker.map.rows.is_empty()).then_some(maker.map)
}

/// A function, or one that the guest's compiler inlined.
struct Scope {
    name: String,
    caller: Option<u32>,
}

struct Maker<'a, 'g> {
    guest: &'a Guest<'g>,
    scopes: Vec<Scope>,
    claims: Vec<Claim>,
    files: HashMap<(usize, u64), Option<String>>,
    places: HashMap<SourcePlace, u32>,
    frames: HashMap<SourceFrame, u32>,
    map: SourceMap,
}

impl Maker<'_, '_> {
    fn function(&mut self, entry: Entry) {
        let Some(die) = self.guest.die(entry) else { return };
        let ranges = self.guest.ranges(entry.unit, &die);
        let scope = self.scope(entry, None, 0, ranges);
        let mut open = vec![(entry, scope, 1)];
        while let Some((outer, scope, depth)) = open.pop() {
            for child in self.guest.children(outer) {
                let Some(die) = self.guest.die(child) else { continue };
                match die.tag() {
                    dw::DW_TAG_lexical_block => open.push((child, scope, depth)),
                    dw::DW_TAG_inlined_subroutine => {
                        let ranges = self.guest.ranges(child.unit, &die);
                        let number = |name| crate::guest::number(&die, name);
                        let call = number(dw::DW_AT_call_file).zip(number(dw::DW_AT_call_line));
                        let caller = call.and_then(|(file, line)| {
                            let line = u32::try_from(line).ok().filter(|line| *line != 0)?;
                            self.frame(scope, child.unit, file, line)
                        });
                        let inner = self.scope(child, caller, depth, ranges);
                        open.push((child, inner, depth + 1));
                    }
                    _ => {}
                }
            }
        }
    }

    fn scope(
        &mut self,
        entry: Entry,
        caller: Option<u32>,
        depth: u32,
        ranges: Vec<Range<WasmOffset>>,
    ) -> u32 {
        let scope = self.scopes.len() as u32;
        self.scopes.push(Scope { name: self.guest.name(entry).unwrap_or_default(), caller });
        let wide = |range: Range<WasmOffset>| u64::from(range.start)..u64::from(range.end);
        self.claims.extend(ranges.into_iter().map(|range| Claim { addresses: wide(range), depth, scope }));
        scope
    }

    /// The frame of a line in a scope; `None` if nothing is known of the file.
    fn frame(&mut self, scope: u32, unit: usize, file: u64, line: u32) -> Option<u32> {
        let guest = self.guest;
        let path = self.files.entry((unit, file)).or_insert_with(|| {
            let (folder, name) = guest.file(unit, file)?;
            Some(folder.join(name).to_string_lossy().into_owned())
        });
        let Scope { name, caller } = &self.scopes[scope as usize];
        let place = SourcePlace { function: name.clone(), file: path.clone()? };
        let next = self.map.places.len() as u32;
        let index = *self.places.entry(place.clone()).or_insert(next);
        if index == next {
            self.map.places.push(place);
        }
        let frame = SourceFrame { place: index, line, caller: *caller };
        let next = self.map.frames.len() as u32;
        let index = *self.frames.entry(frame).or_insert(next);
        if index == next {
            self.map.frames.push(frame);
        }
        Some(index)
    }

    /// Cuts lines at the bounds of scopes.
    fn join(&mut self) {
        let mut end = 0;
        for range in innermost(&self.claims) {
            let (start, stop) = (range.addresses.start as WasmOffset, range.addresses.end as WasmOffset);
            if start > end {
                self.push(end, None);
            }
            let mut at = start;
            while at < stop {
                let line = self.guest.lines().at(at);
                let until = line
                    .map_or_else(|| self.guest.lines().after(at).unwrap_or(stop), |line| line.offsets.end);
                let frame = line.filter(|line| line.line != 0).map(|line| (line.unit, line.file, line.line));
                let frame = frame.and_then(|(unit, file, line)| self.frame(range.scope, unit, file, line));
                self.push(at, frame);
                at = until.min(stop);
            }
            end = stop;
        }
        self.push(end, None);
    }

    fn push(&mut self, start: WasmOffset, frame: Option<u32>) {
        let rows = &mut self.map.rows;
        if rows.last().map_or(frame.is_some(), |(_, last)| *last != frame) {
            rows.push((start, frame));
        }
    }
}
