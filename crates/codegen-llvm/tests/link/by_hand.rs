//! Objects with single sections, symbols and relocations: each thing the linker does and each thing it refuses.

use object::elf::{self, RelocationType};
use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope,
};
use wootz_codegen_llvm::link::{ImageParts, LinkError, RelocationProblem, link};
use wootz_vm_abi::image;
use wootz_vm_abi::machine::Machine;
use wootz_wasm_ir::{DataIndex, DataSegment, FuncIndex, SegmentMode};

use crate::support::{Image, declarations, link_functions};

/// An object with one section of code, `wasm[0]` at its start.
struct Builder {
    object: Object<'static>,
    text: SectionId,
}

impl Builder {
    fn new(code: &[u8]) -> Self {
        let mut builder = Self::without_functions(code);
        builder.define("wasm[0]", builder.text, 0, code.len() as u64, SymbolScope::Linkage);
        builder
    }

    fn without_functions(code: &[u8]) -> Self {
        let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        let text = object.add_section(vec![], b".text".to_vec(), SectionKind::Text);
        object.append_section_data(text, code, 16);
        Self { object, text }
    }

    fn section(&mut self, name: &str, kind: SectionKind, data: &[u8]) -> SectionId {
        let section = self.object.add_section(vec![], name.into(), kind);
        self.object.append_section_data(section, data, 8);
        section
    }

    fn define(
        &mut self,
        name: &str,
        section: SectionId,
        value: u64,
        size: u64,
        scope: SymbolScope,
    ) -> SymbolId {
        self.add(name, SymbolSection::Section(section), value, size, scope)
    }

    fn undefined(&mut self, name: &str) -> SymbolId {
        self.add(name, SymbolSection::Undefined, 0, 0, SymbolScope::Unknown)
    }

    fn add(
        &mut self,
        name: &str,
        section: SymbolSection,
        value: u64,
        size: u64,
        scope: SymbolScope,
    ) -> SymbolId {
        self.object.add_symbol(Symbol {
            name: name.into(),
            value,
            size,
            kind: SymbolKind::Text,
            scope,
            weak: false,
            section,
            flags: SymbolFlags::None,
        })
    }

    fn relocate(
        &mut self,
        section: SectionId,
        offset: u64,
        symbol: SymbolId,
        addend: i64,
        r_type: RelocationType,
    ) {
        let flags = RelocationFlags::Elf { r_type };
        self.object
            .add_relocation(section, Relocation { offset, symbol, addend, flags })
            .expect("a relocation");
    }

    fn finish(&self) -> Vec<u8> {
        self.object.write().expect("an object")
    }

    /// Links the object for a module of one function.
    fn link(&self) -> Result<Vec<u8>, LinkError> {
        link_functions(&[&self.finish()], 1)
    }
}

/// The problem with the only relocation of an object.
fn problem(builder: &Builder) -> RelocationProblem {
    match builder.link() {
        Err(LinkError::Relocation { problem, .. }) => problem,
        other => panic!("a relocation error, not {other:?}"),
    }
}

#[test]
fn calls_and_constants_reach_their_targets() {
    let mut builder = Builder::new(&[0xe8, 0, 0, 0, 0, 0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xc3]);
    let text = builder.text;
    let constants =
        builder.section(".rodata.cst8", SectionKind::ReadOnlyData, &0x1122_3344_5566_7788u64.to_le_bytes());
    let constant = builder.define(".LCPI0_0", constants, 0, 8, SymbolScope::Compilation);
    let memcpy = builder.undefined("memcpy");
    builder.relocate(text, 1, memcpy, -4, elf::R_X86_64_PLT32);
    builder.relocate(text, 8, constant, -4, elf::R_X86_64_PC32);
    let bytes = builder.link().expect("links");
    let image = Image::read(&bytes);
    let (text, _) = image.section(image::TEXT);

    assert_eq!(image.at(image.follow(text + 8), 8), 0x1122_3344_5566_7788u64.to_le_bytes());
    let stub = image.follow(text + 1);
    assert_eq!(image.at(stub, 2), [0xff, 0x25], "the stub jumps through memory");
    assert_eq!(image.follow(stub + 2), image.section(image::LIBCALLS).0, "to the first slot");
    assert_eq!(image.info.libcalls, ["memcpy"]);
    assert!(matches!(&image.info.functions[..], [range] if *range == (0..13)));
    assert_eq!(image.info.cpu_features, ["sse4.1"]);
    assert_eq!(image.info.target, Machine::X86_64.triple());
}

#[test]
fn sixty_four_bit_distances_are_supported() {
    let mut builder = Builder::new(&[0; 16]);
    let text = builder.text;
    let start = builder.define("start", text, 0, 0, SymbolScope::Compilation);
    builder.relocate(text, 8, start, -3, elf::R_X86_64_PC64);
    let bytes = builder.link().expect("links");
    assert_eq!(Image::read(&bytes).section(image::TEXT).1[8..16], (-11i64).to_le_bytes());
}

#[test]
fn loads_from_a_global_offset_table_are_rewritten() {
    let code = [
        &[0x48, 0x8b, 0x05, 0, 0, 0, 0][..], // mov wasm[0]@GOTPCREL(%rip), %rax
        &[0xff, 0x15, 0, 0, 0, 0],           // call *wasm[0]@GOTPCREL(%rip)
        &[0xff, 0x25, 0, 0, 0, 0],           // jmp *wasm[0]@GOTPCREL(%rip)
        &[0x48, 0x8b, 0x05, 0, 0, 0, 0],     // mov fmod@GOTPCREL(%rip), %rax
    ]
    .concat();
    let mut builder = Builder::without_functions(&code);
    let text = builder.text;
    let function = builder.define("wasm[0]", text, 0, code.len() as u64, SymbolScope::Linkage);
    let fmod = builder.undefined("fmod");
    builder.relocate(text, 3, function, -4, elf::R_X86_64_REX_GOTPCRELX);
    builder.relocate(text, 9, function, -4, elf::R_X86_64_GOTPCRELX);
    builder.relocate(text, 15, function, -4, elf::R_X86_64_GOTPCRELX);
    builder.relocate(text, 22, fmod, -4, elf::R_X86_64_GOTPCREL);
    let bytes = builder.link().expect("links");
    let image = Image::read(&bytes);
    let (start, code) = image.section(image::TEXT);

    assert_eq!(code[..3], [0x48, 0x8d, 0x05], "lea");
    assert_eq!(image.follow(start + 3), start);
    assert_eq!(code[7..9], [0x67, 0xe8], "addr32 call");
    assert_eq!(image.follow(start + 9), start);
    assert_eq!((code[13], code[18]), (0xe9, 0x90), "jmp; nop");
    assert_eq!(image.follow(start + 14), start);
    assert_eq!(code[19..22], [0x48, 0x8b, 0x05], "a library call's slot is a table");
    assert_eq!(image.follow(start + 22), image.section(image::LIBCALLS).0);
}

#[test]
fn an_instruction_that_needs_a_global_offset_table_is_refused() {
    for (opcode, ty, addend) in [
        ([0x48, 0x3b, 0x05], elf::R_X86_64_REX_GOTPCRELX, -4), // cmp wasm[0]@GOTPCREL(%rip), %rax
        ([0x48, 0x8b, 0x05], elf::R_X86_64_GOTPCREL, -4),
        ([0x48, 0x8b, 0x05], elf::R_X86_64_REX_GOTPCRELX, 4),
    ] {
        let mut builder = Builder::without_functions(&[&opcode[..], &[0; 4]].concat());
        let text = builder.text;
        let function = builder.define("wasm[0]", text, 0, 7, SymbolScope::Linkage);
        builder.relocate(text, 3, function, addend, ty);
        assert_eq!(problem(&builder), RelocationProblem::GlobalOffsetTable);
    }
}

#[test]
fn absolute_addresses_are_for_debug_information_only() {
    for ty in [elf::R_X86_64_64, elf::R_X86_64_32, elf::R_X86_64_32S] {
        for section in [".rodata", ".data.rel.ro", ".text"] {
            let mut builder = Builder::new(&[0x90; 16]);
            let place = match section {
                ".text" => builder.text,
                ".data.rel.ro" => builder.section(section, SectionKind::Data, &[0; 8]),
                _ => builder.section(section, SectionKind::ReadOnlyData, &[0; 8]),
            };
            let symbol = builder.define("local", builder.text, 0, 0, SymbolScope::Compilation);
            builder.relocate(place, 0, symbol, 0, ty);
            assert_eq!(problem(&builder), RelocationProblem::Absolute, "{section}");
        }
    }
    let mut builder = Builder::new(&[0x90; 16]);
    let text = builder.text;
    let debug = builder.section(".debug_addr", SectionKind::Debug, &[0xff; 16]);
    let symbol = builder.define("local", text, 4, 0, SymbolScope::Compilation);
    builder.relocate(debug, 0, symbol, 1, elf::R_X86_64_64);
    builder.relocate(debug, 8, symbol, 2, elf::R_X86_64_32);
    builder.relocate(debug, 12, symbol, 3, elf::R_X86_64_32S);
    let bytes = builder.link().expect("links");
    let image = Image::read(&bytes);
    let start = image.section(image::TEXT).0;
    let expected = [
        &(start + 5).to_le_bytes()[..],
        &(start as u32 + 6).to_le_bytes(),
        &(start as u32 + 7).to_le_bytes(),
    ];
    assert_eq!(image.section(".debug_addr").1, expected.concat());
}

#[test]
fn read_only_relocated_data_without_relocations_is_constant() {
    let mut builder = Builder::new(&[0xc3]);
    builder.section(".data.rel.ro", SectionKind::Data, &[7; 8]);
    let bytes = builder.link().expect("links");
    assert_eq!(Image::read(&bytes).section(image::RODATA).1, [7; 8]);
}

#[test]
fn values_that_do_not_fit_are_errors() {
    let at = |ty, addend, debug: bool| {
        let mut builder = Builder::new(&[0x90; 16]);
        let place =
            if debug { builder.section(".debug_info", SectionKind::Debug, &[0; 16]) } else { builder.text };
        let symbol = builder.define("local", builder.text, 0, 0, SymbolScope::Compilation);
        builder.relocate(place, 0, symbol, addend, ty);
        problem(&builder)
    };
    for (ty, addend, debug) in [
        (elf::R_X86_64_PC32, 1 << 31, false),
        (elf::R_X86_64_PLT32, -(1 << 31) - 1, false),
        (elf::R_X86_64_32, 1 << 32, true),
        (elf::R_X86_64_32, -(1 << 20), true),
        (elf::R_X86_64_32S, 1 << 31, true),
        (elf::R_X86_64_64, i64::MIN, true),
    ] {
        assert!(matches!(at(ty, addend, debug), RelocationProblem::Overflow(_)), "{ty:?} {addend}");
    }
    assert_eq!(at(elf::R_X86_64_TPOFF32, 0, false), RelocationProblem::Unsupported(elf::R_X86_64_TPOFF32.0));
    assert_eq!(at(elf::R_X86_64_PC32, 0, true), RelocationProblem::Unsupported(elf::R_X86_64_PC32.0));
}

#[test]
fn a_field_outside_its_section_is_an_error() {
    for offset in [13, 16, u64::MAX - 1] {
        let mut builder = Builder::new(&[0x90; 16]);
        let text = builder.text;
        let symbol = builder.define("local", text, 0, 0, SymbolScope::Compilation);
        builder.relocate(text, offset, symbol, 0, elf::R_X86_64_PC32);
        assert_eq!(problem(&builder), RelocationProblem::OutOfRange, "{offset}");
    }
}

#[test]
fn a_relocation_of_the_length_of_an_unwind_entry_is_an_error() {
    let mut builder = Builder::new(&[0xc3; 16]);
    let common = [12, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0x78, 16, 0, 0, 0];
    let entry = [20, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let frames = builder.section(".eh_frame", SectionKind::ReadOnlyData, &[&common[..], &entry].concat());
    builder.link().expect("the entries are well-formed");
    let start = builder.define("frames", frames, 0, 0, SymbolScope::Compilation);
    // The distance of a field from itself: a length of zero ends the list.
    builder.relocate(frames, 0, start, 0, elf::R_X86_64_PC32);
    assert!(matches!(builder.link(), Err(LinkError::Unwind(_))));
}

#[test]
fn an_undefined_symbol_is_named_with_its_place() {
    let mut builder = Builder::new(&[0xe8, 0, 0, 0, 0]);
    let text = builder.text;
    let symbol = builder.undefined("malloc");
    builder.relocate(text, 1, symbol, -4, elf::R_X86_64_PLT32);
    let error = builder.link().expect_err("malloc is no library call");
    assert_eq!(error.to_string(), "undefined symbol malloc at .text+0x1 of object 0");

    let mut unused = Builder::new(&[0xc3]);
    unused.undefined("malloc");
    assert!(unused.link().is_ok(), "a symbol that nothing uses needs no definition");
}

#[test]
fn a_symbol_in_a_section_that_is_left_out_is_an_error() {
    let mut builder = Builder::new(&[0xe8, 0, 0, 0, 0]);
    let text = builder.text;
    let comment = builder.section(".comment", SectionKind::OtherString, b"hello\0");
    let symbol = builder.define("comment", comment, 0, 0, SymbolScope::Compilation);
    builder.relocate(text, 1, symbol, -4, elf::R_X86_64_PC32);
    assert_eq!(problem(&builder), RelocationProblem::Target);
}

#[test]
fn sections_that_an_image_cannot_have_are_refused() {
    for (name, kind, expected) in [
        (".data", SectionKind::Data, "writable"),
        (".tdata", SectionKind::Tls, "thread-local"),
        (".init_array", SectionKind::Data, "writable"),
    ] {
        let mut builder = Builder::new(&[0xc3]);
        builder.section(name, kind, &[0; 8]);
        let error = builder.link().expect_err(name);
        assert!(
            matches!(&error, LinkError::Section { section, object: 0, .. } if section == name),
            "{error:?}"
        );
        assert!(error.to_string().contains(expected), "{error}");
    }
    let mut builder = Builder::new(&[0xc3]);
    let bss = builder.object.add_section(vec![], b".bss".to_vec(), SectionKind::UninitializedData);
    builder.object.append_section_bss(bss, 64, 8);
    assert!(matches!(builder.link(), Err(LinkError::Section { .. })));

    let mut builder = Builder::new(&[0xc3]);
    let text = builder.text;
    builder.object.append_section_data(text, &[0xc3], 2 * image::PAGE);
    assert!(builder.link().expect_err("alignment").to_string().contains("alignment"));
}

#[test]
fn objects_keep_their_local_symbols_apart_and_share_global_ones() {
    let object = |function: &str, other: &str, constant: u64| {
        let mut builder = Builder::without_functions(&[0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0]);
        let text = builder.text;
        builder.define(function, text, 0, 12, SymbolScope::Linkage);
        let constants = builder.section(".rodata", SectionKind::ReadOnlyData, &constant.to_le_bytes());
        let local = builder.define(".LCPI0_0", constants, 0, 8, SymbolScope::Compilation);
        let other = builder.undefined(other);
        builder.relocate(text, 3, local, -4, elf::R_X86_64_PC32);
        builder.relocate(text, 8, other, -4, elf::R_X86_64_PLT32);
        builder.finish()
    };
    let (first, second) = (object("wasm[0]", "wasm[1]", 1), object("wasm[1]", "wasm[0]", 2));
    let bytes = link_functions(&[&first, &second], 2).expect("links");
    let image = Image::read(&bytes);
    let start = image.section(image::TEXT).0;
    assert_eq!(image.info.functions, [0..12, 16..28], "the second object's code is aligned");
    for (function, other, constant) in [(start, start + 16, 1u64), (start + 16, start, 2)] {
        assert_eq!(image.at(image.follow(function + 3), 8), constant.to_le_bytes());
        assert_eq!(image.follow(function + 8), other);
    }

    let error = link_functions(&[&first, &first], 2).expect_err("defined twice");
    assert_eq!(error.to_string(), "symbol wasm[0] is defined in object 0 and in object 1");
    let error = link_functions(&[&first, &second], 3).expect_err("a function is missing");
    assert_eq!(error, LinkError::MissingFunction(FuncIndex(2)));
    assert!(matches!(link_functions(&[&first], 1), Err(LinkError::UndefinedSymbol { .. })));
}

#[test]
fn slots_do_not_depend_on_the_order_of_objects() {
    let object = |function: &str, callee: &str| {
        let mut builder = Builder::without_functions(&[0xe8, 0, 0, 0, 0]);
        let text = builder.text;
        builder.define(function, text, 0, 5, SymbolScope::Linkage);
        let callee = builder.undefined(callee);
        builder.relocate(text, 1, callee, -4, elf::R_X86_64_PLT32);
        builder.finish()
    };
    let (first, second) = (object("wasm[0]", "trunc"), object("wasm[1]", "fmod"));
    for objects in [[&first[..], &second[..]], [&second, &first]] {
        let bytes = link_functions(&objects, 2).expect("links");
        assert_eq!(Image::read(&bytes).info.libcalls, ["fmod", "trunc"]);
        assert_eq!(bytes, link_functions(&objects, 2).expect("links"), "the same bytes again");
    }
}

#[test]
fn trampolines_and_data_segments_are_listed() {
    let mut builder = Builder::new(&[0xc3; 32]);
    let text = builder.text;
    builder.define("host_exit[0]", text, 16, 8, SymbolScope::Linkage);
    let mut declarations = declarations(1);
    for range in [2..5, 5..5, 1..3] {
        declarations.data.push(DataSegment { mode: SegmentMode::Passive, range });
    }
    let object = builder.finish();
    let parts = |module| ImageParts {
        machine: Machine::X86_64,
        cpu_features: &[],
        declarations: &declarations,
        module,
        memory_plans: &[],
        fuel: false,
        counted: None,
        sources: &[],
        debug: None,
    };
    let bytes = link(&[&object], &parts(b"abcdefgh")).expect("links");
    let image = Image::read(&bytes);
    assert_eq!(image.info.host_entries, [None]);
    assert_eq!(image.info.host_exits, [Some(16)]);
    assert_eq!(image.info.data, [0..3, 3..3, 3..5]);
    assert_eq!(image.section(image::DATA).1, b"cdebc");
    assert_eq!(image.info.declarations, declarations);
    assert_eq!(link(&[&object], &parts(b"abcd")).err(), Some(LinkError::DataSegment(DataIndex(0))));
}

#[test]
fn a_function_outside_the_code_is_an_error() {
    let mut builder = Builder::without_functions(&[0xc3]);
    let constants = builder.section(".rodata", SectionKind::ReadOnlyData, &[0; 8]);
    builder.define("wasm[0]", constants, 0, 8, SymbolScope::Linkage);
    assert_eq!(builder.link().err(), Some(LinkError::NotCode("wasm[0]".into())));

    let mut builder = Builder::without_functions(&[0xc3]);
    builder.define("wasm[0]", builder.text, 0, 2, SymbolScope::Linkage);
    assert_eq!(builder.link().err(), Some(LinkError::NotCode("wasm[0]".into())), "it ends outside");
}

#[test]
fn other_files_are_refused_with_their_index() {
    let good = Builder::new(&[0xc3]).finish();
    let image = link_functions(&[&good], 1).expect("links");
    let foreign = Object::new(BinaryFormat::Elf, Architecture::Aarch64, Endianness::Little);
    let foreign = foreign.write().expect("an object");
    for bad in [&b"\0asm\x01\0\0\0"[..], &good[..good.len() / 2], &image, &foreign] {
        let error = link_functions(&[&good, bad], 1).expect_err("not an object");
        assert!(matches!(error, LinkError::Object { object: 1, .. }), "{error:?}");
    }
}

#[test]
fn a_module_without_functions_is_an_image_too() {
    let bytes = link_functions(&[], 0).expect("links");
    let image = Image::read(&bytes);
    assert_eq!(image.info.functions, []);
    assert_eq!(image.section(image::TEXT).1, []);
    assert_eq!(image.section(image::EH_FRAME_HDR).1[8..12], [0; 4], "no unwind entry");
}
