//! Functions and trampolines one after another, as a fragment of the module's code.

use wootz_vm_abi::addrmap::{AddressMap, Frame, NONE};
use wootz_vm_abi::lazy::{DataReference, Entry, EntryNumber, Fragment, Maker, Part};
use wootz_wasm_ir::ir::Body;
use wootz_wasm_ir::{FuncIndex, TypeIndex, WasmOffset};

use crate::function::{self, Compiled, Unsupported};
use crate::module::ModuleInfo;
use crate::trampoline;
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
        let entry = module.entries.number(Entry::Function(body.func));
        self.append(compiled, entry, Some((body.func, start)));
        Ok(())
    }

    /// Appends a trampoline.
    pub fn host_entry(&mut self, module: &ModuleInfo<'_>, ty: TypeIndex) {
        let compiled = trampoline::host_entry(&module.declarations.types[ty]);
        self.append(compiled, module.entries.number(Entry::HostEntry(ty)), None);
    }

    /// Appends a trampoline.
    pub fn host_exit(&mut self, module: &ModuleInfo<'_>, ty: TypeIndex) {
        let compiled = trampoline::host_exit(&module.declarations.types[ty]);
        self.append(compiled, module.entries.number(Entry::HostExit(ty)), None);
    }

    /// Appends code; that of a function, whose body begins at an offset, with where it comes from.
    fn append(&mut self, compiled: Compiled, entry: EntryNumber, func: Option<(FuncIndex, WasmOffset)>) {
        let Compiled { prologue, code, rows, unwind, len } = compiled;
        let bytes = &mut self.fragment.bytes;
        bytes.resize(bytes.len().next_multiple_of(ALIGN), PADDING);
        let at = bytes.len() as u32;
        bytes.extend_from_slice(&prologue.bytes);
        let body = bytes.len() as u32;
        bytes.extend_from_slice(&code.bytes);
        let references = code.references.iter();
        let references = references.map(|reference| DataReference { at: reference.at + body, ..*reference });
        self.fragment.references.extend(references);
        match func {
            Some((func, start)) => {
                let rows = rows.iter().map(|(row, offset)| (body + row, *offset));
                for (row, offset) in std::iter::once((at, start)).chain(rows) {
                    let frame = self.map.push_frame(Frame { func, offset }, NONE);
                    self.map.push_row(row, frame);
                }
            }
            None => self.map.push_row(at, NONE),
        }
        self.map.end_part();
        self.tables.push(&unwind, at, body - at, len);
        self.fragment.parts.push((Part::Entry(entry), at..at + len));
    }

    /// Whether there is nothing yet.
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
        fragment.maker = Maker::Baseline;
        fragment
    }
}
