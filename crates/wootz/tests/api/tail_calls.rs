//! Tail calls: constant stack, arguments on the stack, results through memory, other instances, host functions.

use wootz::{
    CheckStrategy, Config, Engine, Error, Extern, Func, Instance, Module, OptLevel, Store, TrapCode,
};

/// Runs a test in every way in which modules are compiled.
fn everywhere(test: impl Fn(&Engine)) {
    for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
        for level in [OptLevel::O0, OptLevel::O2] {
            test(&Engine::new(&Config::new().checks(checks).opt_level(level)));
        }
    }
}

fn instance(engine: &Engine, store: &mut Store<()>, text: &str, imports: &[Extern]) -> Instance {
    let module = Module::new(engine, text).unwrap();
    Instance::new(store, &module, imports).unwrap()
}

/// Two functions of different types that call each other in turn, in four ways.
const MUTUAL: &str = r#"
    (module
      (type $even (func (param i32) (result i32)))
      (type $odd (func (param f64 i64 i32 i64 i64 i64 i64 i64) (result i32)))
      (table funcref (elem $even_indirect $odd_indirect))
      (elem declare func $even_ref $odd_ref)
      (func $even (export "direct") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else
          (return_call $odd (f64.const 1) (i64.const 2) (i32.sub (local.get 0) (i32.const 1))
            (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7)))))
      (func $odd (param f64 i64 i32 i64 i64 i64 i64 i64) (result i32)
        (if (result i32) (i32.eqz (local.get 2)) (then (i32.wrap_i64 (local.get 7))) (else
          (return_call $even (i32.sub (local.get 2) (i32.const 1))))))
      (func $even_indirect (export "indirect") (type $even)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else
          (return_call_indirect (type $odd) (f64.const 1) (i64.const 2) (i32.sub (local.get 0) (i32.const 1))
            (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i32.const 1)))))
      (func $odd_indirect (type $odd)
        (if (result i32) (i32.eqz (local.get 2)) (then (i32.wrap_i64 (local.get 7))) (else
          (return_call_indirect (type $even) (i32.sub (local.get 2) (i32.const 1)) (i32.const 0)))))
      (func $even_ref (export "reference") (type $even)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else
          (return_call_ref $odd (f64.const 1) (i64.const 2) (i32.sub (local.get 0) (i32.const 1))
            (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (ref.func $odd_ref)))))
      (func $odd_ref (type $odd)
        (if (result i32) (i32.eqz (local.get 2)) (then (i32.wrap_i64 (local.get 7))) (else
          (return_call_ref $even (i32.sub (local.get 2) (i32.const 1)) (ref.func $even_ref))))))
"#;

#[test]
fn ten_million_mutual_tail_calls_need_no_stack() {
    everywhere(|engine| {
        let mut store = Store::new(engine, ());
        let instance = instance(engine, &mut store, MUTUAL, &[]);
        for name in ["direct", "indirect", "reference"] {
            let count = instance.get_typed_func::<i32, i32>(&mut store, name).unwrap();
            assert_eq!(count.call(&mut store, 10_000_000).unwrap(), 1, "{name}");
            assert_eq!(count.call(&mut store, 9_999_999).unwrap(), 7, "{name}");
        }
    });
}

/// A callee of another instance must find its own context, whose global tells it apart.
const FAR: &str = r#"
    (module
      (import "" "table" (table 2 funcref))
      (type $t (func (param i32 i64 i64 i64 i64 i64 i64) (result i32)))
      (global i32 (i32.const 1000))
      (elem (i32.const 0) $far)
      (func $far (export "far") (type $t)
        (if (result i32) (i32.eqz (local.get 0))
          (then (i32.add (global.get 0) (i32.wrap_i64 (local.get 6))))
          (else (return_call_indirect (param i32) (result i32)
            (i32.sub (local.get 0) (i32.const 1)) (i32.const 1))))))
"#;
const NEAR: &str = r#"
    (module
      (import "" "table" (table 2 funcref))
      (type $t (func (param i32 i64 i64 i64 i64 i64 i64) (result i32)))
      (import "" "far" (func $far (type $t)))
      (global i32 (i32.const 20))
      (elem (i32.const 1) $near)
      (func $near (export "near") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (global.get 0)) (else
          (return_call $far (i32.sub (local.get 0) (i32.const 1)) (i64.const 1) (i64.const 2) (i64.const 3)
            (i64.const 4) (i64.const 5) (i64.const 6))))))
"#;

#[test]
fn ten_million_tail_calls_between_instances() {
    everywhere(|engine| {
        let mut store = Store::new(engine, ());
        let owner = instance(engine, &mut store, r#"(module (table (export "table") 2 funcref))"#, &[]);
        let table = owner.get_export(&store, "table").unwrap();
        let far = instance(engine, &mut store, FAR, std::slice::from_ref(&table));
        let far = far.get_export(&store, "far").unwrap();
        let near = instance(engine, &mut store, NEAR, &[table, far]);
        let near = near.get_typed_func::<i32, i32>(&mut store, "near").unwrap();
        assert_eq!(near.call(&mut store, 10_000_000).unwrap(), 20);
        assert_eq!(near.call(&mut store, 9_999_999).unwrap(), 1006);
    });
}

#[test]
fn arguments_on_the_stack_and_results_in_memory_go_along() {
    let params = "i64 ".repeat(20);
    let constants: String = (0..20).map(|n| format!("(i64.const {}) ", 1 << n)).collect();
    let sum: String = (1..20).map(|n| format!("(i64.add (local.get {n}) ")).collect();
    let text = format!(
        r#"(module
          (global $seen (mut i64) (i64.const 0))
          (func $twenty (param {params}) (result i64) {sum} (local.get 0) {close})
          (func $none (result i64) (global.get $seen))
          (func $grow (export "grow") (result i64) (return_call $twenty {constants}))
          (func $shrink (param {params}) (result i64)
            (global.set $seen (i64.add (local.get 0) (local.get 19)))
            (return_call $none))
          (func (export "shrink") (result i64) (i64.add (call $shrink {constants}) (i64.const 1)))
          (func (export "twice") (result i64) (i64.add (call $grow) (call $grow)))
          (func $five (param i64) (result i64 i64 i64 i64 i64)
            (local.get 0) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5))
          (func $pass (param {params}) (result i64 i64 i64 i64 i64)
            (call $five (i64.const 0)) drop drop drop drop drop
            (return_call $five (local.get 19)))
          (func (export "five") (result i64 i64 i64 i64 i64) (call $pass {constants})))"#,
        close = ")".repeat(19),
    );
    everywhere(|engine| {
        let mut store = Store::new(engine, ());
        let instance = instance(engine, &mut store, &text, &[]);
        let call = |store: &mut Store<()>, name| {
            instance.get_typed_func::<(), i64>(&mut *store, name).unwrap().call(store, ()).unwrap()
        };
        assert_eq!(call(&mut store, "grow"), (1 << 20) - 1);
        assert_eq!(call(&mut store, "shrink"), (1 << 19) + 2);
        assert_eq!(call(&mut store, "twice"), (1 << 21) - 2);
        let five = instance.get_typed_func::<(), (i64, i64, i64, i64, i64)>(&mut store, "five").unwrap();
        assert_eq!(five.call(&mut store, ()).unwrap(), (1 << 19, 2, 3, 4, 5));
    });
}

#[test]
fn a_host_function_knows_who_left_by_a_tail_call() {
    everywhere(|engine| {
        let mut store = Store::new(engine, ());
        let host = Func::wrap(&mut store, |caller: wootz::Caller<'_, ()>, value: i32| {
            let own = caller.get_export("own").and_then(Extern::into_global).expect("the caller's export");
            own.get(&caller).unwrap_i32() + value
        });
        let text = r#"(module
            (import "" "host" (func $host (param i32) (result i32)))
            (global (export "own") i32 (i32.const 40))
            (func (export "run") (result i32) (return_call $host (i32.const 2))))"#;
        let inner = instance(engine, &mut store, text, &[host.into()]);
        let run = inner.get_typed_func::<(), i32>(&mut store, "run").unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), 42);
    });
}

#[test]
fn traps_behind_tail_calls_and_null_references() {
    let text = r#"(module $m
        (type $t (func))
        (func $fails (export "fails") unreachable)
        (func $leaves (return_call $fails))
        (func (export "calls") (call $leaves) (nop))
        (func (export "null") (call_ref $t (ref.null $t)))
        (func (export "tail_null") (return_call_ref $t (ref.null $t)))
        (func (export "as_non_null") (drop (ref.as_non_null (ref.null $t))))
        (func $forever (export "forever") (call $forever)))"#;
    everywhere(|engine| {
        let mut store = Store::new(engine, ());
        let instance = instance(engine, &mut store, text, &[]);
        for (name, code) in [
            ("calls", TrapCode::Unreachable),
            ("null", TrapCode::NullFunctionReference),
            ("tail_null", TrapCode::NullFunctionReference),
            ("as_non_null", TrapCode::NullReference),
            ("forever", TrapCode::StackExhausted),
        ] {
            let func = instance.get_typed_func::<(), ()>(&mut store, name).unwrap();
            let Err(Error::Trap(trap)) = func.call(&mut store, ()) else { panic!("{name} must trap") };
            assert_eq!(trap.code, code, "{name}");
            assert!(!trap.frames.is_empty(), "{name}");
        }
    });
}
