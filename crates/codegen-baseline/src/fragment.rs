//! Functions one after another, as a fragment of the module's code.

use wootz_vm_abi::addrmap::{AddressMap, Frame, NONE};
use wootz_vm_abi::lazy::{DataReference, Entry, Fragment, Part};
use wootz_wasm_ir::WasmOffset;
use wootz_wasm_ir::ir::Body;

use crate::function::{self, Unsupported};
use crate::module::ModuleInfo;
use crate::unwind::Tables;

/// Where code begins, in bytes.
const ALIGN: usize = 16;
/// Between functions: a breakpoint.
const PADDING: u8 = 0xcc;

/// A fragment under construction.
#[derive(Default)]
pub struct Fragments {
    fragment: Fragment,
    map: AddressMap,
    tables: Tables,
}

impl Fragments {
    /// Appends a function whose body begins at an offset in the module.
    ///
    /// # Errors
    /// [`Unsupported`] if it uses what this compiler has no code for. Then nothing is appended.
    pub fn function(
        &mut self,
        module: &ModuleInfo<'_>,
        body: &Body,
        start: WasmOffset,
    ) -> Result<(), Unsupported> {
        let compiled = function::compile(module, body, start)?;
        let bytes = &mut self.fragment.bytes;
        bytes.resize(bytes.len().next_multiple_of(ALIGN), PADDING);
        let at = bytes.len() as u32;
        bytes.extend_from_slice(&compiled.prologue.bytes);
        let code = bytes.len() as u32;
        bytes.extend_from_slice(&compiled.code.bytes);
        let references = compiled.code.references.iter();
        let references = references.map(|reference| DataReference { at: reference.at + code, ..*reference });
        self.fragment.references.extend(references);
        let frame = self.map.push_frame(Frame { func: body.func, offset: start }, NONE);
        self.map.push_row(at, frame);
        for (row, offset) in &compiled.rows {
            let frame = self.map.push_frame(Frame { func: body.func, offset: *offset }, NONE);
            self.map.push_row(code + row, frame);
        }
        self.map.end_part();
        self.tables.push(&compiled.unwind, at, code - at, compiled.len);
        let entry = module.entries.number(Entry::Function(body.func));
        self.fragment.parts.push((Part::Entry(entry), at..at + compiled.len));
        Ok(())
    }

    /// Whether there is no function yet.
    pub fn is_empty(&self) -> bool {
        self.fragment.parts.is_empty()
    }

    /// The fragment.
    pub fn finish(self) -> Fragment {
        let Self { mut fragment, map, tables } = self;
        let bytes = &mut fragment.bytes;
        fragment.text = 0..bytes.len() as u32;
        bytes.resize(bytes.len().next_multiple_of(ALIGN), PADDING);
        let at = bytes.len() as u32;
        let (frames, header) = tables.finish(at);
        bytes.extend_from_slice(&frames);
        fragment.eh_frame = at..bytes.len() as u32;
        fragment.eh_frame_hdr = bytes.len() as u32..(bytes.len() + header.len()) as u32;
        bytes.extend_from_slice(&header);
        fragment.address_map = map.encode();
        fragment
    }
}
