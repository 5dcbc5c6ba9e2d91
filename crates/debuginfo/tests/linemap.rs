//! The map of a real object file against what was written in its LLVM assembly, and against another reader.

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use wootz_debuginfo::{Error, LineMap};
use wootz_wasm_ir::FuncIndex;

const OBJECT: &[u8] = include_bytes!("data/inlined.o");

fn locations(map: &LineMap, address: u64) -> Vec<(u32, u32)> {
    map.lookup(address).map(|location| (location.func.0, location.offset)).collect()
}

#[test]
fn maps_every_instruction_to_its_wasm_offset() {
    let map = LineMap::from_elf(OBJECT).expect("the object is readable");
    assert_eq!(locations(&map, 0x0), [(1, 0x31)], "first instruction");
    assert_eq!(locations(&map, 0x12), [(1, 0x31)], "inside the trap instruction");
    assert_eq!(locations(&map, 0x18), [], "padding between the functions");
    assert_eq!(locations(&map, 0x20), [(2, 66)]);
    assert_eq!(locations(&map, 0x25), [(1, 49), (2, 100_000)], "inlined");
    assert_eq!(locations(&map, 0x29), [(1, 0), (2, 100_000)], "line 0 keeps the function and its caller");
    assert_eq!(locations(&map, 0x36), [(2, 0)], "line 0 in the function itself");
    assert_eq!(locations(&map, 0x3b), [(1, 49), (2, 100_000)], "second range of the inlined copy");
    assert_eq!(locations(&map, 0x40), [], "a trampoline is no WebAssembly function");
    assert_eq!(locations(&map, u64::MAX), []);
}

#[test]
fn rows_are_ascending_and_say_what_lookup_says() {
    let map = LineMap::from_elf(OBJECT).expect("the object is readable");
    let starts: Vec<_> = map.rows().map(|row| row.start).collect();
    assert!(starts.is_sorted_by(|a, b| a < b), "{starts:x?}");
    for row in map.rows() {
        assert!(row.frames().eq(map.lookup(row.start)), "row at {:#x}", row.start);
    }
    assert!(map.rows().last().is_some_and(|row| row.innermost.is_none()), "the last row closes the map");
    for (index, frame) in map.frames().iter().enumerate() {
        assert!(frame.caller.is_none_or(|caller| (caller as usize) < index));
    }
}

/// addr2line reads the same DWARF by other code: both must name the same functions and lines at every address.
#[test]
fn agrees_with_addr2line() {
    let linked = relocated(OBJECT);
    let load = |id: gimli::SectionId| {
        let data = linked.iter().find(|(name, _)| name == id.name()).map_or(&[][..], |(_, data)| data);
        Ok::<_, gimli::Error>(gimli::EndianSlice::new(data, gimli::LittleEndian))
    };
    let context = addr2line::Context::from_dwarf(gimli::Dwarf::load(load).expect("loads")).expect("parses");
    let map = LineMap::from_elf(OBJECT).expect("the object is readable");
    for address in 0..0x60 {
        let mut expected = Vec::new();
        let mut frames = context.find_frames(address).skip_all_loads().expect("frames");
        while let Some(frame) = frames.next().expect("a frame") {
            let Some(function) = frame.function else { continue };
            let name = function.raw_name().expect("a name").into_owned();
            expected.push((name, frame.location.and_then(|location| location.line).unwrap_or(0)));
        }
        let got: Vec<_> =
            map.lookup(address).map(|l| (wootz_debuginfo::function_symbol(l.func), l.offset)).collect();
        assert_eq!(got, expected, "at {address:#x}");
    }
}

/// The debug sections of an object whose only section of code starts at address 0: relocations add section offsets.
fn relocated(object: &[u8]) -> Vec<(String, Vec<u8>)> {
    use object::{Object as _, ObjectSection as _};
    let file = object::File::parse(object).expect("an object file");
    let debug = file.sections().filter(|s| s.name().is_ok_and(|name| name.starts_with(".debug_")));
    debug
        .map(|section| {
            let mut data = section.data().expect("bytes").to_vec();
            let map = section.relocation_map().expect("relocations");
            for (offset, relocation) in section.relocations() {
                let value = map.relocate(offset, relocation.addend().cast_unsigned());
                let (start, size) = (offset as usize, usize::from(relocation.size() / 8));
                data[start..start + size].copy_from_slice(&value.to_le_bytes()[..size]);
            }
            (section.name().expect("a name").into(), data)
        })
        .collect()
}

#[test]
fn the_committed_object_is_what_its_source_says() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/inlined.ll");
    for level in ["-O0", "-O1", "-O2"] {
        let output = Command::new("clang-22")
            .args([level, "-fPIC", "-Wno-override-module", "-c", "-o", "/dev/stdout"])
            .arg(&source)
            .output()
            .expect("clang-22 runs; `cargo xtask setup` installs it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let map = LineMap::from_elf(&output.stdout).expect("the object is readable");
        let inlined: Vec<_> = map.rows().filter(|row| row.frames().count() == 2).collect();
        assert!(!inlined.is_empty(), "wasm[1] is inlined at {level}");
        for row in inlined {
            let frames: Vec<_> = row.frames().collect();
            assert_eq!((frames[0].func, frames[1].func), (FuncIndex(1), FuncIndex(2)), "{level}");
            assert_eq!(frames[1].offset, 100_000, "{level}");
        }
    }
}

#[test]
fn says_what_is_wrong_with_a_file() {
    assert!(matches!(LineMap::from_elf(b"\0asm\x01\0\0\0"), Err(Error::Elf(_))));
    assert!(matches!(LineMap::from_elf(&OBJECT[..100]), Err(Error::Elf(_))));
    assert_eq!(LineMap::read(|_| &[]), Ok(LineMap::default()), "no debug information is an empty map");
    let cut = LineMap::read(|name| if name == ".debug_info" { &[0x40, 0, 0, 0, 5, 0] } else { &[] });
    assert!(matches!(cut, Err(Error::Format { section: ".debug_info", .. })), "{cut:?}");
}

#[test]
fn no_single_flipped_bit_makes_it_panic() {
    for bit in 0..OBJECT.len() * 8 {
        let mut bytes = OBJECT.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(map) = LineMap::from_elf(&bytes) {
            map.rows().for_each(|row| assert!(row.frames().count() <= map.frames().len()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn corrupt_files_never_make_it_panic(
        edits in prop::collection::vec((0..OBJECT.len(), any::<u8>()), 1..40),
        len in prop_oneof![Just(OBJECT.len()), 0..OBJECT.len()],
    ) {
        let mut bytes = OBJECT.to_vec();
        for (at, value) in edits {
            bytes[at] = value;
        }
        bytes.truncate(len);
        if let Ok(map) = LineMap::from_elf(&bytes) {
            prop_assert!(map.rows().map(|row| row.start).is_sorted());
        }
    }

    #[test]
    fn corrupt_sections_never_make_it_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let mut sections = relocated(OBJECT);
        for (section, at, value) in edits {
            let section = section.index(sections.len());
            let (_, data) = &mut sections[section];
            let at = at.index(data.len().max(1));
            if let Some(byte) = data.get_mut(at) {
                *byte = value;
            }
        }
        let map = LineMap::read(|name| sections.iter().find(|(n, _)| n == name).map_or(&[], |(_, data)| data));
        if let Ok(map) = map {
            prop_assert!(map.rows().map(|row| row.start).is_sorted());
        }
    }

    #[test]
    fn corrupt_unwind_information_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), address: u64) {
        let _ = wootz_debuginfo::unwind::entries(&bytes, address);
    }
}
