//! Traps: their codes and backtraces, in every check strategy and at every level; recursion; use after a trap.

use std::iter::once;

use wootz::{CheckStrategy, Config, Engine, Instance, Module, OptLevel, Store, TrapCode, TrapPrecision};

const TRAPS: &str = r#"
    (module $traps
      (memory (export "memory") 1)
      (table 3 funcref)
      (type $void (func))
      (elem (i32.const 1) $wrong)
      (func $wrong (param i32))
      (func (export "unreachable") unreachable)
      (func (export "load") (drop (i32.load (i32.const 65533))))
      (func (export "store") (i64.store offset=0xffffffff (i32.const -1) (i64.const 0)))
      (func (export "fill") (memory.fill (i32.const 65535) (i32.const 0) (i32.const 2)))
      (func (export "table") (drop (table.get 0 (i32.const 3))))
      (func (export "past") (call_indirect (type $void) (i32.const 3)))
      (func (export "null") (call_indirect (type $void) (i32.const 0)))
      (func (export "type") (call_indirect (type $void) (i32.const 1)))
      (func (export "zero") (drop (i32.rem_u (i32.const 1) (i32.const 0))))
      (func (export "overflow") (drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1))))
      (func (export "range") (drop (i32.trunc_f64_s (f64.const 3e9))))
      (func (export "nan") (drop (i64.trunc_f32_u (f32.const nan))))
      (func $forever (export "forever") (call $forever)))"#;

const CODES: &[(&str, TrapCode)] = &[
    ("unreachable", TrapCode::Unreachable),
    ("load", TrapCode::MemoryOutOfBounds),
    ("store", TrapCode::MemoryOutOfBounds),
    ("fill", TrapCode::MemoryOutOfBounds),
    ("table", TrapCode::TableOutOfBounds),
    ("past", TrapCode::UndefinedElement),
    ("null", TrapCode::UninitializedElement),
    ("type", TrapCode::IndirectCallTypeMismatch),
    ("zero", TrapCode::IntegerDivideByZero),
    ("overflow", TrapCode::IntegerOverflow),
    ("range", TrapCode::IntegerOverflow),
    ("nan", TrapCode::InvalidConversionToInteger),
    ("forever", TrapCode::StackExhausted),
];

#[test]
fn every_trap_has_its_code_and_frame_in_every_mode() {
    for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
        for level in [OptLevel::O0, OptLevel::O2] {
            let engine = Engine::new(&Config::new().checks(checks).opt_level(level));
            let module = Module::new(&engine, TRAPS).unwrap();
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            for (name, code) in CODES {
                let error = crate::call(&mut store, instance, name).unwrap_err();
                let trap = error.trap().unwrap_or_else(|| panic!("{name}: {error}"));
                assert_eq!(trap.code, *code, "{name} {checks:?} {level:?}");
                let frame = &trap.frames[0];
                assert_eq!(frame.name.as_deref(), Some(*name), "{checks:?} {level:?}");
                assert_eq!(frame.module.as_deref(), Some("traps"));
                assert_eq!(Some(frame.func), module.exported_function(name));
                assert_ne!(frame.offset, 0, "{name} {checks:?} {level:?}");
            }
        }
    }
}

#[test]
fn a_backtrace_has_every_frame_across_instances() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let inner = r#"(module $inner (func $fail (export "fail") (param i32)
        (if (local.get 0) (then unreachable))))"#;
    let outer = r#"(module $outer (import "inner" "fail" (func $fail (param i32)))
        (func $middle (param i32) (call $fail (local.get 0)))
        (func (export "run") (call $middle (i32.const 1))))"#;
    let inner = Instance::new(&mut store, &Module::new(&engine, inner).unwrap(), &[]).unwrap();
    let fail = inner.get_func(&store, "fail").unwrap();
    let outer = Instance::new(&mut store, &Module::new(&engine, outer).unwrap(), &[fail.into()]).unwrap();
    let error = crate::call(&mut store, outer, "run").unwrap_err();
    let frames: Vec<_> = error
        .frames()
        .iter()
        .map(|frame| format!("{}!{}", frame.module.as_deref().unwrap(), frame.name.as_deref().unwrap()))
        .collect();
    assert_eq!(frames, ["inner!fail", "outer!middle", "outer!run"]);
    let text = error.to_string();
    assert!(text.starts_with("unreachable\n  0: inner!fail (wasm[0]) at offset 0x"), "{text}");
}

/// A module large enough to be compiled in parts: calls from part to part, and frames of inlined calls.
#[test]
fn a_backtrace_has_every_frame_across_the_parts_of_a_module() {
    let filler = "(i64.store (local.get 0) (i64.rotl (i64.load (local.get 0)) (i64.const 7)))".repeat(600);
    let step = |n| {
        format!(
            r#"(func $f{n} (param i32)
              (if (local.get 0) (then {filler}))
              (call $f{} (i32.const 0)))"#,
            n + 1
        )
    };
    let steps: String = (0..12).map(step).collect();
    let text = format!(
        r#"(module $large (memory 1) (func (export "run") (call $f0 (i32.const 0)))
          {steps} (func $f12 (param i32) (call $div (i32.const 1) (local.get 0)))
          (func $div (param i32 i32) (drop (i32.div_u (local.get 0) (local.get 1)))))"#
    );
    for level in [OptLevel::O0, OptLevel::O2] {
        let engine = Engine::new(&Config::new().opt_level(level));
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &Module::new(&engine, &text).unwrap(), &[]).unwrap();
        let error = crate::call(&mut store, instance, "run").unwrap_err();
        let names: Vec<_> = error.frames().iter().map(|frame| frame.name.as_deref().unwrap()).collect();
        let steps = (0..=12).rev().map(|n| format!("f{n}"));
        let expected: Vec<_> = once("div".to_owned()).chain(steps).chain(once("run".to_owned())).collect();
        assert_eq!(names, expected, "{level:?}: {error}");
        assert!(error.frames().iter().all(|frame| frame.offset != 0), "{error}");
    }
}

#[test]
fn a_store_is_usable_after_a_trap_and_effects_before_it_stay() {
    let (mut store, instance) = crate::instance(
        r#"(module (memory (export "m") 1) (global (export "g") (mut i32) (i32.const 0))
            (func (export "run") (i32.store (i32.const 0) (i32.const 7)) (global.set 0 (i32.const 8)) unreachable)
            (func (export "ok") (result i32) (i32.add (i32.load (i32.const 0)) (global.get 0))))"#,
    );
    for _ in 0..1000 {
        crate::call(&mut store, instance, "run").unwrap_err();
    }
    let ok = instance.get_typed_func::<(), i32>(&store, "ok").unwrap();
    assert_eq!(ok.call(&mut store, ()).unwrap(), 15);
}

#[test]
fn deep_recursion_traps_where_the_limit_says() {
    let depth = |bytes: usize| {
        let engine = Engine::new(&Config::new().max_wasm_stack(bytes));
        let module = Module::new(
            &engine,
            r#"(module (global $depth (export "depth") (mut i32) (i32.const 0))
                (func $down (export "down") (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
                  (call $down) (global.set $depth (global.get $depth))))"#,
        )
        .unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let error = crate::call(&mut store, instance, "down").unwrap_err();
        let trap = error.trap().unwrap();
        assert_eq!(trap.code, TrapCode::StackExhausted);
        assert!(trap.frames.len() <= 100 && trap.omitted > 0, "a long backtrace is cut");
        instance.get_global(&store, "depth").unwrap().get(&store).unwrap_i32()
    };
    let (small, large) = (depth(64 << 10), depth(512 << 10));
    assert!(small > 100 && large > 4 * small, "{small} {large}");
}

#[test]
fn a_large_stack_wants_a_thread_made_for_it() {
    let run = || {
        let engine = Engine::new(&Config::new().max_wasm_stack(64 << 20));
        let wat = r#"(module (func $sum (export "sum") (param i64) (result i64)
            (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))
              (else (i64.add (local.get 0) (call $sum (i64.sub (local.get 0) (i64.const 1))))))))"#;
        let engine = Engine::new(&engine.config().clone().opt_level(OptLevel::O0));
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &Module::new(&engine, wat).unwrap(), &[]).unwrap();
        let sum = instance.get_typed_func::<i64, i64>(&store, "sum").unwrap();
        sum.call(&mut store, 200_000)
    };
    let small = std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
    assert_eq!(
        small.unwrap_err().trap().unwrap().code,
        TrapCode::StackExhausted,
        "the thread's stack ends first"
    );
    let large = std::thread::Builder::new().stack_size(72 << 20).spawn(run).unwrap().join().unwrap();
    assert_eq!(large.unwrap(), 20_000_100_000);
}

#[test]
fn endless_recursion_through_the_host_traps() {
    let engine = Engine::default();
    let mut linker = wootz::Linker::new(&engine);
    linker
        .func_wrap("h", "again", |mut caller: wootz::Caller<'_, u32>| -> Result<(), wootz::Error> {
            *caller.data_mut() += 1;
            let run = caller.get_export("run").and_then(wootz::Extern::into_func).unwrap();
            run.call(&mut caller, &[]).map(drop)
        })
        .unwrap();
    let wat = r#"(module (import "h" "again" (func $again)) (func (export "run") (call $again)))"#;
    let mut store = Store::new(&engine, 0);
    let instance = linker.instantiate(&mut store, &Module::new(&engine, wat).unwrap()).unwrap();
    let error = crate::call(&mut store, instance, "run").unwrap_err();
    assert_eq!(error.trap().unwrap().code, TrapCode::StackExhausted);
    assert!(*store.data() > 10);
}

/// Loops over every other number up to the last bytes of a memory: what a vectorised loop reads beside them is not there, and nobody may notice.
#[test]
fn loops_up_to_the_end_read_nothing_behind_it() {
    let text = r#"(module (memory (export "m") 1 1)
        (func (export "checked") (param $p i32) (param $q i32) (param $n i32) (result i64) (local $i i32) (local $sum i64)
            (loop $next
                (local.set $sum (i64.add (local.get $sum)
                    (i64.load16_u (i32.add (local.get $p) (i32.shl (local.get $i) (i32.const 3))))))
                (local.set $sum (i64.add (local.get $sum)
                    (i64.load32_u (i32.add (local.get $q) (i32.shl (local.get $i) (i32.const 2))))))
                (br_if $next (i32.le_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
            (local.get $sum))
        (func (export "amid") (param $p i32) (param $q i32) (param $n i32) (result i64) (local $i i32) (local $sum i64)
            (block $out (loop $next
                (local.set $sum (i64.add (local.get $sum)
                    (i64.load32_u (i32.add (local.get $p) (i32.shl (local.get $i) (i32.const 3))))))
                (br_if $out (i32.eq (local.get $i) (local.get $n)))
                (local.set $sum (i64.add (local.get $sum)
                    (i64.load32_u (i32.add (local.get $q) (i32.shl (local.get $i) (i32.const 3))))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $next)))
            (local.get $sum)))"#;
    for (checks, level) in [CheckStrategy::Guard, CheckStrategy::Explicit].into_iter().flat_map(|checks| {
        [OptLevel::O0, OptLevel::O1, OptLevel::O2, OptLevel::O3].map(|level| (checks, level))
    }) {
        let engine = Engine::new(&Config::new().checks(checks).opt_level(level));
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let memory = instance.get_memory(&store, "m").unwrap();
        memory.data_mut(&mut store).fill(1);
        let run = |store: &mut Store<()>, name: &str, arguments| {
            let func = instance.get_typed_func::<(i32, i32, i32), i64>(&mut *store, name).unwrap();
            func.call(store, arguments)
        };
        // The last number ends as many bytes before the memory does.
        for before in (0..64).step_by(2) {
            for count in [8, 16, 33, 64, 200] {
                let p = 65_536 - 8 * (count - 1) - before;
                let sum = run(&mut store, "checked", (p - 2, 0, count - 1)).unwrap();
                assert_eq!(sum, i64::from(count) * (0x101 + 0x0101_0101), "{checks:?} {level:?}");
                let error = run(&mut store, "checked", (p - 2, 0, count + 8)).unwrap_err();
                assert_eq!(error.trap().map(|trap| trap.code), Some(TrapCode::MemoryOutOfBounds));
                let sum = run(&mut store, "amid", (0, p - 4, count)).unwrap();
                assert_eq!(sum, i64::from(2 * count + 1) * 0x0101_0101, "{checks:?} {level:?}");
            }
        }
    }
}

/// Loops whose test never ends them, so that LLVM takes it away and all that was said of the loop on its branch: the last number that is read
/// ends where the memory does.
#[test]
fn loops_that_always_end_early_read_nothing_behind_the_memory() {
    let body = |leave: &str| {
        format!(
            r#"(local $i i32)
            (block $out (loop $next
                {leave}
                (f64.store (i32.shl (local.get $i) (i32.const 3))
                    (f64.load (i32.add (i32.const {first}) (i32.shl (local.get $i) (i32.const 4)))))
                (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000)))))"#,
            first = 65_536 - 8 - 16 * 255,
        )
    };
    let text = format!(
        r#"(module (memory (export "m") 1 1)
          (func (export "traps") {}) (func (export "leaves") {}))"#,
        body(""),
        body("(br_if $out (i32.eq (local.get $i) (i32.const 256)))"),
    );
    for (checks, level) in [CheckStrategy::Guard, CheckStrategy::Explicit].into_iter().flat_map(|checks| {
        [OptLevel::O0, OptLevel::O1, OptLevel::O2, OptLevel::O3].map(|level| (checks, level))
    }) {
        let exact = Config::new().checks(checks).opt_level(level);
        let relaxed = exact.clone().trap_precision(TrapPrecision::Relaxed);
        for (config, is_exact) in [(exact.clone(), true), (relaxed, false), (exact.fuel(1 << 40), true)] {
            let engine = Engine::new(&config);
            let module = Module::new(&engine, &text).unwrap();
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let memory = instance.get_memory(&store, "m").unwrap();
            for name in ["traps", "leaves"] {
                memory.data_mut(&mut store).fill(0);
                memory.data_mut(&mut store)[60_000..].fill(1);
                let func = instance.get_typed_func::<(), ()>(&store, name).unwrap();
                match func.call(&mut store, ()) {
                    Ok(()) => assert_eq!(name, "leaves"),
                    Err(error) => {
                        assert_eq!(error.trap().map(|trap| trap.code), Some(TrapCode::MemoryOutOfBounds));
                        assert_eq!(name, "traps");
                    }
                }
                if name == "traps" && !is_exact {
                    continue;
                }
                let data = memory.data(&store);
                assert!(data[..2048].iter().all(|byte| *byte == 1), "{name} {checks:?} {level:?}");
                assert!(data[2048..60_000].iter().all(|byte| *byte == 0), "{name} {checks:?} {level:?}");
            }
        }
    }
}
