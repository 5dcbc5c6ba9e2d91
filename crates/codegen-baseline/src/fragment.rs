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

#[cfg(test)]
mod tests {
    use gimli::{
        BaseAddresses, CfaRule, EhFrame, LittleEndian, RegisterRule, UnwindContext, UnwindSection, X86_64,
    };
    use wootz_vm_abi::addrmap;
    use wootz_vm_abi::context::{ModuleShape, VMContextLayout};
    use wootz_vm_abi::lazy::LazyLayout;
    use wootz_vm_abi::plan::{CheckStrategy, MemoryPlan};
    use wootz_wasm_ir::{Module, Translator};

    use super::*;

    const MODULE: &str = "(module (memory 1)
        (func $fac (param i64) (result i64)
          (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
            (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
        (func (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
          (loop $again (br_if $again (i32.div_u (local.get 6) (local.get 7))))
          (return_call 2 (local.get 7)))
        (func (param i32) (result i32) (i32.load offset=8 (local.get 0))))";

    /// The module's functions and a trampoline, counting.
    fn fragment() -> Fragment {
        let module = Module::new(MODULE.as_bytes()).unwrap();
        let declarations = module.declarations();
        let plan = |ty| MemoryPlan::new(ty, CheckStrategy::Guard, MemoryPlan::DEFAULT_GUARD);
        let plans: Vec<_> = declarations.memories.values().map(plan).collect();
        let info = ModuleInfo {
            declarations,
            layout: &VMContextLayout::new(&ModuleShape::new(declarations)),
            entries: &LazyLayout::new(declarations),
            plans: &plans,
            hot: Some(1000),
            fuel: false,
            canonicalize_nans: false,
        };
        let (mut fragments, mut translator) = (Fragments::default(), Translator::new());
        for func in declarations.defined_functions() {
            let start = module.body_range(func).unwrap().start;
            let body = translator.translate(&module, func).unwrap();
            fragments.function(&info, body, start).unwrap();
        }
        fragments.host_entry(&info, TypeIndex(1));
        fragments.host_exit(&info, TypeIndex(1));
        fragments.finish()
    }

    #[test]
    fn all_code_can_be_unwound_from() {
        let fragment = fragment();
        let section =
            |range: &std::ops::Range<u32>| &fragment.bytes[range.start as usize..range.end as usize];
        let bases = BaseAddresses::default()
            .set_eh_frame(fragment.eh_frame.start.into())
            .set_eh_frame_hdr(fragment.eh_frame_hdr.start.into());
        let frames = EhFrame::new(section(&fragment.eh_frame), LittleEndian);
        let header = gimli::EhFrameHdr::new(section(&fragment.eh_frame_hdr), LittleEndian);
        let header = header.parse(&bases, 8).unwrap();
        let table = header.table().unwrap();
        let mut context = UnwindContext::new();
        assert_eq!(fragment.parts.len(), 5);
        for (_, range) in &fragment.parts {
            for address in range.start..range.end {
                let row = table.unwind_info_for_address(
                    &frames,
                    &bases,
                    &mut context,
                    address.into(),
                    EhFrame::cie_from_offset,
                );
                let row = row.unwrap();
                let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() else { panic!("{row:?}") };
                let has_frame = register == X86_64::RBP;
                // The second instruction, of three bytes, makes the frame pointer.
                let is_pushed = has_frame || (range.start + 1..range.start + 4).contains(&address);
                assert_eq!(offset, if is_pushed { 16 } else { 8 });
                assert_eq!(row.register(X86_64::RA), Some(RegisterRule::Offset(-8)));
                if has_frame {
                    assert_eq!(row.register(X86_64::RBP), Some(RegisterRule::Offset(-16)));
                }
            }
            // The last instruction that is executed returns, without a frame.
            let ret = &fragment.bytes[range.end as usize - 3..range.end as usize];
            assert_eq!(ret[0], 0xc2);
        }
    }

    #[test]
    fn every_instruction_knows_where_it_comes_from() {
        let fragment = fragment();
        for (part, range) in &fragment.parts[..3] {
            let Part::Entry(entry) = part else { panic!("{part:?}") };
            for address in range.clone() {
                let frames = addrmap::lookup(&fragment.address_map, address, |_| true);
                assert_eq!(frames.len(), 1);
                assert_eq!(frames[0].func.0, entry.0);
            }
        }
        let trampoline = fragment.parts[3].1.start;
        assert!(addrmap::lookup(&fragment.address_map, trampoline, |_| true).is_empty());
    }

    #[test]
    fn the_same_module_gives_the_same_bytes() {
        assert_eq!(fragment(), fragment());
    }
}
