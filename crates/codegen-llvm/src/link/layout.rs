//! Merges input sections and gives them addresses.
//!
//! ```text
//! address = file offset
//! 0      ELF header, program headers   ┐
//!        .rodata                       │ R
//!        .eh_frame_hdr                 │
//!        .eh_frame                     ┘
//! page   .text                           RX    code of the objects, then the stubs of library calls
//! page   .wootz.libcalls                 RW, read-only once filled
//!        what is not loaded
//! ```
//!
//! A fragment has no headers and no slots, and its code follows without a new page.

use wootz_vm_abi::image;
use wootz_vm_abi::lazy::{DataReference, LazyLayout};

use super::error::LinkError;
use super::input::{Destination, Object};
use super::machine::Arch;
use super::symbols::{Symbols, Target};
use super::unwind;

/// Bytes of a library call's slot.
pub(super) const SLOT: u64 = 8;
/// Program headers that there is room for.
pub(super) const MAX_PROGRAM_HEADERS: u32 = 6;
/// Bytes of the headers at the start of the file.
const HEADERS: u64 = 64 + MAX_PROGRAM_HEADERS as u64 * 56;

/// A section of the image, but for `.wootz.libcalls`, whose bytes are all zero.
pub(super) struct Output<'a> {
    pub(super) name: &'a str,
    /// Virtual address; 0 for what is not loaded.
    pub(super) address: u64,
    pub(super) align: u64,
    pub(super) data: Vec<u8>,
}

/// Where an input section went.
#[derive(Copy, Clone, Debug)]
pub(super) struct Placement {
    /// Index of the output section.
    pub(super) output: usize,
    /// Offset in it.
    pub(super) offset: u64,
}

/// Where everything is.
pub(super) struct Layout<'a> {
    pub(super) arch: &'static Arch,
    /// The first [`LOADED`](Self::LOADED) are those of the indices below, then those of debug information.
    pub(super) outputs: Vec<Output<'a>>,
    /// For each object, where each of its sections went.
    pub(super) placements: Vec<Vec<Option<Placement>>>,
    /// Address of the first slot.
    pub(super) slots: u64,
    /// Number of slots and stubs.
    pub(super) libcalls: u64,
    /// Address of the first stub.
    pub(super) stubs: u64,
    /// What a fragment refers to outside of it.
    pub(super) references: Vec<DataReference>,
}

/// What is made of the objects.
#[derive(Copy, Clone)]
pub(super) enum Form<'a> {
    /// An image, or a part of a program.
    Image,
    /// A fragment for a reservation whose data has this layout.
    Fragment(&'a LazyLayout),
}

impl Layout<'_> {
    pub(super) const RODATA: usize = 0;
    pub(super) const EH_FRAME_HDR: usize = 1;
    pub(super) const EH_FRAME: usize = 2;
    pub(super) const TEXT: usize = 3;
    /// Number of outputs that are loaded.
    pub(super) const LOADED: usize = 4;

    /// Address of an offset in an input section, or `None` if the section is left out.
    pub(super) fn address(&self, object: usize, section: usize, offset: u64) -> Option<u64> {
        let placement = (*self.placements[object].get(section)?)?;
        Some(self.outputs[placement.output].address.wrapping_add(placement.offset).wrapping_add(offset))
    }

    /// Address that a symbol stands for; a library call's is its stub.
    pub(super) fn target_address(&self, target: Target) -> Option<u64> {
        match target {
            Target::Section { object, section, offset } => self.address(object, section, offset),
            Target::Libcall(slot) => Some(self.stub(slot)),
            Target::Data | Target::Undefined | Target::Nowhere => None,
        }
    }

    /// Address of a library call's slot.
    pub(super) fn slot(&self, slot: usize) -> u64 {
        self.slots + slot as u64 * SLOT
    }

    /// Address of a library call's stub.
    pub(super) fn stub(&self, slot: usize) -> u64 {
        self.stubs + slot as u64 * self.arch.stub_len
    }

    /// Offset of an address in the code, if it is in it or at its end.
    pub(super) fn code_offset(&self, address: u64) -> Option<u32> {
        let text = &self.outputs[Self::TEXT];
        let offset = address.checked_sub(text.address).filter(|offset| *offset <= text.data.len() as u64)?;
        u32::try_from(offset).ok()
    }

    /// Writes the stubs and their unwind information.
    pub(super) fn write_stubs(&mut self) -> Result<(), LinkError> {
        for slot in 0..self.libcalls as usize {
            let (stub, target) = (self.stub(slot), self.slot(slot));
            let text = &mut self.outputs[Self::TEXT];
            let code = (self.arch.stub)(stub, target).ok_or(TOO_FAR)?;
            let at = (stub - text.address) as usize;
            text.data[at..at + code.len()].copy_from_slice(&code);
        }
        unwind::write_stubs_entry(self)
    }

    /// Writes the stubs of a fragment, whose slots are in the data outside.
    pub(super) fn write_outward_stubs(
        &mut self,
        symbols: &Symbols<'_>,
        data: &LazyLayout,
    ) -> Result<(), LinkError> {
        self.write_stubs()?;
        for (slot, call) in symbols.libcalls.iter().enumerate() {
            let field = u32::try_from(self.stub(slot) + 2).map_err(|_| TOO_FAR)?;
            self.references.push(DataReference { at: field, to: data.libcall(*call) as i64 - 4 });
        }
        Ok(())
    }
}

const TOO_FAR: LinkError = LinkError::TooLarge("code and constants exceed 2 GiB");

/// Merges the sections of all objects, copies their bytes and gives them addresses, with stubs and slots of so many library
/// calls.
pub(super) fn lay_out<'a>(
    arch: &'static Arch,
    objects: &[Object<'a>],
    libcalls: u64,
    form: Form<'_>,
) -> Result<Layout<'a>, LinkError> {
    let output = |name, align| Output { name, address: 0, align, data: Vec::new() };
    let mut outputs = vec![
        output(image::RODATA, 16),
        output(image::EH_FRAME_HDR, 4),
        output(image::EH_FRAME, 8),
        output(image::TEXT, 16),
    ];
    let mut placements = Vec::with_capacity(objects.len());
    let mut entries = 0;
    for (index, object) in objects.iter().enumerate() {
        let mut placed = vec![None; object.sections.len()];
        for (place, section) in placed.iter_mut().zip(&object.sections) {
            let Some(section) = section else { continue };
            let output = find_output(&mut outputs, section.destination);
            let (mut data, mut align) = (section.data, section.align);
            if section.destination == Destination::EhFrame {
                let frames = unwind::measure(index, section)?;
                entries += frames.entries;
                // Unwind entries follow each other without a gap: a gap reads as their end.
                (data, align) = (&section.data[..frames.len], 1);
            }
            let offset = append(&mut outputs[output], data, align, arch.padding);
            *place = Some(Placement { output, offset });
        }
        placements.push(placed);
    }
    let code = vec![arch.padding; (libcalls * arch.stub_len) as usize];
    let align = if libcalls == 0 { 1 } else { arch.stub_len };
    let stubs = append(&mut outputs[Layout::TEXT], &code, align, arch.padding);
    let entries = entries + unwind::reserve_stubs_entry(&mut outputs[Layout::EH_FRAME], libcalls);
    outputs[Layout::EH_FRAME_HDR].data = vec![0; unwind::search_table_len(entries)];

    let page = arch.machine.page();
    let (mut end, text_align) = match form {
        Form::Image => (HEADERS, page),
        Form::Fragment(_) => (0, 1),
    };
    for (index, output) in outputs[..Layout::LOADED].iter_mut().enumerate() {
        let align = if index == Layout::TEXT { text_align.max(output.align) } else { output.align };
        output.address = end.next_multiple_of(align);
        end = output.address + output.data.len() as u64;
    }
    if u32::try_from(end).is_err() {
        return Err(LinkError::TooLarge("code and constants exceed 4 GiB"));
    }
    let stubs = outputs[Layout::TEXT].address + stubs;
    let slots = end.next_multiple_of(page);
    Ok(Layout { arch, outputs, placements, slots, libcalls, stubs, references: Vec::new() })
}

fn find_output<'a>(outputs: &mut Vec<Output<'a>>, destination: Destination<'a>) -> usize {
    match destination {
        Destination::Text => Layout::TEXT,
        Destination::Rodata => Layout::RODATA,
        Destination::EhFrame => Layout::EH_FRAME,
        Destination::Debug(name) => {
            let debug = &outputs[Layout::LOADED..];
            debug.iter().position(|output| output.name == name).map_or_else(
                || {
                    outputs.push(Output { name, address: 0, align: 1, data: Vec::new() });
                    outputs.len() - 1
                },
                |found| Layout::LOADED + found,
            )
        }
    }
}

/// Appends bytes at an alignment and returns their offset.
fn append(output: &mut Output<'_>, data: &[u8], align: u64, code_padding: u8) -> u64 {
    let padding = if output.name == image::TEXT { code_padding } else { 0 };
    let offset = (output.data.len() as u64).next_multiple_of(align);
    output.data.resize(offset as usize, padding);
    output.data.extend_from_slice(data);
    output.align = output.align.max(align);
    offset
}
