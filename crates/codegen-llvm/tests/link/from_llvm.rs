//! Objects from LLVM assembly that has what compiled modules have: constants, jump tables, library calls, inlining.

use std::collections::BTreeSet;
use std::process::Command;

use gimli::{BaseAddresses, EhFrame, EhFrameHdr, LittleEndian, UnwindSection as _};
use inkwell::OptimizationLevel;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags};
use proptest::prelude::*;
use wootz_debuginfo::LineMap;
use wootz_vm_abi::addrmap::{self, Frame};
use wootz_vm_abi::image;
use wootz_wasm_ir::FuncIndex;

use crate::support::{Image, assemble, link_functions};

const MODULE: &str = include_str!("module.ll");
const LEVELS: [OptimizationLevel; 2] = [OptimizationLevel::None, OptimizationLevel::Default];
const FUNCTIONS: usize = 4;

/// The module in two objects, as if two partitions had been compiled apart: the first defines `wasm[0]` and `wasm[2]`.
fn partitions(level: OptimizationLevel) -> [Vec<u8>; 2] {
    [[1, 3], [0, 2]].map(|elsewhere| {
        let mut text = String::new();
        let mut skipping = false;
        for line in MODULE.lines() {
            let away = elsewhere.iter().find(|func| line.contains(&format!("@\"wasm[{func}]\"")));
            if line.starts_with("define") {
                let trampoline = line.contains("host_entry") && elsewhere[0] == 0;
                skipping = away.is_some() || trampoline;
                if let Some(head) = line.split(" #").next().filter(|_| skipping && !trampoline) {
                    text += &head.replace("define", "declare");
                    text.push('\n');
                }
            }
            if !skipping {
                text += line;
                text.push('\n');
            }
            skipping &= line != "}";
        }
        assemble(&text, level)
    })
}

#[test]
fn other_tools_read_the_image_without_complaint() {
    for level in LEVELS {
        let [first, second] = partitions(level);
        for objects in [&[&assemble(MODULE, level)[..]][..], &[&first, &second]] {
            let image = link_functions(objects, FUNCTIONS).expect("links");
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("image.elf");
            std::fs::write(&path, &image).expect("writes");
            let run = |tool: &str, arguments: &[&str]| {
                let output = Command::new(tool).args(arguments).arg(&path).output();
                let output =
                    output.unwrap_or_else(|error| panic!("{tool}: {error}; `cargo xtask setup` installs it"));
                let errors = String::from_utf8_lossy(&output.stderr);
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                assert!(output.status.success() && errors.is_empty(), "{tool} at {level:?}: {errors}");
                assert!(!text.to_lowercase().contains("warning"), "{tool} at {level:?}: {text}");
                text
            };
            run("readelf", &["-aW", "--debug-dump"]);
            assert!(run("objdump", &["-d"]).contains("<wasm[1]>:"));
            let start = Image::read(&image).info.functions[1].start + 0x1000;
            let (functions, line) = ("info functions", format!("info line *{start:#x}"));
            let text = run("gdb", &["-nx", "-batch", "-ex", functions, "-ex", &line]);
            assert!(text.contains("300:") && text.contains("wasm[2]"), "{text}");
            assert!(text.contains(&format!("starts at address {start:#x} <wasm[1]>")), "{text}");
        }
    }
}

#[test]
fn the_expected_relocations_are_met() {
    for level in LEVELS {
        let object = assemble(MODULE, level);
        let file = object::File::parse(&*object).expect("an object");
        let loaded = |name: &str| name == ".text" || name.starts_with(".rodata") || name == ".eh_frame";
        let mut types = BTreeSet::new();
        for section in file.sections().filter(|s| s.name().is_ok_and(loaded)) {
            for (_, relocation) in section.relocations() {
                if let RelocationFlags::Elf { r_type } = relocation.flags() {
                    types.insert(r_type.0);
                }
            }
        }
        let expected = [object::elf::R_X86_64_PC32.0, object::elf::R_X86_64_PLT32.0];
        assert_eq!(types, BTreeSet::from(expected), "loaded sections at {level:?}");
    }
}

#[test]
fn the_jump_table_and_the_constants_are_where_code_looks() {
    for level in LEVELS {
        let object = assemble(MODULE, level);
        let bytes = link_functions(&[&object], FUNCTIONS).expect("links");
        let image = Image::read(&bytes);
        let (rodata, constants) = image.section(image::RODATA);
        let (text, code) = image.section(image::TEXT);
        let function = &image.info.functions[0];
        // lea table(%rip), %reg; the table holds distances from itself.
        let lea = (function.start as usize..function.end as usize)
            .find(|at| matches!(code[*at..*at + 3], [0x48 | 0x4c, 0x8d, modrm] if modrm & 0xc7 == 0x05))
            .expect("wasm[0] loads the address of its jump table");
        let table = image.follow(text + lea as u64 + 3);
        assert!((rodata..rodata + constants.len() as u64).contains(&table));
        for entry in 0..5 {
            let distance = i32::from_le_bytes(image.at(table + 4 * entry, 4).try_into().expect("four bytes"));
            let target = table.wrapping_add_signed(distance.into()) - text;
            assert!(function.contains(&(target as u32)), "entry {entry} at {level:?}: {target:#x}");
        }
        let has = |value: f64| constants.windows(8).any(|bytes| bytes == value.to_le_bytes());
        assert!(has(3.25) && has(1.0e-3), "float constants at {level:?}");
    }
}

#[test]
fn information_and_symbols_name_the_functions() {
    for level in LEVELS {
        let object = assemble(MODULE, level);
        let bytes = link_functions(&[&object], FUNCTIONS).expect("links");
        let image = Image::read(&bytes);
        let (text, code) = image.section(image::TEXT);
        for (index, range) in image.info.functions.iter().enumerate() {
            assert!(range.start % 16 == 0 && range.start < range.end && range.end as usize <= code.len());
            let name = format!("wasm[{index}]");
            let symbol = image.file.symbols().find(|s| s.name() == Ok(&name)).expect("a symbol");
            assert_eq!(symbol.address() - text, u64::from(range.start));
            assert_eq!(symbol.size(), u64::from(range.end - range.start));
        }
        assert!(matches!(image.info.host_entries[..], [Some(_)]));
        assert_eq!(image.info.host_exits, [None]);
        assert_eq!(image.info.libcalls, ["memcpy", "fmod", "ceil"]);
        assert_eq!(image.section(image::LIBCALLS).1, [0; 24]);
    }
}

/// What the address map of an image says of offsets in the code.
fn frames<'a>(image: &Image<'a>) -> impl Fn(u32) -> Vec<Frame> + use<'a> {
    let map = image.section(image::ADDRMAP).1;
    move |offset| addrmap::lookup(map, offset, |_| true)
}

#[test]
fn the_address_map_says_what_the_debug_information_says() {
    for level in LEVELS {
        let object = assemble(MODULE, level);
        let bytes = link_functions(&[&object], FUNCTIONS).expect("links");
        let image = Image::read(&bytes);
        let (text, code) = image.section(image::TEXT);
        let frames = frames(&image);
        let linked = LineMap::from_elf(&bytes).expect("reads the image");
        let unlinked = LineMap::from_elf(&object).expect("reads the object");
        for offset in 0..code.len() as u64 {
            let expected: Vec<_> = unlinked.lookup(offset).collect();
            assert!(linked.lookup(text + offset).eq(expected.iter().copied()), "image at {offset:#x}");
            let expected: Vec<_> =
                expected.iter().map(|l| Frame { func: l.func, offset: l.offset }).collect();
            assert_eq!(frames(offset as u32), expected, "address map at {offset:#x}");
        }
        let traps =
            code.windows(4).enumerate().filter(|(_, bytes)| bytes.starts_with(&[0x67, 0x0f, 0xb9, 0x40]));
        let places: BTreeSet<_> = traps
            .filter_map(|(at, _)| frames(at as u32).first().copied())
            .map(|frame| (frame.func, frame.offset))
            .collect();
        let expected = [(FuncIndex(0), 150), (FuncIndex(1), 210)];
        assert_eq!(places, BTreeSet::from(expected), "trap instructions at {level:?}");
    }
}

#[test]
fn partitions_keep_their_debug_information_apart() {
    for level in LEVELS {
        let [first, second] = partitions(level);
        let bytes = link_functions(&[&first, &second], FUNCTIONS).expect("links");
        let image = Image::read(&bytes);
        let frames = frames(&image);
        for (index, range) in image.info.functions.iter().enumerate() {
            let func = FuncIndex(index as u32);
            let lines = 100 * (func.0 + 1)..100 * (func.0 + 2);
            for offset in range.clone() {
                let frames = frames(offset);
                let frame = frames.last().unwrap_or_else(|| panic!("{func} has no row at {offset:#x}"));
                assert_eq!(frame.func, func, "at {offset:#x}");
                assert!(
                    frame.offset == 0 || lines.contains(&frame.offset),
                    "{func} at line {}",
                    frame.offset
                );
            }
        }
    }
}

#[test]
fn every_instruction_has_its_unwind_entry_in_the_search_table() {
    for level in LEVELS {
        let [first, second] = partitions(level);
        let bytes = link_functions(&[&first, &second], FUNCTIONS).expect("links");
        let image = Image::read(&bytes);
        let ((text, _), (frames, eh_frame)) = (image.section(image::TEXT), image.section(image::EH_FRAME));
        let (header, eh_frame_hdr) = image.section(image::EH_FRAME_HDR);
        let bases = BaseAddresses::default().set_text(text).set_eh_frame(frames).set_eh_frame_hdr(header);
        let eh_frame = EhFrame::new(eh_frame, LittleEndian);
        let parsed = EhFrameHdr::new(eh_frame_hdr, LittleEndian).parse(&bases, 8).expect("a header");
        assert_eq!(parsed.eh_frame_ptr(), gimli::Pointer::Direct(frames));
        let table = parsed.table().expect("a table");
        let covered = image.file.symbols().filter(|symbol| symbol.size() > 0);
        let mut checked = 0;
        for symbol in covered {
            for address in symbol.address()..symbol.address() + symbol.size() {
                let entry = table
                    .fde_for_address(&eh_frame, &bases, address, EhFrame::cie_from_offset)
                    .unwrap_or_else(|error| panic!("{:?} at {address:#x}: {error}", symbol.name()));
                assert!(entry.contains(address));
                let mut context = gimli::UnwindContext::new();
                let row =
                    entry.unwind_info_for_address(&eh_frame, &bases, &mut context, address).expect("a row");
                assert!(matches!(row.cfa(), gimli::CfaRule::RegisterAndOffset { .. }));
                checked += 1;
            }
        }
        assert!(checked > 100, "code and stubs");
    }
}

#[test]
fn the_same_objects_give_the_same_bytes() {
    let [first, second] = partitions(OptimizationLevel::Default);
    let link = || link_functions(&[&first, &second], FUNCTIONS).expect("links");
    assert_eq!(link(), link());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn corrupt_objects_never_make_it_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        len in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        static OBJECT: std::sync::LazyLock<Vec<u8>> =
            std::sync::LazyLock::new(|| assemble(MODULE, OptimizationLevel::Default));
        let mut bytes = OBJECT.clone();
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(len) = len {
            bytes.truncate(len.index(bytes.len()));
        }
        if let Ok(image) = link_functions(&[&bytes], FUNCTIONS) {
            let _ = Image::read(&image);
        }
    }
}
