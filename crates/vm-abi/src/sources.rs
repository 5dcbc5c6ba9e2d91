//! Byte offset in the module → lines of its sources, with the functions that the guest's compiler inlined: for backtraces of modules with DWARF.
//!
//! The lines are an [address map](crate::addrmap) of offsets in the module, whose frames name places instead of functions, and lines instead of
//! offsets. A place is a function in a file. All numbers are little-endian.
//!
//! ```text
//! u32                number of places n
//! u32 × 2 n          end of each place's function's name and of its file's path, in the text
//! u32                length of the text
//! text, UTF-8
//! address map
//! ```

use std::ops::Range;

use wootz_wasm_types::{FuncIndex, WasmOffset};

use crate::addrmap::{self, AddressMap, FrameIndex, number};

/// Bytes of a number.
const NUMBER: usize = size_of::<u32>();

/// A line of a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLine {
    /// Name of the function; empty if it has none.
    pub function: String,
    /// Path of the file, as the guest's compiler knew it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// The lines of a module, as they are made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sources {
    ends: Vec<u32>,
    text: String,
    lines: AddressMap,
}

impl Sources {
    /// Appends a place, a function in a file, and returns its number. `None` if there is more text than can be.
    pub fn push_place(&mut self, function: &str, file: &str) -> Option<u32> {
        let number = u32::try_from(self.ends.len() / 2).ok()?;
        for part in [function, file] {
            self.text.push_str(part);
            self.ends.push(u32::try_from(self.text.len()).ok()?);
        }
        Some(number)
    }

    /// Appends a line in a place that was inlined at another line, or at none ([`addrmap::NONE`]), and returns its index.
    ///
    /// # Panics
    /// If that line is not there.
    pub fn push_line(&mut self, place: u32, line: u32, caller: FrameIndex) -> FrameIndex {
        self.lines.push_frame(addrmap::Frame { func: FuncIndex(place), offset: line }, caller)
    }

    /// From an offset on, the code is from a line, or from none ([`addrmap::NONE`]).
    ///
    /// # Panics
    /// As [`AddressMap::push_row`].
    pub fn push_row(&mut self, start: WasmOffset, line: FrameIndex) {
        self.lines.push_row(start, line);
    }

    /// Contents of the [`SOURCES`](crate::image::SOURCES) section.
    ///
    /// # Panics
    /// If it takes 4 GiB.
    pub fn encode(self) -> Vec<u8> {
        let ends = self.ends.iter().flat_map(|end| end.to_le_bytes());
        let mut bytes = number(self.ends.len() / 2).to_vec();
        bytes.extend(ends);
        bytes.extend(number(self.text.len()));
        bytes.extend(self.text.as_bytes());
        bytes.extend(self.lines.encode());
        bytes
    }
}

/// The lines at an offset in the module, innermost first; none where none are known.
///
/// `sources` is what [`Sources::encode`] returns. Before a part of it is read, `is_whole` is asked whether it is as it was written: what is not,
/// and what are no sources at all, has no lines.
pub fn lookup(
    sources: &[u8],
    offset: WasmOffset,
    is_whole: impl Fn(Range<usize>) -> bool,
) -> Vec<SourceLine> {
    let part = |range: Range<usize>| sources.get(range.clone()).filter(|_| is_whole(range));
    find(sources, offset, &part, &is_whole).unwrap_or_default()
}

fn find<'a>(
    sources: &'a [u8],
    offset: WasmOffset,
    part: &dyn Fn(Range<usize>) -> Option<&'a [u8]>,
    is_whole: &dyn Fn(Range<usize>) -> bool,
) -> Option<Vec<SourceLine>> {
    let number = |at: usize| {
        let bytes = part(at..at.checked_add(NUMBER)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    let count = number(0)?;
    let end_of = |index: usize| NUMBER.checked_add(index.checked_mul(NUMBER)?);
    let length = end_of(count.checked_mul(2)?)?;
    let text = length.checked_add(NUMBER)?;
    let map = text.checked_add(number(length)?)?;
    let read = |index: usize| {
        let start = if index == 0 { 0 } else { number(end_of(index - 1)?)? };
        let bytes = part(text.checked_add(start)?..text.checked_add(number(end_of(index)?)?)?)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    };
    let frames =
        addrmap::lookup(sources.get(map..)?, offset, |range| is_whole(map + range.start..map + range.end));
    let line = |frame: &addrmap::Frame| {
        let place = Some(frame.func.0 as usize).filter(|place| *place < count)?;
        Some(SourceLine { function: read(2 * place)?, file: read(2 * place + 1)?, line: frame.offset })
    };
    frames.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut sources = Sources::default();
        let outer = sources.push_place("main", "/src/main.c").unwrap();
        let inner = sources.push_place("twice", "/src/main.h").unwrap();
        let call = sources.push_line(outer, 7, addrmap::NONE);
        let inlined = sources.push_line(inner, 3, call);
        sources.push_row(10, call);
        sources.push_row(12, inlined);
        sources.push_row(20, addrmap::NONE);
        sources.encode()
    }

    fn line(function: &str, file: &str, line: u32) -> SourceLine {
        SourceLine { function: function.into(), file: file.into(), line }
    }

    #[test]
    fn an_offset_has_its_line_and_those_it_was_inlined_at() {
        let at = |offset| lookup(&sample(), offset, |_| true);
        let outer = line("main", "/src/main.c", 7);
        assert_eq!([at(9), at(20)], [vec![], vec![]]);
        assert_eq!(at(10), std::slice::from_ref(&outer));
        assert_eq!(at(19), [line("twice", "/src/main.h", 3), outer]);
    }

    /// Whatever the bytes are, a lookup ends and returns: the truth, or nothing.
    #[test]
    fn what_is_damaged_has_no_lines() {
        let bytes = sample();
        let truth = lookup(&bytes, 12, |_| true);
        for len in 0..bytes.len() {
            assert_eq!(lookup(&bytes[..len], 12, |_| true), [], "{len} bytes");
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x80;
            let _ = lookup(&damaged, 12, |_| true);
            let told = lookup(&bytes, 12, |range| !range.contains(&at));
            assert!(told.is_empty() || told == truth, "byte {at}");
        }
    }
}
