//! Native code offset → WebAssembly function and byte offset, with inlined frames.
//!
//! Rows are ranges of code that came from one place: a row ends where the next begins. It names the innermost frame there, or none where the
//! code came from no WebAssembly instruction; frames name their caller.
//!
//! Maps are large and few of their rows are ever looked up. So rows stand in blocks, each with all frames that its rows need, and a lookup
//! decodes one block, which an index of fixed width finds. All numbers of the index are little-endian.
//!
//! ```text
//! u32      number of blocks n
//! u32 × n  code offset of each block's first row, ascending
//! u32 × n  end of each block in the blocks
//! blocks, each postcard of:
//!     rows:   [(u32, i64)]       start − start of the row before, or of the block; frame − that of the row before, where
//!                                frames count from 1 and 0 is none
//!     frames: [(i64, i64, u32)]  func − func before, offset − offset before, own index − caller's index, or 0 for none
//! ```
//!
//! Within a block everything is a difference to its neighbour, because neighbours are alike: most numbers take one byte.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use wootz_wasm_types::{FuncIndex, WasmOffset};

/// Index of a frame in [`AddressMap`]; [`NONE`] for no frame.
pub type FrameIndex = u32;
/// No frame.
pub const NONE: FrameIndex = u32::MAX;

/// Rows of a block, the last may have fewer.
const BLOCK: usize = 64;
/// Bytes of a number of the index.
const NUMBER: usize = size_of::<u32>();

/// A place in the WebAssembly module.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Frame {
    /// The function.
    pub func: FuncIndex,
    /// Byte offset in the module, or 0 where only the function is known.
    pub offset: WasmOffset,
}

/// The map of one image, as it is made. Full blocks are encoded at once: what is kept besides them is a block's rows, and the frames of a
/// [part](Self::end_part).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AddressMap {
    /// The index and the blocks, encoded.
    starts: Vec<u8>,
    ends: Vec<u8>,
    blocks: Vec<u8>,
    /// What is not in a block yet.
    rows: Vec<(u32, FrameIndex)>,
    /// Each with its caller, which precedes it.
    frames: Vec<(Frame, FrameIndex)>,
}

impl AddressMap {
    /// Whether no code is known to come from anywhere.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.starts.is_empty()
    }

    /// Appends a frame that was inlined into `caller`, or into none ([`NONE`]), and returns its index.
    ///
    /// # Panics
    /// If the caller is not in the part.
    pub fn push_frame(&mut self, frame: Frame, caller: FrameIndex) -> FrameIndex {
        assert!(caller == NONE || (caller as usize) < self.frames.len(), "a caller precedes its callees");
        self.frames.push((frame, caller));
        (self.frames.len() - 1) as FrameIndex
    }

    /// Appends a row starting at `start`. A row equal to the previous one is merged, and one with its start takes its place.
    ///
    /// # Panics
    /// If the row before in the part starts behind it, the frame is not in the part, or the map takes 4 GiB, which that of 2 GiB of code does
    /// not.
    pub fn push_row(&mut self, start: u32, frame: FrameIndex) {
        assert!(frame == NONE || (frame as usize) < self.frames.len(), "a row names a frame of the part");
        match self.rows.last_mut() {
            Some((last, row)) if *last == start => *row = frame,
            Some((_, row)) if *row == frame => {}
            last => {
                assert!(last.is_none_or(|(last, _)| *last < start), "rows ascend");
                if self.rows.len() == BLOCK {
                    self.end_block();
                }
                self.rows.push((start, frame));
            }
        }
    }

    /// Ends a part, such as a unit of compilation: its frames are forgotten, and indices start from zero again. The rows that follow start
    /// at or behind the last one.
    ///
    /// # Panics
    /// If the map takes 4 GiB.
    pub fn end_part(&mut self) {
        self.end_block();
        self.frames.clear();
    }

    /// Contents of the [`ADDRMAP`](crate::image::ADDRMAP) section.
    ///
    /// # Panics
    /// If the map takes 4 GiB.
    pub fn encode(mut self) -> Vec<u8> {
        self.end_part();
        let count = number(self.starts.len() / NUMBER);
        [&count[..], &self.starts, &self.ends, &self.blocks].concat()
    }

    fn end_block(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let Some((start, _)) = rows.first() else { return };
        self.starts.extend(start.to_le_bytes());
        let blocks = std::mem::take(&mut self.blocks);
        self.blocks = postcard::to_extend(&self.block(&rows), blocks).expect("integers encode");
        self.ends.extend(number(self.blocks.len()));
    }

    fn block(&self, rows: &[(u32, FrameIndex)]) -> Block {
        // In the order of the map, so a caller precedes its callees here too.
        let mut needed: Vec<FrameIndex> = rows.iter().flat_map(|(_, frame)| self.callers(*frame)).collect();
        needed.sort_unstable();
        needed.dedup();
        let place = |frame: FrameIndex| needed.partition_point(|needed| *needed < frame) as u32;
        let number = |frame: FrameIndex| if frame == NONE { 0 } else { i64::from(place(frame)) + 1 };
        let difference = |last: &mut i64, value: i64| value - std::mem::replace(last, value);
        let (mut start, mut row, mut func, mut offset) = (rows[0].0, 0, 0, 0);
        Block {
            rows: rows
                .iter()
                .map(|(s, frame)| {
                    (s - std::mem::replace(&mut start, *s), difference(&mut row, number(*frame)))
                })
                .collect(),
            frames: (0..)
                .zip(&needed)
                .map(|(index, frame): (u32, _)| {
                    let (frame, caller) = self.frames[*frame as usize];
                    let caller = if caller == NONE { 0 } else { index - place(caller) };
                    let func = difference(&mut func, frame.func.0.into());
                    (func, difference(&mut offset, frame.offset.into()), caller)
                })
                .collect(),
        }
    }

    /// A frame, its caller, and so on.
    fn callers(&self, frame: FrameIndex) -> impl Iterator<Item = FrameIndex> + '_ {
        let some = |frame: FrameIndex| (frame != NONE).then_some(frame);
        std::iter::successors(some(frame), move |frame| some(self.frames[*frame as usize].1))
    }
}

/// A number of an index, which counts bytes or what takes some.
///
/// # Panics
/// If it has more than 32 bits.
pub(crate) fn number(number: usize) -> [u8; NUMBER] {
    u32::try_from(number).expect("what is mapped takes less than 4 GiB").to_le_bytes()
}

/// The frames at a code offset, innermost first; none where the code came from no WebAssembly instruction.
///
/// For a return address pass the address of its last byte before, `pc - 1`. `map` is what [`AddressMap::encode`] returns. Before a part
/// of it is read, `is_whole` is asked whether it is as it was written: what is not, and what is no map at all, has no frames.
pub fn lookup(map: &[u8], code_offset: u32, is_whole: impl Fn(Range<usize>) -> bool) -> Vec<Frame> {
    let whole = |range: Range<usize>| map.get(range.clone()).filter(|_| is_whole(range));
    find(whole, code_offset).unwrap_or_default()
}

fn find<'a>(part: impl Fn(Range<usize>) -> Option<&'a [u8]>, code_offset: u32) -> Option<Vec<Frame>> {
    let count = u32::from_le_bytes(part(0..NUMBER)?.try_into().ok()?) as usize;
    let blocks = count.checked_mul(2 * NUMBER)?.checked_add(NUMBER)?;
    let (index, _) = part(NUMBER..blocks)?.as_chunks();
    let (starts, ends) = index.split_at(count);
    let number = |bytes: &[u8; NUMBER]| u32::from_le_bytes(*bytes);
    let block = starts.partition_point(|start| number(start) <= code_offset).checked_sub(1)?;
    let end = |block: usize| blocks.checked_add(number(&ends[block]) as usize);
    let start = if block == 0 { blocks } else { end(block - 1)? };
    Block::decode(part(start..end(block)?)?)?.lookup(code_offset.checked_sub(number(&starts[block]))?)
}

/// Rows and frames in differences; see the format at the head of the file.
#[derive(Serialize, Deserialize)]
struct Block {
    rows: Vec<(u32, i64)>,
    frames: Vec<(i64, i64, u32)>,
}

impl Block {
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (block, rest) = postcard::take_from_bytes(bytes).ok()?;
        rest.is_empty().then_some(block)
    }

    /// The frames at an offset from the first row; `None` if a number is out of range.
    fn lookup(&self, offset: u32) -> Option<Vec<Frame>> {
        let (mut start, mut innermost) = (0u32, 0i64);
        for (distance, difference) in &self.rows {
            start = start.checked_add(*distance)?;
            if start > offset {
                break;
            }
            innermost = innermost.checked_add(*difference)?;
        }
        let mut next = usize::try_from(innermost).ok()?.checked_sub(1);
        let decoded = if next.is_some() { self.frames()? } else { Vec::new() };
        let mut found = Vec::new();
        while let Some(index) = next {
            let (frame, caller) = *decoded.get(index)?;
            found.push(frame);
            // A caller precedes its callees, so that this comes to an end.
            next = match caller as usize {
                0 => None,
                distance => Some(index.checked_sub(distance)?),
            };
        }
        Some(found)
    }

    /// The frames, each with the distance to its caller.
    fn frames(&self) -> Option<Vec<(Frame, u32)>> {
        let sum = |last: &mut i64, difference: i64| {
            *last = last.checked_add(difference)?;
            u32::try_from(*last).ok()
        };
        let (mut func, mut offset) = (0, 0);
        let frame = |(df, doffset, caller): &(i64, i64, u32)| {
            let func = FuncIndex(sum(&mut func, *df)?);
            Some((Frame { func, offset: sum(&mut offset, *doffset)? }, *caller))
        };
        self.frames.iter().map(frame).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(func: u32, offset: u32) -> Frame {
        Frame { func: FuncIndex(func), offset }
    }

    fn sample() -> AddressMap {
        let mut map = AddressMap::default();
        let outer = map.push_frame(frame(7, 0x120), NONE);
        let inner = map.push_frame(frame(3, 0x80), outer);
        let last = map.push_frame(frame(u32::MAX, u32::MAX), NONE);
        map.push_row(8, outer);
        map.push_row(16, inner);
        map.push_row(20, outer);
        map.push_row(32, NONE);
        map.push_row(u32::MAX, last);
        map
    }

    fn all(map: &[u8], offset: u32) -> Vec<Frame> {
        lookup(map, offset, |_| true)
    }

    #[test]
    fn looks_up_the_row_that_covers_an_offset() {
        let map = sample().encode();
        let expected: [(u32, &[Frame]); 7] = [
            (7, &[]),
            (8, &[frame(7, 0x120)]),
            (15, &[frame(7, 0x120)]),
            (16, &[frame(3, 0x80), frame(7, 0x120)]),
            (20, &[frame(7, 0x120)]),
            (40, &[]),
            (u32::MAX, &[frame(u32::MAX, u32::MAX)]),
        ];
        for (offset, frames) in expected {
            assert_eq!(all(&map, offset), frames, "at {offset}");
        }
        assert_eq!(all(&AddressMap::default().encode(), 0), []);
    }

    /// Many blocks in two parts, and frames whose callers stand in other blocks; with what each row is to say.
    fn large() -> (AddressMap, Vec<(u32, Vec<Frame>)>) {
        let mut map = AddressMap::default();
        let mut expected = Vec::new();
        for part in 0..2 {
            let mut made: Vec<(FrameIndex, Vec<Frame>)> = vec![(NONE, vec![])];
            for row in part * 10 * BLOCK as u32..(part + 1) * 10 * BLOCK as u32 {
                let (caller, outer) = made[(row / 7) as usize % made.len()].clone();
                let frame = frame(row % 13, row * 3);
                made.push((map.push_frame(frame, caller), [&[frame][..], &outer].concat()));
                let (index, frames) = if row % 11 == 0 { &made[0] } else { &made[made.len() - 1] };
                map.push_row(row * 5, *index);
                expected.push((row * 5, frames.clone()));
            }
            map.end_part();
        }
        (map, expected)
    }

    /// What is looked up in the blocks is what the rows say.
    #[test]
    fn blocks_have_what_their_rows_need() {
        let (map, expected) = large();
        let encoded = map.encode();
        for (start, frames) in &expected {
            for offset in *start..start + 5 {
                assert_eq!(all(&encoded, offset), *frames, "at {offset}");
            }
        }
        assert!(expected.iter().any(|(_, frames)| frames.len() > 2));
    }

    /// Of a map of 20 blocks, a lookup reads the index and one of them.
    #[test]
    fn a_lookup_reads_one_block() {
        let encoded = large().0.encode();
        let read = std::cell::Cell::new(0);
        let whole = |range: Range<usize>| {
            read.set(read.get() + range.len());
            true
        };
        assert!(!lookup(&encoded, 1000, whole).is_empty());
        let index = NUMBER + 20 * 2 * NUMBER;
        assert!(read.get() < index + (encoded.len() - index) / 10, "{} of {}", read.get(), encoded.len());
    }

    #[test]
    fn what_is_not_whole_is_not_read() {
        let encoded = sample().encode();
        for part in [0, NUMBER, encoded.len() - 1] {
            assert_eq!(lookup(&encoded, 16, |range| !range.contains(&part)), [], "without {part}");
        }
    }

    /// Whatever the bytes are, a lookup ends and returns: a part of the truth, or nothing.
    #[test]
    fn truncations_and_bad_references_have_no_frames() {
        let bytes = sample().encode();
        for len in 0..bytes.len() {
            assert_eq!(all(&bytes[..len], 16), [], "{len} bytes");
        }
        let map = |index: &[u32], block: &Block| {
            let index = index.iter().flat_map(|number| number.to_le_bytes());
            index.chain(postcard::to_stdvec(block).expect("integers encode")).collect::<Vec<_>>()
        };
        type Bad = (Vec<(u32, i64)>, Vec<(i64, i64, u32)>);
        let bad: [Bad; 7] = [
            (vec![(0, 2)], vec![(0, 0, 0)]),
            (vec![(0, -1)], vec![(0, 0, 0)]),
            (vec![(0, i64::MAX), (0, i64::MAX)], vec![(0, 0, 0)]),
            (vec![(1, 1), (u32::MAX, 0)], vec![]),
            (vec![(0, 1)], vec![(0, 0, 1)]),
            (vec![(0, 1)], vec![(0, -1, 0)]),
            (vec![(0, 2)], vec![(i64::MAX, 0, 0), (i64::MAX, 0, 0)]),
        ];
        for (rows, frames) in bad {
            let block = Block { rows, frames };
            let size = postcard::to_stdvec(&block).expect("integers encode").len() as u32;
            assert_eq!(all(&map(&[1, 0, size], &block), 5), [], "{:?} {:?}", block.rows, block.frames);
        }
        let good = Block { rows: vec![(0, 1)], frames: vec![(1, 1, 0)] };
        let size = postcard::to_stdvec(&good).expect("integers encode").len() as u32;
        assert_eq!(all(&map(&[1, 0, size], &good), 5), [frame(1, 1)]);
        for index in [[u32::MAX, 0, size], [1, 6, size], [1, 0, size - 1], [1, 0, size + 1], [1, 0, u32::MAX]]
        {
            assert_eq!(all(&map(&index, &good), 5), [], "{index:?}");
        }
    }
}
