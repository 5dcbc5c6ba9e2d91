//! Writes the debug information that a debugger reads: sources, functions, variables, types.
//!
//! It replaces what LLVM wrote, where lines are offsets in the module, and is made of it. Addresses are relative to an image at 0; a
//! list says where they are, so that a loader can add where the image is ([`DebugSections`]).
//!
//! | module | writes |
//! |---|---|
//! | `text` | a unit whose source is the module's text: for a module that brings no DWARF |
//! | `source` | units whose sources are the guest's: for one that does |
//! | `code`, `function` | the native code of functions, and what locations need of them |
//! | `types` | the guest's types |
//! | `values` | where locals are, by which of their values an instruction goes with |
//! | `slots` | values on the stack behind calls |
//! | `compose` | locations, the guest's in terms of LLVM's |
//! | `call_frames` | how frames are found |
//! | `context` | from an instance's context to its memory and globals |
//! | `sections` | the bytes, and where addresses are |

mod call_frames;
mod code;
mod compose;
mod context;
mod function;
mod sections;
mod slots;
mod source;
mod text;
mod types;
mod values;

use std::collections::BTreeSet;
use std::ops::Range;

use gimli::write::{self, Address, AttributeValue, Location, LocationList, RangeList, Unit, UnitEntryId};
use gimli::{Encoding, Format, constants as dw};
use wootz_wasm_ir::Module;

pub use call_frames::{AfterCall, StackStore};
pub use context::{ContextLayout, Entity};
pub use sections::{ADDRESS_IN_FILE, Base, DebugSections, Fixup, SectionOffset};

use code::Code;
use slots::Slots;

use crate::frames::Frames;
use crate::guest::{Guest, GuestIndex};
use crate::native::{self, Native};
use crate::{Debugger, Error, SourceText};

/// What debug information is made from.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The module.
    pub module: &'a Module,
    /// What is known of its DWARF.
    pub index: &'a GuestIndex,
    /// The module's text; the default if it brings sources of its own.
    pub text: &'a SourceText,
    /// Where instances have their memories and globals.
    pub context: &'a ContextLayout,
    /// The linked `.eh_frame` and its address.
    pub frames: (&'a [u8], u64),
    /// The instructions after calls at which that is wrong, by address.
    pub after_calls: &'a [AfterCall],
    /// Whether the code is optimised: then a global may be elsewhere than in its place, and a place on the stack is used again.
    pub optimised: bool,
    /// The debugger that is to read it.
    pub debugger: Debugger,
}

/// How it is encoded: version 5 has the lists that need one address each, and is the newest.
const ENCODING: Encoding = Encoding { format: Format::Dwarf32, version: 5, address_size: 8 };
/// Who made it. The first word tells gdb that a function's second line is behind its prologue.
const PRODUCER: &str = concat!("clang LLVM (wootz ", env!("CARGO_PKG_VERSION"), ")");

/// Makes debug information of the sections that LLVM wrote, by their names; a missing section is empty.
///
/// # Errors
/// [`Error`] if a section is malformed.
pub fn write<'a>(section: impl Fn(&str) -> &'a [u8], input: &Input<'a>) -> Result<DebugSections, Error> {
    let (frames, address) = input.frames;
    let rules = Frames::read(frames, address)?;
    let mut native = Native::read(section, &rules, input.optimised)?;
    let code = Code::new(&native);
    let slots = Slots { frames: &rules, after_calls: input.after_calls };
    values::join(&mut native, &code, input.module, &slots);
    let mut dwarf = write::Dwarf::new();
    // Code that is compiled when it is called has few of the functions.
    let functions: BTreeSet<_> = native.scopes.iter().filter_map(|scope| scope.func).collect();
    let guest = Guest::read_for(input.module, input.index, |func| functions.contains(&func));
    match &guest {
        Some(guest) => source::write(&native, &code, guest, input, &mut dwarf),
        // Of a module that brings sources, functions without any have their symbols only.
        None if input.text.lines.is_empty() => {}
        None => text::write(&native, input, &mut dwarf),
    }
    let frames = match input.after_calls {
        [] => None,
        after_calls => Some(call_frames::table(frames, address, after_calls)?),
    };
    sections::finish(dwarf, frames)
}

/// Adds a range to some in ascending order, joined to the last if they touch.
fn push_range(ranges: &mut Vec<Range<u64>>, range: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

/// Says which addresses an entry is about.
fn set_ranges(unit: &mut Unit, entry: UnitEntryId, ranges: &[Range<u64>]) {
    if let [range] = ranges {
        let entry = unit.get_mut(entry);
        entry.set(dw::DW_AT_low_pc, AttributeValue::Address(sections::image(range.start)));
        entry.set(dw::DW_AT_high_pc, AttributeValue::Udata(range.end - range.start));
        return;
    }
    // Relative to the unit's base, which is the image's.
    let pairs = ranges.iter().map(|range| write::Range::OffsetPair { begin: range.start, end: range.end });
    let list = unit.ranges.add(RangeList(pairs.collect()));
    unit.get_mut(entry).set(dw::DW_AT_ranges, AttributeValue::RangeListRef(list));
}

/// Puts the code that is the second copy of a loop into a block of its own: debuggers stop at a line in one place of each block. The label
/// is there because gdb takes no notice of an empty block.
fn add_copy(unit: &mut Unit, parent: UnitEntryId, ranges: &[Range<u64>]) {
    let Some(first) = ranges.first() else { return };
    let block = unit.add(parent, dw::DW_TAG_lexical_block);
    set_ranges(unit, block, ranges);
    let label = unit.add(block, dw::DW_TAG_label);
    let label = unit.get_mut(label);
    label.set(dw::DW_AT_name, string("copy"));
    label.set(dw::DW_AT_low_pc, AttributeValue::Address(sections::image(first.start)));
}

/// Makes a unit cover code, with the image as the base of its lists.
fn set_unit_ranges(unit: &mut Unit, ranges: &[Range<u64>]) {
    let root = unit.root();
    let pairs = ranges.iter().map(|range| write::Range::OffsetPair { begin: range.start, end: range.end });
    let list = unit.ranges.add(RangeList(pairs.collect()));
    let root = unit.get_mut(root);
    root.set(dw::DW_AT_low_pc, AttributeValue::Address(sections::image(0)));
    root.set(dw::DW_AT_ranges, AttributeValue::RangeListRef(list));
}

/// Says where a variable is, by address; says nothing if it is nowhere.
fn set_locations(unit: &mut Unit, entry: UnitEntryId, locations: Vec<(Range<u64>, write::Expression)>) {
    if locations.is_empty() {
        return;
    }
    if let [(range, place)] = &*locations
        && *range == native::EVERYWHERE
    {
        unit.get_mut(entry).set(dw::DW_AT_location, AttributeValue::Exprloc(place.clone()));
        return;
    }
    let pair =
        |(range, data): (Range<u64>, _)| Location::OffsetPair { begin: range.start, end: range.end, data };
    let list = unit.locations.add(LocationList(locations.into_iter().map(pair).collect()));
    unit.get_mut(entry).set(dw::DW_AT_location, AttributeValue::LocationListRef(list));
}

fn string(text: &str) -> AttributeValue {
    AttributeValue::String(text.bytes().filter(|byte| *byte != 0).collect())
}

/// The start of a sequence of lines.
fn sequence(address: u64) -> Option<Address> {
    Some(sections::image(address))
}
