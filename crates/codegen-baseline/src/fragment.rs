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
    /// Appends a function whose body begins at an offset in the module. With a `first_counter`, its code counts what
    /// [`counted`](wootz_wasm_ir::ir::counted) lists, in the module's counters of branches from that one on.
    ///
    /// # Errors
    /// [`Unsupported`] if it uses what this compiler has no code for. Then nothing is appended.
    pub fn function(
        &mut self,
        module: &ModuleInfo<'_>,
        body: &Body,
        start: WasmOffset,
        first_counter: Option<usize>,
    ) -> Result<(), Unsupported> {
        let compiled = function::compile(module, body, start, first_counter)?;
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
        let Compiled { prologue, code, rows, unwind, active, len } = compiled;
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
                for (row, offset) in std::iter::once((at, Some(start))).chain(rows) {
                    let frame = offset.map(|offset| self.map.push_frame(Frame { func, offset }, NONE));
                    self.map.push_row(row, frame.unwrap_or(NONE));
                }
            }
            None => self.map.push_row(at, NONE),
        }
        self.map.end_part();
        self.tables.push(&unwind, at, body - at, len);
        self.fragment.parts.push((Part::Entry(entry), at..at + active));
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

    /// A function that only its module calls, with a loop that takes three values on the stack.
    const PRIVATE: &str = "(module
        (func $f (param i32 i32 i32 i32 i32 i32 i32 i32)
          (loop $again (br_if $again (i32.add
            (i32.add (i32.add (local.get 0) (local.get 1)) (i32.add (local.get 2) (local.get 3)))
            (i32.add (i32.add (local.get 4) (local.get 5)) (i32.add (local.get 6) (local.get 7)))))))
        (func (export \"f\") (call $f (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const 0) (i32.const 0))))";

    /// The module's functions and a trampoline, counting.
    fn fragment() -> Fragment {
        compile(MODULE)
    }

    fn compile(text: &str) -> Fragment {
        let module = Module::new(text.as_bytes()).unwrap();
        let declarations = module.declarations();
        let plan = |ty| MemoryPlan::new(ty, CheckStrategy::Guard, MemoryPlan::DEFAULT_GUARD);
        let plans: Vec<_> = declarations.memories.values().map(plan).collect();
        let info = ModuleInfo {
            declarations,
            layout: &VMContextLayout::new(&ModuleShape::new(declarations)),
            entries: &LazyLayout::new(declarations, 1 << 10),
            plans: &plans,
            private: module.private_functions(),
            hot: Some(1000),
            fuel: false,
            canonicalize_nans: false,
        };
        let (mut fragments, mut translator) = (Fragments::default(), Translator::new());
        for func in declarations.defined_functions() {
            let start = module.body_range(func).unwrap().start;
            let body = translator.translate(&module, func).unwrap();
            fragments.function(&info, body, start, Some(8 * func.0 as usize)).unwrap();
        }
        fragments.host_entry(&info, TypeIndex(1));
        fragments.host_exit(&info, TypeIndex(1));
        fragments.finish()
    }

    #[test]
    fn each_way_has_its_counter() {
        let module = Module::new(MODULE.as_bytes()).unwrap();
        let layout = LazyLayout::new(module.declarations(), 1 << 10);
        let fragment = fragment();
        // The distance is to the end of its field, behind which the number to add takes a byte.
        let counts = |counter| {
            let at = |reference: &&DataReference| reference.to + 5 == layout.branch(counter) as i64;
            fragment.references.iter().filter(at).count()
        };
        // Entries, then the two ways of the first and the second function.
        assert_eq!([0, 1, 2, 3].map(counts), [1, 1, 1, 0]);
        assert_eq!([8, 9, 10, 11].map(counts), [1, 1, 1, 0]);
        assert_eq!([16, 17].map(counts), [1, 0]);
    }

    #[test]
    fn a_private_function_leaves_for_its_loop_without_a_frame() {
        let fragment = compile(PRIVATE);
        let range = fragment.parts[0].1.clone();
        let section =
            |range: &std::ops::Range<u32>| &fragment.bytes[range.start as usize..range.end as usize];
        let bases = BaseAddresses::default().set_eh_frame(fragment.eh_frame.start.into());
        let frames = EhFrame::new(section(&fragment.eh_frame), LittleEndian);
        let mut context = UnwindContext::new();
        let mut called = Vec::new();
        for address in range.start..range.end + 4 {
            let entry = frames.fde_for_address(&bases, address.into(), EhFrame::cie_from_offset).unwrap();
            let row = entry.unwind_info_for_address(&frames, &bases, &mut context, address.into()).unwrap();
            let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() else { panic!("{row:?}") };
            let is_active = !addrmap::lookup(&fragment.address_map, address, |_| true).is_empty();
            if register == X86_64::RSP && offset > 16 {
                called.push((offset, is_active));
            }
        }
        // With three values that are not in registers: the jump to `call r10`, and that.
        assert_eq!(called, [[(8 + 24, true); 5].as_slice(), &[(8 + 24, false); 3]].concat());
        assert_eq!(fragment.bytes[range.end as usize + 3], 0xc3);
        assert_eq!(fragment.bytes[range.end as usize - 1], 0xc3, "the caller pops the arguments");
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
