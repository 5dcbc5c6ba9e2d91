//! Modules through the whole compiler: what real code asks of the linker, and what its image says of it.

use std::collections::BTreeSet;
use std::process::Command;

use object::{Object as _, ObjectSection as _, RelocationFlags, elf};
use wootz_codegen_llvm::{CompileOptions, Cpu, OptLevel, compile_image, compile_object};
use wootz_debuginfo::LineMap;
use wootz_vm_abi::addrmap;
use wootz_vm_abi::image;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::{FuncIndex, Module};

use crate::support::Image;

/// Function 0 is imported. 1 divides; 2 calls it, so that it may be inlined; 3 has a jump table; 4 has float constants
/// and library calls; 5 calls through a table and an import; 6 copies memory.
const MODULE: &str = r#"(module
  (import "host" "f" (func (param i32) (result i32)))
  (memory 1)
  (table 2 funcref)
  (elem (i32.const 0) 1 2)
  (data (i32.const 8) "hello")
  (data "passive")
  (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1000) (local.get 0)))
  (func (param i32) (result i32) (i32.add (call 1 (i32.load (local.get 0))) (i32.const 3)))
  (func (export "switch") (param i32 i32) (result i32)
    (block (block (block (block (block (block (local.get 0) (br_table 0 1 2 3 4 5)
      ) (return (call 1 (local.get 1)))
      ) (i32.store (local.get 1) (local.get 0))
      ) (return (call 0 (local.get 1)))
      ) (return (i32.mul (local.get 1) (local.get 1)))
      ) unreachable
      ) (i32.const 77))
  (func (export "float") (param f64 f32) (result f64)
    (f64.add (f64.ceil (f64.mul (local.get 0) (f64.const 3.25)))
             (f64.promote_f32 (f32.nearest (f32.neg (local.get 1))))))
  (func (export "call") (param i32) (result i32)
    (call_indirect (param i32) (result i32) (call 0 (local.get 0)) (local.get 0)))
  (func (export "copy") (param i32 i32)
    (memory.copy (local.get 0) (local.get 1) (i32.const 64))
    (memory.init 1 (local.get 0) (i32.const 0) (i32.const 7))))"#;

const LEVELS: [OptLevel; 2] = [OptLevel::O0, OptLevel::O2];

fn options(opt: OptLevel) -> CompileOptions {
    // Without SSE4.1 roundings are library calls.
    CompileOptions { opt, cpu: Cpu::Baseline, verify: true, ..CompileOptions::default() }
}

fn module() -> Module {
    Module::new(MODULE.as_bytes()).expect("a valid module")
}

#[test]
fn loaded_sections_have_only_distances_to_relocate() {
    for level in LEVELS {
        let object = compile_object(&module(), &options(level)).expect("compiles");
        let file = object::File::parse(&*object).expect("an object");
        let mut types = BTreeSet::new();
        for section in file.sections().filter(|s| s.name().is_ok_and(|name| !name.starts_with(".debug_"))) {
            for (_, relocation) in section.relocations() {
                if let RelocationFlags::Elf { r_type } = relocation.flags() {
                    types.insert(r_type.0);
                }
            }
        }
        let expected = BTreeSet::from([elf::R_X86_64_PC32.0, elf::R_X86_64_PLT32.0]);
        assert_eq!(types, expected, "at {level:?}");
    }
}

#[test]
fn binutils_read_the_image_without_complaint() {
    for level in LEVELS {
        let image = compile_image(&module(), &options(level)).expect("compiles");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("module.image");
        std::fs::write(&path, image).expect("writes");
        for (tool, arguments) in [("readelf", &["-aW", "--debug-dump"][..]), ("objdump", &["-d"])] {
            let output =
                Command::new(tool).args(arguments).arg(&path).output().expect("binutils are installed");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && errors.is_empty(), "{tool} at {level:?}: {errors}");
        }
    }
}

#[test]
fn the_image_says_what_the_module_says() {
    let module = module();
    for level in LEVELS {
        let bytes = compile_image(&module, &options(level)).expect("compiles");
        assert_eq!(bytes, compile_image(&module, &options(level)).expect("compiles"), "the same bytes again");
        let image = Image::read(&bytes);
        assert_eq!(&image.info.declarations, &**module.declarations());
        assert_eq!(image.info.functions.len(), 6);
        assert_eq!(image.info.memory_plans.len(), 1);
        assert_eq!(image.info.libcalls, ["ceil", "nearbyintf"].map(String::from), "at {level:?}");
        assert_eq!(image.section(image::DATA).1, b"hellopassive");
        assert_eq!(image.info.data, [0..5, 5..12]);
        let unary = image.info.declarations.functions[FuncIndex(1)].ty.0 as usize;
        assert!(image.info.host_entries[unary].is_some() && image.info.host_exits[unary].is_some());
    }
}

#[test]
fn every_trap_instruction_has_its_function_and_offset() {
    let module = module();
    for level in LEVELS {
        let bytes = compile_image(&module, &options(level)).expect("compiles");
        let image = Image::read(&bytes);
        let (text, code) = image.section(image::TEXT);
        let map = image.section(image::ADDRMAP).1;
        let lines = LineMap::from_elf(&bytes).expect("readable debug information");
        let mut found = BTreeSet::new();
        for (index, range) in image.info.functions.iter().enumerate() {
            let func = FuncIndex(index as u32 + 1);
            for offset in range.clone() {
                let frames = addrmap::lookup(map, offset, |_| true);
                let frames: Vec<_> = frames.iter().map(|frame| (frame.func, frame.offset)).collect();
                assert_eq!(
                    frames.last().map(|frame| frame.0),
                    Some(func),
                    "{func} at {offset:#x}, {level:?}"
                );
                let expected = lines.lookup(text + u64::from(offset)).map(|l| (l.func, l.offset));
                assert!(expected.eq(frames.iter().copied()), "{func} at {offset:#x}, {level:?}");

                let at = offset as usize;
                let [0x67, 0x0f, 0xb9, 0x40, code] = code[at..(at + 5).min(code.len())] else { continue };
                let Some(code) = TrapCode::from_byte(code) else { continue };
                let (func, place) = frames[0];
                let body = module.body_range(func).expect("a defined function");
                assert!(body.contains(&place), "{code:?} in {func} is at {place:#x}, {level:?}");
                found.insert(code as u8);
            }
        }
        for code in [TrapCode::IntegerDivideByZero, TrapCode::Unreachable, TrapCode::IndirectCallTypeMismatch]
        {
            assert!(found.contains(&(code as u8)), "{code:?} at {level:?}");
        }
    }
}
