//! Calls of every kind to functions that have no code yet.

use wootz::{Caller, Error, Func, Instance, Linker, Module, Store, TrapCode, Val};

use super::{compiled, engine, instance};

#[test]
fn only_what_is_called_is_compiled() {
    let (module, mut store, instance) = instance(
        r#"(module
            (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
            (func (export "fourfold") (param i32) (result i32)
              (call 0 (call 0 (local.get 0))))
            (func (export "never") (unreachable)))"#,
    );
    assert_eq!(compiled(&module), [0, 0]);
    let fourfold = instance.get_typed_func::<i32, i32>(&store, "fourfold").unwrap();
    assert_eq!(fourfold.call(&mut store, 10).unwrap(), 40);
    assert_eq!(compiled(&module), [2, 0]);
    assert_eq!(fourfold.call(&mut store, 11).unwrap(), 44);
    assert_eq!(compiled(&module), [2, 0]);
}

/// What makes the baseline compiler leave a function to LLVM.
const LEFT_TO_LLVM: &str =
    "(drop (f32x4.relaxed_madd (v128.const i64x2 0 0) (v128.const i64x2 0 0) (v128.const i64x2 0 0)))";

#[test]
fn code_of_both_compilers_calls_each_other() {
    let signature = "(param i64 i32 f32 i64 v128 i64 i64 i64 v128 f64 f64 f64 f64 f64 f64 v128 v128 i32)
        (result i64 f64 i64 i32 v128)";
    let sum = |name: &str, extra: &str| {
        format!(
            "(func ${name} {signature} {extra}
              (i64.add (i64.add (i64.mul (local.get 0) (i64.const 3)) (local.get 6)) (i64.extend_i32_s (local.get 1)))
              (f64.add (f64.add (f64.promote_f32 (local.get 2)) (local.get 14)) (f64.mul (local.get 9) (f64.const 4)))
              (i64.add (i64x2.extract_lane 1 (local.get 15)) (local.get 7))
              (local.get 17)
              (i64x2.add (local.get 16) (local.get 4)))"
        )
    };
    let args = "(i64.const 1) (i32.const -2) (f32.const 0.5) (i64.const 3) (v128.const i64x2 1000 2000) (i64.const 5) (i64.const 6)
        (i64.const 7) (v128.const i64x2 8 9) (f64.const 10) (f64.const 11) (f64.const 12) (f64.const 13) (f64.const 14)
        (f64.const 15) (v128.const i64x2 16 17) (v128.const i64x2 18 19) (i32.const -20)";
    let call = |caller: &str, how: &str, callee: &str, extra: &str| {
        let body = format!("({how} ${callee} {args})");
        format!(
            r#"(func ${caller}_{how}_{callee} (result i64 f64 i64 i32 v128) {extra} {body})
            (func (export "{caller} {how} {callee}") (result i64 f64 i64 i32 i64) (local $v v128)
              (call ${caller}_{how}_{callee}) (local.set $v) (i64x2.extract_lane 1 (local.get $v)))"#
        )
    };
    let (mut fields, mut names) = (sum("quick", "") + &sum("llvm", LEFT_TO_LLVM), Vec::new());
    for (caller, extra) in [("quick", ""), ("llvm", LEFT_TO_LLVM)] {
        for how in ["call", "return_call"] {
            for callee in ["quick", "llvm"] {
                fields += &call(caller, how, callee, extra);
                names.push(format!("{caller} {how} {callee}"));
            }
        }
    }
    let (module, mut store, instance) = instance(&format!("(module {fields})"));
    for name in &names {
        let run = instance.get_typed_func::<(), (i64, f64, i64, i32, i64)>(&store, name).unwrap();
        let expected = (3 + 6 - 2, 0.5 + 15.0 + 40.0, 17 + 7, -20, 19 + 2000);
        assert_eq!(run.call(&mut store, ()).unwrap(), expected, "{name}");
    }
    let first = module.lazy_statistics().unwrap().tiers[0];
    assert_eq!(first.functions, 2 + 2 * names.len());
    // On older processors there is LLVM only.
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi2") {
        assert_eq!(first.functions - first.by_baseline, 1 + names.len() / 2);
    }
}

#[test]
fn every_argument_survives_the_compiler() {
    // More of each class than registers hold, and a vector.
    const ARGS: &str = "(i64.const 1) (i64.const 2) (i64.const 3) (v128.const i64x2 77 88) (i64.const 4) (i64.const 5)
        (i64.const 6) (i64.const 7) (f64.const 1) (f64.const 2) (f64.const 3) (f64.const 4) (f64.const 5) (f64.const 6)
        (f64.const 7) (f64.const 8) (f64.const 9)";
    let (_, mut store, instance) = instance(&format!(
        r#"(module
            (func $sum (param i64 i64 i64 v128 i64 i64 i64 i64 f64 f64 f64 f64 f64 f64 f64 f64 f64)
                (result i64 f64 i64 i64 f64)
              (i64.add (i64.add (i64.mul (local.get 0) (i64.const 3)) (i64.mul (local.get 6) (i64.const 5)))
                       (i64.add (i64.mul (local.get 7) (i64.const 7)) (local.get 1)))
              (f64.add (f64.mul (local.get 8) (f64.const 2))
                       (f64.add (local.get 15) (f64.mul (local.get 16) (f64.const 4))))
              (i64x2.extract_lane 0 (local.get 3))
              (i64x2.extract_lane 1 (local.get 3))
              (f64.mul (local.get 11) (local.get 12)))
            (func (export "run") (result i64 f64 i64 i64 f64) (call $sum {ARGS}))
            (func (export "tail") (result i64 f64 i64 i64 f64) (return_call $sum {ARGS})))"#,
    ));
    let expected = (3 + 30 + 49 + 2i64, 2.0 + 8.0 + 36.0, 77i64, 88i64, 20.0);
    for name in ["tail", "run"] {
        let run = instance.get_typed_func::<(), (i64, f64, i64, i64, f64)>(&store, name).unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), expected, "{name}");
    }
}

#[test]
fn start_tables_references_and_the_host() {
    let engine = engine();
    let text = r#"(module
        (import "host" "seen" (func $seen (param i32 f64)))
        (type $unary (func (param i32) (result i32)))
        (table 4 funcref)
        (elem (i32.const 1) $inc $dec)
        (global $count (mut i32) (i32.const 0))
        (func $inc (type $unary) (i32.add (local.get 0) (i32.const 1)))
        (func $dec (type $unary) (i32.sub (local.get 0) (i32.const 1)))
        (func $start (global.set $count (i32.const 5)) (call $seen (i32.const 1) (f64.const 2.5)))
        (start $start)
        (func (export "through") (param i32 i32) (result i32)
          (call_indirect (type $unary) (local.get 1) (local.get 0)))
        (func (export "count") (result i32) (global.get $count))
        (func (export "reference") (result funcref) (table.get (i32.const 2))))"#;
    let module = Module::new(&engine, text).unwrap();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "seen", |mut caller: Caller<'_, Vec<(i32, f64)>>, a: i32, b: f64| {
            caller.data_mut().push((a, b));
        })
        .unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    assert_eq!(store.data(), &[(1, 2.5)]);
    assert_eq!(compiled(&module), [1, 0]);
    let count = instance.get_typed_func::<(), i32>(&store, "count").unwrap();
    assert_eq!(count.call(&mut store, ()).unwrap(), 5);
    let through = instance.get_typed_func::<(i32, i32), i32>(&store, "through").unwrap();
    assert_eq!(through.call(&mut store, (1, 10)).unwrap(), 11);
    assert_eq!(through.call(&mut store, (2, 10)).unwrap(), 9);
    let error = through.call(&mut store, (0, 10)).unwrap_err();
    assert_eq!(error.trap().map(|trap| trap.code), Some(TrapCode::UninitializedElement));
    let reference = instance.get_func(&store, "reference").unwrap().call(&mut store, &[]).unwrap();
    let Val::FuncRef(Some(dec)) = &reference[0] else { panic!("{reference:?}") };
    assert!(matches!(dec.call(&mut store, &[Val::I32(3)]).unwrap()[..], [Val::I32(2)]));
}

#[test]
fn instances_of_lazy_and_other_modules_call_each_other() {
    let lazy = engine();
    let exporter =
        r#"(module (func (export "f") (param i64) (result i64) (i64.mul (local.get 0) (i64.const 3))))"#;
    let importer = r#"(module (import "m" "f" (func (param i64) (result i64)))
        (func (export "g") (param i64) (result i64) (i64.add (call 0 (local.get 0)) (i64.const 1)))
        (func (export "h") (param i64) (result i64) (return_call 0 (local.get 0))))"#;
    let regular = wootz::Engine::default();
    for (first, second) in [(&lazy, &lazy), (&lazy, &regular), (&regular, &lazy)] {
        let mut store = Store::new(&lazy, ());
        let exporter = Module::new(first, exporter).unwrap();
        let exporter = Instance::new(&mut store, &exporter, &[]).unwrap();
        let f = exporter.get_export(&store, "f").unwrap();
        let importer = Module::new(second, importer).unwrap();
        let importer = Instance::new(&mut store, &importer, &[f]).unwrap();
        for (name, expected) in [("g", 22), ("h", 21), ("g", 22)] {
            let func = importer.get_typed_func::<i64, i64>(&store, name).unwrap();
            assert_eq!(func.call(&mut store, 7).unwrap(), expected);
        }
    }
}

#[test]
fn traps_tell_the_same_as_in_regular_code() {
    let text = r#"(module $m
        (memory 1)
        (func $inner (param i32) (result i32) (i32.load (local.get 0)))
        (func $middle (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1)))
        (func $outer (export "outer") (param i32) (result i32) (i32.add (call $middle (local.get 0)) (i32.const 1)))
        (func $deep (export "deep") (param i32) (result i32)
          (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
        (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1))))"#;
    let traps = |engine: &wootz::Engine| {
        let module = Module::new(engine, text).unwrap();
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let call = |store: &mut Store<()>, name: &str, args: &[Val]| {
            let error = instance.get_func(&*store, name).unwrap().call(store, args).unwrap_err();
            let trap = error.trap().unwrap();
            (trap.code, trap.frames.iter().map(|frame| frame.to_string()).take(20).collect::<Vec<_>>())
        };
        // Twice: with code and without.
        [0; 2].map(|_| {
            [
                call(&mut store, "outer", &[Val::I32(-1)]),
                call(&mut store, "deep", &[Val::I32(0)]),
                call(&mut store, "divide", &[Val::I32(1), Val::I32(0)]),
            ]
        })
    };
    assert_eq!(traps(&engine()), traps(&wootz::Engine::default()));
}

#[test]
fn many_threads_call_a_cold_function_at_once() {
    let engine = engine();
    let chain: String = (1..40)
        .map(|n| {
            format!(
                "(func $f{n} (param i32) (result i32) (i32.add (call $f{} (local.get 0)) (i32.const 1)))",
                n - 1
            )
        })
        .collect();
    let text = format!(
        "(module (func $f0 (param i32) (result i32) (local.get 0)) {chain} (export \"f\" (func $f39)))"
    );
    for _ in 0..5 {
        let module = Module::new(&engine, &text).unwrap();
        std::thread::scope(|scope| {
            for start in 0..8 {
                let module = &module;
                scope.spawn(move || {
                    let mut store = Store::new(module.engine(), ());
                    let instance = Instance::new(&mut store, module, &[]).unwrap();
                    let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
                    assert_eq!(f.call(&mut store, start).unwrap(), start + 39);
                });
            }
        });
        let statistics = module.lazy_statistics().unwrap();
        assert_eq!((statistics.tiers[0].functions, statistics.swaps), (40, 0));
    }
}

#[test]
fn a_host_function_is_called_through_a_table() {
    let engine = engine();
    let module = Module::new(
        &engine,
        r#"(module (import "host" "table" (table 1 funcref)) (type $t (func (param i64 f32) (result f32)))
            (func (export "run") (result f32)
              (call_indirect (type $t) (i64.const 3) (f32.const 0.5) (i32.const 0))))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, ());
    let host = Func::wrap(&mut store, |a: i64, b: f32| a as f32 + b);
    let table = wootz::Table::new(
        &mut store,
        wootz::TableType { element: wootz::RefType::FUNCREF, minimum: 1, maximum: None, table64: false },
        Val::FuncRef(Some(host)),
    )
    .unwrap();
    let instance = Instance::new(&mut store, &module, &[table.into()]).unwrap();
    let run = instance.get_typed_func::<(), f32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 3.5);
}

#[test]
fn what_cannot_be_validated_is_refused_before_anything_runs() {
    let engine = engine();
    let error = Module::new(&engine, "(module (func (export \"f\")) (func (i32.add)))").unwrap_err();
    assert!(matches!(error, Error::Module(_)), "{error}");
}
