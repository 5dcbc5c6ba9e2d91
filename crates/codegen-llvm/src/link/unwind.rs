//! Closes `.eh_frame` and makes its search table, `.eh_frame_hdr`.
//!
//! ```text
//! .eh_frame      entries of the objects | common and own entry of the stubs | 4 zero bytes
//! .eh_frame_hdr  1, 0x1b, 0x03, 0x3b | i32 .eh_frame − here | u32 count
//!                | count × (i32 code − .eh_frame_hdr, i32 entry − .eh_frame_hdr), by code
//! ```
//!
//! The format is that of the Linux Standard Base Core Specification, chapter Exception Frames.

use wootz_debuginfo::unwind::entries;

use super::error::{LinkError, Place};
use super::input::Section;
use super::layout::{Layout, Output};
use super::machine::STUBS_COMMON;

/// `DW_EH_PE_pcrel | DW_EH_PE_sdata4`: how the pointer to `.eh_frame` and the stubs' entry name addresses.
const PC_RELATIVE: u8 = 0x1b;
/// `DW_EH_PE_udata4`: how entries are counted.
const COUNT: u8 = 0x03;
/// `DW_EH_PE_datarel | DW_EH_PE_sdata4`: how the table names addresses.
const TABLE_RELATIVE: u8 = 0x3b;
/// Ends a list of entries: a length of zero.
pub(super) const TERMINATOR: [u8; 4] = [0; 4];

/// The entry of the stubs, but for its address and length.
const STUBS_ENTRY: [u8; 24] = [20, 0, 0, 0, 28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// Bytes of both.
const STUBS_LEN: usize = STUBS_COMMON + STUBS_ENTRY.len();

/// The unwind information of an object.
pub(super) struct Frames {
    /// Bytes without a terminator.
    pub(super) len: usize,
    /// Entries that describe code.
    pub(super) entries: usize,
}

/// Measures the unwind information of an object.
pub(super) fn measure(object: usize, section: &Section<'_>) -> Result<Frames, LinkError> {
    let mut frames = Frames { len: 0, entries: 0 };
    while let Some((length, rest)) = section.data[frames.len..].split_first_chunk() {
        let length = u32::from_le_bytes(*length) as usize;
        if length == 0 {
            break;
        }
        // 0xffffffff announces a length of 64 bits, which no compiler writes here.
        let (Some(entry), true) = (rest.get(..length), length >= 4) else {
            let place = Place { object, section: section.name.into(), offset: frames.len as u64 };
            return Err(LinkError::Object {
                object,
                reason: format!("an unwind entry is cut off at {place}"),
            });
        };
        frames.entries += usize::from(entry[..4] != [0; 4]);
        frames.len += 4 + length;
    }
    Ok(frames)
}

/// Makes room for the stubs' entries and the terminator, and returns how many entries that describe code it is for.
pub(super) fn reserve_stubs_entry(eh_frame: &mut Output<'_>, stubs: u64) -> usize {
    let any = stubs > 0;
    let len = if any { STUBS_LEN } else { 0 } + TERMINATOR.len();
    eh_frame.data.resize(eh_frame.data.len() + len, 0);
    usize::from(any)
}

/// Writes the stubs' entries.
pub(super) fn write_stubs_entry(layout: &mut Layout<'_>) -> Result<(), LinkError> {
    if layout.libcalls == 0 {
        return Ok(());
    }
    let (stubs, len) = (layout.stubs, layout.libcalls * layout.arch.stub_len);
    let eh_frame = &mut layout.outputs[Layout::EH_FRAME];
    let common = eh_frame.data.len() - TERMINATOR.len() - STUBS_LEN;
    let entry = common + STUBS_COMMON;
    eh_frame.data[common..entry].copy_from_slice(&layout.arch.stubs_common);
    let mut bytes = STUBS_ENTRY;
    let field = eh_frame.address + entry as u64 + 8;
    bytes[8..12].copy_from_slice(&distance(stubs, field)?.to_le_bytes());
    bytes[12..16].copy_from_slice(&u32::try_from(len).map_err(|_| TOO_FAR)?.to_le_bytes());
    eh_frame.data[entry..entry + STUBS_ENTRY.len()].copy_from_slice(&bytes);
    Ok(())
}

/// Bytes of a search table over a number of entries.
pub(super) fn search_table_len(entries: usize) -> usize {
    12 + 8 * entries
}

/// Writes the search table.
///
/// # Errors
/// [`LinkError::Unwind`] and [`LinkError::DebugInfo`] if relocating has damaged the entries.
pub(super) fn write_search_table(layout: &mut Layout<'_>) -> Result<(), LinkError> {
    let eh_frame = &layout.outputs[Layout::EH_FRAME];
    let mut entries = entries(&eh_frame.data, eh_frame.address)?;
    let output = &layout.outputs[Layout::EH_FRAME_HDR];
    if output.data.len() != search_table_len(entries.len()) {
        // A relocation may be of anything in the section, also of the length of an entry.
        return Err(LinkError::Unwind("relocations change where its entries are"));
    }
    entries.sort_by_key(|entry| (entry.start, entry.entry));
    let (frames, table) = (eh_frame.address, layout.outputs[Layout::EH_FRAME_HDR].address);

    let mut bytes = vec![1, PC_RELATIVE, COUNT, TABLE_RELATIVE];
    bytes.extend(distance(frames, table + 4)?.to_le_bytes());
    bytes.extend(u32::try_from(entries.len()).map_err(|_| TOO_FAR)?.to_le_bytes());
    for entry in entries {
        bytes.extend(distance(entry.start, table)?.to_le_bytes());
        bytes.extend(distance(entry.entry, table)?.to_le_bytes());
    }
    layout.outputs[Layout::EH_FRAME_HDR].data = bytes;
    Ok(())
}

const TOO_FAR: LinkError = LinkError::TooLarge("code and unwind information exceed 2 GiB");

fn distance(to: u64, from: u64) -> Result<i32, LinkError> {
    i32::try_from(i128::from(to) - i128::from(from)).map_err(|_| TOO_FAR)
}
