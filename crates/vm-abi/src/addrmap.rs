//! Native code offset → WebAssembly function and byte offset, with inlined frames.
//!
//! Rows are ranges of code that came from one place; a row names the innermost frame, frames name their caller.
//!
//! ```text
//! starts:  u32 code offset of each row, ascending; a row ends where the next begins
//! frames:  index of the innermost frame of each row, or NONE where the code came from no WebAssembly instruction
//! table:   (function, wasm offset, caller frame or NONE)
//! ```

use serde::{Deserialize, Serialize};
use wootz_wasm_ir::{FuncIndex, WasmOffset};

/// Index of a frame in [`AddressMap`]; [`NONE`] for no frame.
pub type FrameIndex = u32;
/// No frame.
pub const NONE: FrameIndex = u32::MAX;

/// A place in the WebAssembly module, within the frame it was inlined into.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Frame {
    /// The function.
    pub func: FuncIndex,
    /// Byte offset in the module, or 0 where only the function is known.
    pub offset: WasmOffset,
    /// The frame this one was inlined into, or [`NONE`].
    pub caller: FrameIndex,
}

/// The map of one image.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
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
        if self.starts.last() == Some(&start) {
            *self.rows.last_mut().expect("a row for each start") = frame;
        } else if self.rows.last() != Some(&frame) {
            self.starts.push(start);
            self.rows.push(frame);
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

    /// Whether the arrays of a decoded map fit together.
    pub fn is_consistent(&self) -> bool {
        self.starts.len() == self.rows.len()
    }
}
