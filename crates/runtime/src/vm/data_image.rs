//! What a module writes into a memory of its own before anything runs, laid out once, to be mapped copy-on-write by every
//! instance instead of copied.
//!
//! Only segments whose fate is known from the module alone are in an image: the active ones from the first on, up to the
//! first that may trap when an instance is made. So nothing is ever in a memory that the specification would not have put
//! there (Modules, Instantiation), with one exception: an active *element* segment may trap before any data is
//! written, and then the images are taken away again.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use wootz_wasm_types::entity::Entity;
use wootz_wasm_types::{ConstOp, Declarations, MemoryIndex, SegmentMode};

use crate::sys::memory::round_to_pages;

/// Bytes from which on mapping costs less than copying into fresh pages (`cargo bench -p wootz --bench space`).
pub(crate) const PAYS_FROM: usize = 32 << 10;
/// An image is at most this many times larger than the data in it: its gaps would cost memory, too.
const SPARSE: usize = 4;

/// The start of a memory, as a file in memory.
pub(crate) struct DataImage {
    file: OwnedFd,
    len: usize,
}

impl DataImage {
    fn new(len: usize, segments: &[(usize, &[u8])]) -> io::Result<Self> {
        let file = memfd_create("wootz-data", MemfdFlags::CLOEXEC)?;
        ftruncate(&file, len as u64)?;
        for (offset, bytes) in segments {
            let mut written = 0;
            while written < bytes.len() {
                let at = (offset + written) as u64;
                match rustix::io::pwrite(&file, &bytes[written..], at)? {
                    0 => return Err(io::ErrorKind::WriteZero.into()),
                    count => written += count,
                }
            }
        }
        Ok(Self { file, len })
    }

    /// Bytes in it, whole pages.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// The images of a module's memories.
#[derive(Default)]
pub(crate) struct DataImages {
    /// How many of the data segments, from the first on, are known to succeed.
    known: usize,
    /// By memory.
    images: Vec<Option<Arc<DataImage>>>,
}

impl DataImages {
    /// The images of a module whose segments' contents `data` gives. Where the system refuses a file there is none, and
    /// instances copy.
    pub(crate) fn new<'a>(declarations: &Declarations, data: impl Fn(usize) -> &'a [u8]) -> Self {
        let mut placed: Vec<Vec<(usize, &[u8])>> = vec![Vec::new(); declarations.memories.len()];
        let mut known = 0;
        for (segment, decl) in declarations.data.iter() {
            if let SegmentMode::Active { target, offset } = &decl.mode {
                let bytes = data(segment.index());
                let offset = match offset.0[..] {
                    [ConstOp::I32(value)] => u64::from(value as u32),
                    [ConstOp::I64(value)] => value as u64,
                    _ => break,
                };
                let Some(range) = inside(declarations, *target, offset, bytes.len()) else { break };
                if target.index() >= declarations.imported_memories && !bytes.is_empty() {
                    placed[target.index()].push((range.start, bytes));
                }
            }
            known += 1;
        }
        let image = |(index, segments): (usize, &Vec<(usize, &[u8])>)| {
            let memory = declarations.memories.values().nth(index)?;
            if memory.shared { None } else { make(segments).map(Arc::new) }
        };
        Self { known, images: placed.iter().enumerate().map(image).collect() }
    }

    /// The image of a memory.
    pub(crate) fn get(&self, memory: MemoryIndex) -> Option<&Arc<DataImage>> {
        self.images.get(memory.index())?.as_ref()
    }

    /// Whether a segment is in the image of its memory, if that has one.
    pub(crate) fn has(&self, segment: usize) -> bool {
        segment < self.known
    }
}

/// Where bytes go, if they are in the memory however small an instance's is.
fn inside(declarations: &Declarations, memory: MemoryIndex, offset: u64, len: usize) -> Option<Range<usize>> {
    let ty = declarations.memories.get(memory)?;
    let minimum = u128::from(ty.minimum) << ty.page_size_log2;
    let end = offset.checked_add(len as u64)?;
    (u128::from(end) <= minimum && end <= isize::MAX as u64).then_some(offset as usize..end as usize)
}

fn make(segments: &[(usize, &[u8])]) -> Option<DataImage> {
    let bytes: usize = segments.iter().map(|(_, bytes)| bytes.len()).sum();
    let end = segments.iter().map(|(offset, bytes)| offset + bytes.len()).max()?;
    let len = round_to_pages(end)?;
    if len < PAYS_FROM || len / SPARSE > bytes {
        return None;
    }
    DataImage::new(len, segments).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wootz_wasm_types::{ConstExpr, DataSegment, MemoryType};

    fn module(segments: &[(u32, i64, bool)]) -> Declarations {
        let mut declarations = Declarations { imported_memories: 1, ..Declarations::default() };
        for minimum in [1, 2] {
            declarations.memories.push(MemoryType {
                memory64: false,
                shared: false,
                minimum,
                maximum: None,
                page_size_log2: 16,
            });
        }
        for &(memory, offset, constant) in segments {
            let op = if constant { ConstOp::I64(offset) } else { ConstOp::GlobalGet(Entity::new(0)) };
            let mode = SegmentMode::Active {
                target: MemoryIndex::new(memory as usize),
                offset: ConstExpr(vec![op]),
            };
            declarations.data.push(DataSegment { mode, range: Default::default() });
        }
        declarations
    }

    fn images(segments: &[(u32, i64, bool)], len: usize) -> DataImages {
        let bytes = vec![7; len];
        DataImages::new(&module(segments), |_| Box::leak(bytes.clone().into_boxed_slice()))
    }

    #[test]
    fn segments_that_must_succeed_are_in_the_image() {
        let images = images(&[(1, 0, true), (0, 0, true), (1, 40000, true)], 40000);
        assert!(images.has(2) && !images.has(3));
        assert!(images.get(MemoryIndex::new(0)).is_none(), "the memory is imported");
        assert_eq!(images.get(MemoryIndex::new(1)).unwrap().len(), 80000_usize.next_multiple_of(4096));
    }

    #[test]
    fn from_the_first_that_may_trap_on_none_is() {
        for unsure in [(1, 0, false), (0, 65536, true), (1, 131_071, true), (1, -1, true)] {
            let images = images(&[(1, 0, true), unsure, (1, 40000, true)], 40000);
            assert!(images.has(0) && !images.has(1) && !images.has(2), "{unsure:?}");
            assert!(images.get(MemoryIndex::new(1)).unwrap().len() < 40000 + 4096);
        }
    }

    #[test]
    fn little_data_and_data_far_apart_is_copied() {
        assert!(images(&[(1, 0, true)], 1000).get(MemoryIndex::new(1)).is_none());
        assert!(images(&[(1, 0, true), (1, 130_000, true)], 1000).get(MemoryIndex::new(1)).is_none());
        assert!(images(&[], 0).get(MemoryIndex::new(1)).is_none());
    }
}
