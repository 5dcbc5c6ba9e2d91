//! Every trap, by code, message and frames; traps by the million.

use wootz_runtime::{TrapCode, Val};

use super::{MODES, USUAL, alone, call, func, names, trap_a_million_times};

/// One export for each way to trap.
const TRAPS: &str = r#"(module $traps
    (type $nothing (func))
    (type $binary (func (param i32 i32) (result i32)))
    (memory 1 2)
    (table $table 4 funcref)
    (elem (i32.const 1) $other)
    (data $data "wootz")
    (elem $elem func $other)
    (func $other)
    (func (export "unreachable") unreachable)
    (func (export "load-at-the-end") (drop (i32.load8_u (i32.const 65536))))
    (func (export "load-across-the-end") (drop (i64.load (i32.const 65529))))
    (func (export "load-far") (drop (i32.load offset=4294967295 (i32.const -1))))
    (func (export "store-behind-offset") (i64.store offset=65529 (i32.const 0) (i64.const 1)))
    (func (export "store-in-guard") (i32.store offset=2147483647 (i32.const 0x7fffffff) (i32.const 1)))
    (func (export "store-past-guard") (i32.store offset=2147483648 (i32.const -8) (i32.const 1)))
    (func (export "memory.fill") (memory.fill (i32.const 65530) (i32.const 1) (i32.const 7)))
    (func (export "memory.copy") (memory.copy (i32.const 0) (i32.const 65530) (i32.const 7)))
    (func (export "memory.init") (memory.init $data (i32.const 0) (i32.const 3) (i32.const 3)))
    (func (export "memory.init-dropped")
      (data.drop $data) (memory.init $data (i32.const 0) (i32.const 0) (i32.const 1)))
    (func (export "table.get") (drop (table.get (i32.const 4))))
    (func (export "table.set") (table.set (i32.const -1) (ref.null func)))
    (func (export "table.fill") (table.fill (i32.const 3) (ref.null func) (i32.const 2)))
    (func (export "table.copy") (table.copy (i32.const 3) (i32.const 0) (i32.const 2)))
    (func (export "table.init") (table.init $elem (i32.const 0) (i32.const 0) (i32.const 2)))
    (func (export "call_indirect-past-end") (call_indirect (type $nothing) (i32.const 4)))
    (func (export "call_indirect-null") (call_indirect (type $nothing) (i32.const 0)))
    (func (export "call_indirect-other-type")
      (drop (call_indirect (type $binary) (i32.const 1) (i32.const 1) (i32.const 1))))
    (func (export "i32.div_s-zero") (drop (call $div (i32.const 1) (i32.const 0))))
    (func $div (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "i64.rem_u-zero") (drop (i64.rem_u (i64.const 1) (i64.const 0))))
    (func (export "i32.div_s-overflow") (drop (call $div (i32.const 0x80000000) (i32.const -1))))
    (func (export "i32.trunc-large") (drop (i32.trunc_f32_s (f32.const 3e9))))
    (func (export "i64.trunc-nan") (drop (i64.trunc_f64_u (f64.const nan))))
    (func (export "ref.as_non_null") (drop (ref.as_non_null (ref.null func))))
    (func (export "call_ref-null") (call_ref $nothing (ref.null $nothing)))
    (func (export "atomic-unaligned") (drop (i32.atomic.load (i32.const 1))))
    (func (export "wait-unaligned") (drop (memory.atomic.wait64 (i32.const 4) (i64.const 0) (i64.const 0))))
    (func (export "wait-not-shared") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0))))
    (func $recurse (export "recurse") (call $recurse))
    (func $deep (export "deep") (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0))
        (then (i32.div_u (i32.const 1) (local.get 0)))
        (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
    (func (export "fine") (result i32) (i32.const 42)))"#;

const CASES: &[(&str, TrapCode)] = {
    use TrapCode::*;
    &[
        ("unreachable", Unreachable),
        ("load-at-the-end", MemoryOutOfBounds),
        ("load-across-the-end", MemoryOutOfBounds),
        ("load-far", MemoryOutOfBounds),
        ("store-behind-offset", MemoryOutOfBounds),
        ("store-in-guard", MemoryOutOfBounds),
        ("store-past-guard", MemoryOutOfBounds),
        ("memory.fill", MemoryOutOfBounds),
        ("memory.copy", MemoryOutOfBounds),
        ("memory.init", MemoryOutOfBounds),
        ("memory.init-dropped", MemoryOutOfBounds),
        ("table.get", TableOutOfBounds),
        ("table.set", TableOutOfBounds),
        ("table.fill", TableOutOfBounds),
        ("table.copy", TableOutOfBounds),
        ("table.init", TableOutOfBounds),
        ("call_indirect-past-end", UndefinedElement),
        ("call_indirect-null", UninitializedElement),
        ("call_indirect-other-type", IndirectCallTypeMismatch),
        ("i32.div_s-zero", IntegerDivideByZero),
        ("i64.rem_u-zero", IntegerDivideByZero),
        ("i32.div_s-overflow", IntegerOverflow),
        ("i32.trunc-large", IntegerOverflow),
        ("i64.trunc-nan", InvalidConversionToInteger),
        ("recurse", StackExhausted),
        ("ref.as_non_null", NullReference),
        ("call_ref-null", NullFunctionReference),
        ("atomic-unaligned", UnalignedAtomic),
        ("wait-unaligned", UnalignedAtomic),
        ("wait-not-shared", ExpectedSharedMemory),
    ]
};

/// The codes that take more than a module: `interrupts.rs` and `api/fuel.rs` have them, and nobody ever sees the last one.
const ELSEWHERE: [TrapCode; 3] = [TrapCode::Interrupted, TrapCode::OutOfFuel, TrapCode::Pending];

#[test]
fn every_code_has_a_case() {
    for &code in TrapCode::ALL {
        let is_here = CASES.iter().any(|(_, known)| *known == code);
        assert_ne!(is_here, ELSEWHERE.contains(&code), "{code:?}");
    }
}

#[test]
fn every_trap_has_its_code_and_its_frame() {
    for mode in MODES {
        let (mut store, instance) = mode.instantiate(TRAPS, &[]);
        for &(name, code) in CASES {
            let error = call(&mut store, instance, name, &[]).unwrap_err();
            assert_eq!(error.trap_code(), Some(code), "{mode:?} {name}: {error}");
            assert!(error.to_string().starts_with(code.message()), "{error}");
            let outermost =
                error.as_trap().filter(|trap| trap.omitted == 0).and_then(|trap| trap.frames.last());
            if code != TrapCode::StackExhausted {
                let outermost = outermost.unwrap_or_else(|| panic!("{mode:?} {name} has no frames"));
                assert_eq!(outermost.name.as_deref(), Some(name), "{mode:?}: {error}");
                assert_eq!(outermost.module.as_deref(), Some("traps"));
                assert!(outermost.offset > 0, "{mode:?}: {error}");
            }
            assert_eq!(
                call(&mut store, instance, "fine", &[]).unwrap(),
                [Val::I32(42)],
                "{mode:?} after {name}"
            );
        }
    }
}

#[test]
fn offsets_point_at_the_instruction() {
    let wat = r#"(module (func (export "f") (param i32) (result i32)
        nop nop (i32.div_u (i32.const 1) (local.get 0))))"#;
    let module = wootz_wasm_ir::Module::new(wat.as_bytes()).unwrap();
    // i32.div_u is the byte 0x6e, once in this module.
    let expected = module.bytes().iter().rposition(|byte| *byte == 0x6e).unwrap() as u32;
    for mode in MODES {
        let (mut store, instance) = mode.instantiate(wat, &[]);
        let error = call(&mut store, instance, "f", &[Val::I32(0)]).unwrap_err();
        assert_eq!(error.as_trap().unwrap().frames[0].offset, expected, "{mode:?}: {error}");
    }
}

#[test]
fn a_deep_stack_is_walked_and_cut() {
    for mode in MODES {
        let (mut store, instance) = mode.instantiate(TRAPS, &[]);
        let error = call(&mut store, instance, "deep", &[Val::I32(3)]).unwrap_err();
        // Optimised code may have turned the recursion into a loop.
        let frames = names(&error).len();
        assert!(frames == 4 || mode.opt != wootz_codegen_llvm::OptLevel::O0, "{mode:?}: {error}");
        let error = call(&mut store, instance, "deep", &[Val::I32(1000)]).unwrap_err();
        let trap = error.as_trap().unwrap();
        assert_eq!(trap.code, TrapCode::IntegerDivideByZero, "{mode:?}: {error}");
        if mode.opt == wootz_codegen_llvm::OptLevel::O0 {
            assert_eq!((trap.frames.len(), trap.omitted), (100, 901), "{mode:?}");
            assert!(error.to_string().ends_with("… and 901 more"), "{error}");
        }
    }
}

#[test]
fn effects_before_a_trap_stay_and_none_after_it() {
    let wat = r#"(module (memory (export "memory") 1)
        (func (export "f") (param i32)
          (i32.store (i32.const 0) (i32.const 1))
          (i32.store (local.get 0) (i32.const 2))
          (i32.store (i32.const 4) (i32.const 3))))"#;
    for mode in MODES {
        let (mut store, instance) = mode.instantiate(wat, &[]);
        let error = call(&mut store, instance, "f", &[Val::I32(-1)]).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::MemoryOutOfBounds));
        let memory = instance.export(&store, "memory").unwrap().into_memory().unwrap();
        assert_eq!(memory.data(&store)[..8], [1, 0, 0, 0, 0, 0, 0, 0], "{mode:?}");
    }
}

#[test]
fn a_million_traps_in_a_row() {
    if !alone("traps::a_million_traps_in_a_row") {
        return;
    }
    let (mut store, instance) = USUAL.instantiate(TRAPS, &[]);
    let trap = func(&store, instance, "load-at-the-end");
    trap_a_million_times(&mut store, &trap, TrapCode::MemoryOutOfBounds);
}

#[test]
fn floating_point_control_survives_a_trap() {
    let (mut store, instance) = USUAL.instantiate(TRAPS, &[]);
    call(&mut store, instance, "unreachable", &[]).unwrap_err();
    // A changed rounding mode or flush-to-zero would show here.
    assert_eq!(std::hint::black_box(1.0f64) / std::hint::black_box(3.0), 1.0 / 3.0);
    assert!(std::hint::black_box(f64::MIN_POSITIVE) / std::hint::black_box(2.0) > 0.0);
    assert_eq!(std::hint::black_box(2.5f64).round_ties_even(), 2.0);
}
