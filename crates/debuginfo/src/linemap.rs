//! The map from native addresses to WebAssembly locations.
//!
//! ```text
//! .debug_line    ├── line 0x31 ──┼── 0x33 ──┼────── 0x57 ──────┤
//! .debug_info    ├── wasm[2] ────────┼── wasm[1] in wasm[2] ───┤
//! rows           ├───────────────┼───┼──────┼──────────────────┤
//! ```

use std::collections::HashMap;

use wootz_wasm_ir::{FuncIndex, WasmOffset};

use crate::lines::{self, LineRange};
use crate::scopes::{self, Scope, ScopeIndex, ScopeRange};
use crate::{Bytes, Dwarf, Error, Unit, elf};

/// A place in the WebAssembly module.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Location {
    /// The function.
    pub func: FuncIndex,
    /// Byte offset in the module, or 0 where only the function is known: LLVM merges equal code of several
    /// instructions and then names none.
    pub offset: WasmOffset,
}

/// A location and what it was inlined into. Rows share frames.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Frame {
    /// The place.
    pub location: Location,
    /// Index among [`LineMap::frames`] of the call that was inlined; lower than this frame's own.
    pub caller: Option<u32>,
}

/// A map from addresses of native code to WebAssembly locations.
///
/// Addresses are virtual addresses relative to the base of an image, or offsets in the section of code of an object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LineMap {
    starts: Vec<u64>,
    rows: Vec<Option<u32>>,
    frames: Vec<Frame>,
}

/// A range of native code that came from one place.
#[derive(Copy, Clone, Debug)]
pub struct Row<'a> {
    map: &'a LineMap,
    /// First address. The row ends where the next begins; the last row of a map has no frames.
    pub start: u64,
    /// Index of the innermost frame among [`LineMap::frames`]; `None` for code of no WebAssembly instruction, and
    /// for gaps.
    pub innermost: Option<u32>,
}

impl<'a> Row<'a> {
    /// Its locations, innermost first.
    pub fn frames(&self) -> impl Iterator<Item = Location> + use<'a> {
        self.map.chain(self.innermost)
    }
}

impl LineMap {
    /// Reads the map of a linked image or of an object file with one section of code.
    ///
    /// A file without debug information gives an empty map.
    ///
    /// # Errors
    /// [`Error`] if the file or its debug information is malformed, or an object has several sections of code.
    pub fn from_elf(bytes: &[u8]) -> Result<Self, Error> {
        let sections = elf::debug_sections(bytes)?;
        Self::read(|name| sections.get(name).map_or(&[], |data| data))
    }

    /// Reads the map from debug sections whose relocations are applied, by their names (`.debug_info`, …); a missing
    /// section is empty.
    ///
    /// # Errors
    /// [`Error`] if a section is malformed.
    pub fn read<'data>(section: impl Fn(&str) -> &'data [u8]) -> Result<Self, Error> {
        let mut parts = Parts::default();
        for_each_unit(section, |dwarf, unit| parts.read_unit(dwarf, unit))?;
        parts.join()
    }

    /// Reads the map of each unit by itself and in their order, as [`read`](Self::read) does for all. It takes the memory that one unit needs. Units
    /// may not refer to each other, which those of different objects do not.
    ///
    /// # Errors
    /// [`Error`] if a section is malformed, and what `each` returns.
    pub fn read_units<'data, E: From<Error>>(
        section: impl Fn(&str) -> &'data [u8],
        mut each: impl FnMut(Self) -> Result<(), E>,
    ) -> Result<(), E> {
        for_each_unit(section, |dwarf, unit| {
            let mut parts = Parts::default();
            parts.read_unit(dwarf, unit)?;
            each(parts.join()?)
        })
    }

    /// The rows, by ascending address.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.starts.iter().zip(&self.rows).map(|(start, innermost)| Row {
            map: self,
            start: *start,
            innermost: *innermost,
        })
    }

    /// The frames that rows refer to; a caller precedes its callees.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The locations at an address, innermost first; empty where no WebAssembly instruction is known.
    ///
    /// For a return address pass the last byte of the call, `address - 1`.
    pub fn lookup(&self, address: u64) -> impl Iterator<Item = Location> + '_ {
        let row = self.starts.partition_point(|start| *start <= address).checked_sub(1);
        self.chain(row.and_then(|row| self.rows[row]))
    }

    fn chain(&self, innermost: Option<u32>) -> impl Iterator<Item = Location> + use<'_> {
        let frame = |index: u32| self.frames.get(index as usize);
        std::iter::successors(innermost.and_then(frame), move |inner| inner.caller.and_then(frame))
            .map(|frame| frame.location)
    }
}

/// Calls a function with each unit of `.debug_info`, in order.
fn for_each_unit<'data, E: From<Error>>(
    section: impl Fn(&str) -> &'data [u8],
    mut each: impl FnMut(&Dwarf<'data>, &Unit<'data>) -> Result<(), E>,
) -> Result<(), E> {
    let load = |id: gimli::SectionId| Ok::<_, Error>(Bytes::new(section(id.name()), gimli::LittleEndian));
    let dwarf: Dwarf<'data> = gimli::Dwarf::load(load)?;
    let mut units = dwarf.units();
    let mut at = 0;
    loop {
        let format = |reason| Error::Format { section: ".debug_info", offset: at, reason };
        let Some(header) = units.next().map_err(format)? else { return Ok(()) };
        at = header.debug_info_offset().map_or(at, |offset| offset.0 as u64);
        let format = |reason| Error::Format { section: ".debug_info", offset: at, reason };
        each(&dwarf, &dwarf.unit(header).map_err(format)?)?;
    }
}

/// What units say, before it is joined.
#[derive(Default)]
struct Parts {
    scopes: scopes::Reader,
    lines: Vec<LineRange>,
}

impl Parts {
    fn read_unit(&mut self, dwarf: &Dwarf<'_>, unit: &Unit<'_>) -> Result<(), Error> {
        self.scopes.read_unit(dwarf, unit)?;
        lines::read_unit(unit, &mut self.lines)
    }

    fn join(mut self) -> Result<LineMap, Error> {
        lines::normalise(&mut self.lines);
        let (scopes, ranges) = self.scopes.finish()?;
        Joiner::new(&scopes)?.join(&ranges, &self.lines)
    }
}

/// Joins scopes and lines into rows, making each frame once.
struct Joiner<'a> {
    scopes: &'a [Scope],
    /// The frame of the call that each scope was inlined at.
    callers: Vec<Option<u32>>,
    made: HashMap<Frame, u32>,
    map: LineMap,
}

impl<'a> Joiner<'a> {
    fn new(scopes: &'a [Scope]) -> Result<Self, Error> {
        let callers = Vec::with_capacity(scopes.len());
        let mut joiner = Self { scopes, callers, made: HashMap::new(), map: LineMap::default() };
        for scope in scopes {
            // A parent precedes its children, so its own caller is already there.
            let caller = match scope.parent {
                Some(parent) => joiner.frame(parent, scope.call_line)?,
                None => None,
            };
            joiner.callers.push(caller);
        }
        Ok(joiner)
    }

    /// The frame of a line in a scope; that of the scope's caller if the scope is no WebAssembly function.
    fn frame(&mut self, scope: ScopeIndex, line: WasmOffset) -> Result<Option<u32>, Error> {
        let caller = self.callers[scope as usize];
        let Some(func) = self.scopes[scope as usize].func else { return Ok(caller) };
        let frame = Frame { location: Location { func, offset: line }, caller };
        let next = u32::try_from(self.map.frames.len()).map_err(|_| Error::TooLarge)?;
        let index = *self.made.entry(frame).or_insert(next);
        if index == next {
            self.map.frames.push(frame);
        }
        Ok(Some(index))
    }

    fn join(mut self, ranges: &[ScopeRange], lines: &[LineRange]) -> Result<LineMap, Error> {
        let mut lines = lines.iter().peekable();
        let mut end = 0;
        for range in ranges {
            let addresses = range.addresses.clone();
            if addresses.start > end {
                self.push(end, None);
            }
            let mut at = addresses.start;
            while at < addresses.end {
                while lines.next_if(|line| line.addresses.end <= at).is_some() {}
                let (line, until) = match lines.peek() {
                    Some(line) if line.addresses.start <= at => (line.line, line.addresses.end),
                    Some(line) => (0, line.addresses.start),
                    None => (0, addresses.end),
                };
                let frame = self.frame(range.scope, line)?;
                self.push(at, frame);
                at = until.min(addresses.end);
            }
            end = addresses.end;
        }
        if !ranges.is_empty() {
            self.push(end, None);
        }
        Ok(self.map)
    }

    fn push(&mut self, start: u64, frame: Option<u32>) {
        let rows = &self.map.rows;
        if rows.last().map_or(frame.is_some(), |last| *last != frame) {
            self.map.starts.push(start);
            self.map.rows.push(frame);
        }
    }
}
