//! Listings: every function with both of its forms, offsets of its instructions, and where it checks and traps.

use wootz_codegen_llvm::{CompileOptions, Cpu, Line, Listing, Machine, Mark, OptLevel, list};
use wootz_vm_abi::plan::CheckStrategy;
use wootz_vm_abi::trap::TrapCode;
use wootz_wasm_ir::{FuncIndex, Module};

const TEXT: &str = r#"(module
  (import "host" "log" (func $log (param i32)))
  (memory 1)
  (func $load (export "load") (param i32) (result i32) (i32.load offset=70000 (local.get 0)))
  (func (export "divide") (param i32 i32) (result i32)
    (call $log (local.get 0))
    (i32.div_u (call $load (local.get 0)) (local.get 1))))"#;

fn listings(machine: Machine, opt: OptLevel, checks: CheckStrategy) -> (Module, Vec<Listing>) {
    let module = Module::new(TEXT.as_bytes()).unwrap();
    let options = CompileOptions {
        machine,
        opt,
        checks,
        cpu: Cpu::Baseline,
        verify: true,
        ..CompileOptions::default()
    };
    let listings = list(&module, &options).unwrap();
    (module, listings)
}

fn marks(lines: &[Line]) -> Vec<Mark> {
    lines.iter().filter_map(|line| line.mark).collect()
}

/// Offset of the last instruction of a function's body with this opcode.
fn instruction(module: &Module, func: FuncIndex, opcode: u8) -> u32 {
    let body = module.body_range(func).unwrap();
    let bytes = &module.bytes()[body.start as usize..body.end as usize];
    body.start + bytes.iter().rposition(|byte| *byte == opcode).unwrap() as u32
}

#[test]
fn checks_and_traps_are_marked_with_their_codes_on_both_machines() {
    for machine in [Machine::X86_64, Machine::Aarch64] {
        for opt in [OptLevel::O0, OptLevel::O2] {
            let (module, listings) = listings(machine, opt, CheckStrategy::Explicit);
            let funcs: Vec<_> = listings.iter().map(|listing| listing.func).collect();
            assert_eq!(funcs, [FuncIndex(1), FuncIndex(2)]);
            let division = instruction(&module, FuncIndex(2), 0x6e);
            for lines in [&listings[1].llvm_ir, &listings[1].assembly] {
                let found = |mark| lines.iter().find(|line| line.mark == Some(mark)).cloned();
                for code in [TrapCode::StackExhausted, TrapCode::IntegerDivideByZero] {
                    assert!(found(Mark::Check(code)).is_some(), "{machine} {opt:?} {code:?} {lines:#?}");
                }
                let trap = found(Mark::Trap(TrapCode::IntegerDivideByZero)).unwrap();
                assert_eq!(trap.offset, Some(division), "{machine} {opt:?}");
            }
            let load = instruction(&module, FuncIndex(1), 0x28);
            for lines in [&listings[0].llvm_ir, &listings[0].assembly] {
                let marks = marks(lines);
                assert!(
                    marks.contains(&Mark::Check(TrapCode::MemoryOutOfBounds)),
                    "{machine} {opt:?} {marks:?}"
                );
                assert!(lines.iter().any(|line| line.offset == Some(load)), "{machine} {opt:?}");
            }
        }
    }
}

#[test]
fn guarded_accesses_are_volatile_and_an_inlined_one_has_its_own_offset() {
    let (module, listings) = listings(Machine::X86_64, OptLevel::O2, CheckStrategy::Guard);
    let load = instruction(&module, FuncIndex(1), 0x28);
    for listing in &listings {
        let volatile: Vec<_> =
            listing.llvm_ir.iter().filter(|line| line.mark == Some(Mark::Volatile)).collect();
        assert_eq!(volatile.len(), 1, "{:#?}", listing.llvm_ir);
        assert_eq!(volatile[0].offset, Some(load));
    }
}

#[test]
fn lines_have_no_metadata_and_no_directives() {
    let (_, listings) = listings(Machine::X86_64, OptLevel::O0, CheckStrategy::Guard);
    for listing in listings {
        assert!(listing.llvm_ir[0].text.starts_with("define "), "{:?}", listing.llvm_ir[0]);
        assert_eq!(listing.llvm_ir.last().unwrap().text, "}");
        assert!(listing.llvm_ir.iter().all(|line| !line.text.contains('!')), "{:#?}", listing.llvm_ir);
        assert_eq!(listing.assembly[0].text, format!("\"wasm[{}]\":", listing.func.0));
        let is_directive = |line: &Line| line.text.trim().starts_with('.') && !line.text.ends_with(':');
        assert!(!listing.assembly.iter().any(is_directive), "{:#?}", listing.assembly);
    }
}
