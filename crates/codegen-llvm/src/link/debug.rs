//! Puts debug information for debuggers in the place of what LLVM wrote.

use std::mem::offset_of;

use wootz_debuginfo::write::{self, ContextLayout, Entity, Input, SectionOffset};
use wootz_debuginfo::{Debugger, GuestIndex, SourceText};
use wootz_vm_abi::context::{ModuleShape, Place, VMContextLayout, VMMemory};
use wootz_vm_abi::debug::{Base, DebugAddresses, SectionAddresses};
use wootz_wasm_ir::Module;

use super::calls;
use super::error::LinkError;
use super::layout::{Layout, Output};

/// What debug information is made from, besides what LLVM wrote.
#[derive(Copy, Clone, Debug)]
pub struct DebugParts<'a> {
    /// The module.
    pub module: &'a Module,
    /// What is known of its DWARF, if more is compiled of it than this.
    pub index: Option<&'a GuestIndex>,
    /// Its text.
    pub text: &'a SourceText,
    /// Whether the code is optimised.
    pub optimised: bool,
    /// The debugger that is to read it.
    pub debugger: Debugger,
}

/// What is not final in debug sections: the outputs of a layout from [`Layout::LOADED`] on.
#[derive(Debug)]
pub(super) struct Unsettled {
    pub(super) addresses: DebugAddresses,
    pub(super) offsets: Vec<SectionOffset>,
}

/// Replaces the debug sections, and returns what is not final in the new ones.
pub(super) fn replace(layout: &mut Layout<'_>, parts: DebugParts<'_>) -> Result<Unsettled, LinkError> {
    let context = context_layout(parts.module);
    // Code that is not optimised finds its frames by another register.
    let after_calls = if parts.optimised { calls::after_calls(layout.arch, layout)? } else { Vec::new() };
    let frames = &layout.outputs[Layout::EH_FRAME];
    let own = GuestIndex::default();
    let input = Input {
        module: parts.module,
        index: parts.index.unwrap_or(&own),
        text: parts.text,
        context: &context,
        frames: (&frames.data, frames.address),
        after_calls: &after_calls,
        optimised: parts.optimised,
        debugger: parts.debugger,
    };
    let old = &layout.outputs[Layout::LOADED..];
    let section = |name: &str| old.iter().find(|o| o.name == name).map_or(&[][..], |o| &o.data);
    let written = write::write(section, &input)?;
    let mut addresses = DebugAddresses::default();
    layout.outputs.truncate(Layout::LOADED);
    for placement in layout.placements.iter_mut().flatten() {
        // What was placed there is gone with the outputs.
        *placement = placement.take().filter(|placement| placement.output < Layout::LOADED);
    }
    for (name, data) in written.sections {
        layout.outputs.push(Output { name, address: 0, align: 1, data });
        addresses.sections.push(SectionAddresses { name: name.into(), places: Vec::new() });
    }
    for fixup in written.fixups {
        let base = match fixup.base {
            write::Base::Image => Base::Image,
            write::Base::Instance => Base::Instance,
            write::Base::Memories => Base::Memories,
        };
        addresses.sections[fixup.section as usize].places.push((fixup.offset, base));
    }
    Ok(Unsettled { addresses, offsets: written.offsets })
}

fn context_layout(module: &Module) -> ContextLayout {
    let declarations = module.declarations();
    let layout = VMContextLayout::new(&ModuleShape::new(declarations));
    let entity = |place| match place {
        Place::Inline(offset) => Entity::Inline(offset as u64),
        Place::Pointer(offset) => Entity::Pointer(offset as u64),
    };
    let globals = declarations.globals.iter();
    ContextLayout {
        memories: declarations.memories.keys().map(|memory| entity(layout.memory(memory))).collect(),
        memory_base: offset_of!(VMMemory, base) as u64,
        memory_length: offset_of!(VMMemory, length) as u64,
        globals: globals.map(|(global, decl)| (entity(layout.global(global)), decl.ty.content)).collect(),
    }
}
