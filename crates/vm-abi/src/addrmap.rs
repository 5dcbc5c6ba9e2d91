//! Native code offset → WebAssembly function and byte offset, with inlined frames.
//!
//! Rows are ranges of code that came from one place; a row names the innermost frame, frames name their caller.
//!
//! ```text
//! starts:  u32 code offset of each row, ascending; a row ends where the next begins
//! frames:  index of the innermost frame of each row, or NONE where the code came from no WebAssembly instruction
//! table:   (function, wasm offset, caller frame or NONE); a caller precedes its callees
//! ```
//!
//! Encoded, everything is a difference to its neighbour, because neighbours are alike: most numbers take one byte.
//!
//! ```text
//! postcard of: starts: [u32]            start − start of the row before
//!              rows:   [i64]            row − row before, where a row counts from 1 and 0 is NONE
//!              frames: [(i64, i64, u32)]  func − func before, offset − offset before,
//!                                         own index − caller's index, or 0 for NONE
//! ```

use serde::{Deserialize, Serialize};
use wootz_wasm_types::{FuncIndex, WasmOffset};

use crate::image::DecodeError;

/// Index of a frame in [`AddressMap`]; [`NONE`] for no frame.
pub type FrameIndex = u32;
/// No frame.
pub const NONE: FrameIndex = u32::MAX;

/// A place in the WebAssembly module, within the frame it was inlined into.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Frame {
    /// The function.
    pub func: FuncIndex,
    /// Byte offset in the module, or 0 where only the function is known.
    pub offset: WasmOffset,
    /// The frame this one was inlined into, or [`NONE`].
    pub caller: FrameIndex,
}

/// The map of one image.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AddressMap {
    starts: Vec<u32>,
    rows: Vec<FrameIndex>,
    frames: Vec<Frame>,
}

impl AddressMap {
    /// Appends a frame and returns its index. Its caller must already be in the map.
    pub fn push_frame(&mut self, frame: Frame) -> FrameIndex {
        debug_assert!(frame.caller == NONE || (frame.caller as usize) < self.frames.len());
        self.frames.push(frame);
        (self.frames.len() - 1) as FrameIndex
    }

    /// Appends a row starting at `start`; rows come in ascending order. A row equal to the previous one is merged.
    pub fn push_row(&mut self, start: u32, frame: FrameIndex) {
        debug_assert!(self.starts.last().is_none_or(|last| *last <= start));
        match self.rows.last_mut() {
            Some(row) if self.starts.last() == Some(&start) => *row = frame,
            Some(row) if *row == frame => {}
            _ => {
                self.starts.push(start);
                self.rows.push(frame);
            }
        }
    }

    /// The frames at a code offset, innermost first; empty where no WebAssembly instruction is known.
    ///
    /// For a return address pass the address of its last byte before, `pc - 1`.
    pub fn lookup(&self, code_offset: u32) -> impl Iterator<Item = Frame> + '_ {
        let row = self.starts.partition_point(|start| *start <= code_offset).checked_sub(1);
        let mut next = row.map_or(NONE, |row| self.rows[row]);
        std::iter::from_fn(move || {
            let frame = *self.frames.get(next as usize)?;
            // A caller precedes its callees, so an edited map cannot make this loop for ever.
            next = if frame.caller < next { frame.caller } else { NONE };
            Some(frame)
        })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Whether rows ascend, name frames that exist, and every caller precedes its callees.
    pub fn is_consistent(&self) -> bool {
        let frames = self.frames.len();
        self.starts.len() == self.rows.len()
            && self.starts.is_sorted_by(|a, b| a < b)
            && self.rows.iter().all(|row| *row == NONE || (*row as usize) < frames)
            && self
                .frames
                .iter()
                .enumerate()
                .all(|(index, f)| f.caller == NONE || (f.caller as usize) < index)
    }

    /// Contents of the [`ADDRMAP`](crate::image::ADDRMAP) section.
    ///
    /// # Panics
    /// If the map [is not consistent](Self::is_consistent), which no sequence of pushes that follows their rules makes.
    pub fn encode(&self) -> Vec<u8> {
        assert!(self.is_consistent(), "the address map is not consistent");
        let (mut start, mut row, mut func, mut offset) = (0, 0, 0, 0);
        let difference = |last: &mut i64, value: i64| value - std::mem::replace(last, value);
        let encoded = Encoded {
            starts: self.starts.iter().map(|s| s - std::mem::replace(&mut start, *s)).collect(),
            rows: self.rows.iter().map(|r| difference(&mut row, i64::from(r.wrapping_add(1)))).collect(),
            frames: (0..)
                .zip(&self.frames)
                .map(|(index, frame): (u32, _)| {
                    let caller = if frame.caller == NONE { 0 } else { index - frame.caller };
                    let func = difference(&mut func, i64::from(frame.func.0));
                    (func, difference(&mut offset, i64::from(frame.offset)), caller)
                })
                .collect(),
        };
        postcard::to_stdvec(&encoded).expect("integers encode")
    }

    /// Reads the [`ADDRMAP`](crate::image::ADDRMAP) section.
    ///
    /// # Errors
    /// [`DecodeError::Corrupt`] for anything but a complete and [consistent](Self::is_consistent) map.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let corrupt = |reason: &str| DecodeError::Corrupt(format!("address map: {reason}"));
        let (encoded, rest) =
            postcard::take_from_bytes::<Encoded>(bytes).map_err(|error| corrupt(&error.to_string()))?;
        if !rest.is_empty() {
            return Err(corrupt("bytes after its end"));
        }
        let map = encoded.decode().ok_or_else(|| corrupt("a number is out of range"))?;
        if map.is_consistent() { Ok(map) } else { Err(corrupt("its arrays do not fit together")) }
    }
}

/// The map in differences; see the format at the head of the file.
#[derive(Serialize, Deserialize)]
struct Encoded {
    starts: Vec<u32>,
    rows: Vec<i64>,
    frames: Vec<(i64, i64, u32)>,
}

impl Encoded {
    fn decode(self) -> Option<AddressMap> {
        let sum = |last: &mut i64, difference: i64| -> Option<u32> {
            *last = last.checked_add(difference)?;
            u32::try_from(*last).ok()
        };
        let (mut start, mut row, mut func, mut offset) = (0, 0, 0, 0);
        Some(AddressMap {
            starts: self.starts.into_iter().map(|d| sum(&mut start, d.into())).collect::<Option<_>>()?,
            rows: self
                .rows
                .into_iter()
                .map(|d| Some(sum(&mut row, d)?.wrapping_sub(1)))
                .collect::<Option<_>>()?,
            frames: (0u32..)
                .zip(self.frames)
                .map(|(index, (df, doffset, dcaller))| {
                    Some(Frame {
                        func: FuncIndex(sum(&mut func, df)?),
                        offset: sum(&mut offset, doffset)?,
                        caller: if dcaller == 0 { NONE } else { index.checked_sub(dcaller)? },
                    })
                })
                .collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> AddressMap {
        let mut map = AddressMap::default();
        let outer = map.push_frame(Frame { func: FuncIndex(7), offset: 0x120, caller: NONE });
        let inner = map.push_frame(Frame { func: FuncIndex(3), offset: 0x80, caller: outer });
        let last = map.push_frame(Frame { func: FuncIndex(u32::MAX), offset: u32::MAX, caller: NONE });
        map.push_row(0, outer);
        map.push_row(16, inner);
        map.push_row(20, outer);
        map.push_row(32, NONE);
        map.push_row(u32::MAX, last);
        map
    }

    #[test]
    fn looks_up_the_row_that_covers_an_offset() {
        let map = sample();
        let funcs = |offset| map.lookup(offset).map(|f| (f.func.0, f.offset)).collect::<Vec<_>>();
        assert_eq!(funcs(15), [(7, 0x120)]);
        assert_eq!(funcs(16), [(3, 0x80), (7, 0x120)]);
        assert_eq!(funcs(20), [(7, 0x120)]);
        assert_eq!(funcs(40), []);
    }

    #[test]
    fn round_trips() {
        for map in [AddressMap::default(), sample()] {
            assert_eq!(AddressMap::decode(&map.encode()), Ok(map));
        }
    }

    #[test]
    fn refuses_every_truncation_and_bad_references() {
        let bytes = sample().encode();
        for len in 0..bytes.len() {
            assert!(matches!(AddressMap::decode(&bytes[..len]), Err(DecodeError::Corrupt(_))), "{len} bytes");
        }
        assert!(AddressMap::decode(&[&bytes[..], &[0]].concat()).is_err());
        for (starts, rows, frames) in [
            (vec![0], vec![2], vec![(0, 0, 0)]),
            (vec![0], vec![-1], vec![]),
            (vec![0, 0], vec![0, 0], vec![]),
            (vec![0], vec![], vec![]),
            (vec![], vec![], vec![(0, 0, 1)]),
            (vec![], vec![], vec![(i64::MAX, 0, 0), (i64::MAX, 0, 0)]),
        ] {
            let bytes = postcard::to_stdvec(&Encoded { starts, rows, frames }).expect("integers encode");
            assert!(AddressMap::decode(&bytes).is_err(), "{bytes:?}");
        }
    }
}
