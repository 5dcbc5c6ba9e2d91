//! Linking by name: unknown and incompatible imports, duplicates, instances and modules as definitions.

use wootz::{
    CheckStrategy, Config, Engine, Error, ExternType, Instance, LinkError, Linker, Module, Store, Val,
    ValType,
};

const NEEDS: &str = r#"
    (module
      (import "env" "log" (func (param i32)))
      (import "env" "memory" (memory 2))
      (import "other" "table" (table 1 funcref))
      (import "env" "level" (global (mut i32))))"#;

fn module(engine: &Engine, wat: &str) -> Module {
    Module::new(engine, wat).expect("the module compiles")
}

#[test]
fn every_unknown_import_is_named_with_its_type() {
    let engine = Engine::default();
    let linker = Linker::new(&engine);
    let error = linker.instantiate(Store::new(&engine, ()), &module(&engine, NEEDS)).unwrap_err();
    let Error::Link(LinkError::Unknown(missing)) = &error else { panic!("{error}") };
    let names: Vec<_> = missing.iter().map(|import| format!("{}.{}", import.module, import.name)).collect();
    assert_eq!(names, ["env.log", "env.memory", "other.table", "env.level"]);
    assert!(matches!(missing[1].expected, ExternType::Memory(ty) if ty.minimum == 2));
    let text = error.to_string();
    assert!(text.contains("unknown import: \"env\" \"log\" must be a function (i32) -> ()"), "{text}");
    assert!(text.contains("a mutable global of type i32"), "{text}");
}

#[test]
fn an_incompatible_import_names_both_types() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("env", "log", |_: i64| {}).unwrap();
    let wat = r#"(module (import "env" "log" (func (param i32))))"#;
    let error = linker.instantiate(Store::new(&engine, ()), &module(&engine, wat)).unwrap_err();
    let Error::Link(LinkError::Incompatible(import)) = &error else { panic!("{error}") };
    assert!(matches!(&import.expected, ExternType::Function(ty) if *ty.params == [ValType::I32]));
    assert!(matches!(&import.given, Some(ExternType::Function(ty)) if *ty.params == [ValType::I64]));
    assert!(error.to_string().contains("incompatible import type"), "{error}");
}

#[test]
fn a_memory_that_is_too_small_is_incompatible() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.module(&mut store, "env", &module(&engine, r#"(module (memory (export "memory") 1))"#)).unwrap();
    let needs = module(&engine, r#"(module (import "env" "memory" (memory 2)))"#);
    let error = linker.instantiate(&mut store, &needs).unwrap_err();
    assert!(matches!(error, Error::Link(LinkError::Incompatible(_))), "{error}");
}

#[test]
fn too_few_and_too_many_imports_are_refused() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let one = module(&engine, r#"(module (import "m" "f" (func)))"#);
    assert!(matches!(
        Instance::new(&mut store, &one, &[]),
        Err(Error::Link(LinkError::Unknown(missing))) if missing[0].name == "f"
    ));
    let func = wootz::Func::wrap(&mut store, || {});
    let error = Instance::new(&mut store, &one, &[func.into(), func.into()]).unwrap_err();
    assert!(matches!(error, Error::Link(LinkError::Count { expected: 1, given: 2 })), "{error}");
}

#[test]
fn names_are_taken_once_unless_shadowing_is_allowed() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("a", "f", || 1i32).unwrap();
    let error = linker.func_wrap("a", "f", || 2i32).unwrap_err();
    assert_eq!(error.to_string(), "\"a\" \"f\" is defined already");
    linker.allow_shadowing(true).func_wrap("a", "f", || 2i32).unwrap();
    let mut store = Store::new(&engine, ());
    let func = linker.get(&mut store, "a", "f").unwrap().into_func().unwrap();
    assert_eq!(func.call(&mut store, &[]).unwrap()[0].i32(), Some(2));
    assert!(linker.get(&mut store, "a", "g").is_none());
}

#[test]
fn several_modules_link_through_names() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    let math = module(
        &engine,
        r#"(module (func (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))"#,
    );
    let cube = module(
        &engine,
        r#"(module (import "math" "square" (func $square (param i32) (result i32)))
            (func (export "cube") (param i32) (result i32) (i32.mul (local.get 0) (call $square (local.get 0)))))"#,
    );
    linker.module(&mut store, "math", &math).unwrap();
    let instance = linker.instantiate(&mut store, &cube).unwrap();
    linker.instance(&store, "cubes", instance).unwrap();
    let user = module(
        &engine,
        r#"(module (import "cubes" "cube" (func $cube (param i32) (result i32)))
            (import "math" "square" (func $square (param i32) (result i32)))
            (func (export "run") (param i32) (result i32)
              (i32.add (call $cube (local.get 0)) (call $square (local.get 0)))))"#,
    );
    let run = linker.instantiate(&mut store, &user).unwrap();
    let run = run.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, 3).unwrap(), 36);
}

#[test]
fn a_linker_serves_many_stores_and_makes_a_function_once_in_each() {
    let engine = Engine::default();
    let mut linker = Linker::<i32>::new(&engine);
    linker.func_wrap("h", "f", |caller: wootz::Caller<'_, i32>| *caller.data()).unwrap();
    let module =
        module(&engine, r#"(module (import "h" "f" (func $f (result i32))) (export "f" (func $f)))"#);
    for data in [1, 2] {
        let mut store = Store::new(&engine, data);
        for _ in 0..2 {
            let instance = linker.instantiate(&mut store, &module).unwrap();
            let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
            assert_eq!(f.call(&mut store, ()).unwrap(), data);
        }
    }
}

#[test]
fn unknown_functions_can_fail_when_called() {
    let engine = Engine::default();
    let module = module(
        &engine,
        r#"(module (import "env" "missing" (func $f)) (func (export "fine")) (func (export "run") (call $f)))"#,
    );
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&module);
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    crate::call(&mut store, instance, "fine").unwrap();
    let error = crate::call(&mut store, instance, "run").unwrap_err();
    assert!(error.to_string().contains("unknown import: \"env\" \"missing\""), "{error}");
}

/// Calls of hints are instructions, and functions that do nothing where they are called otherwise; no address traps.
#[test]
fn hints_need_no_definition_and_have_no_effect() {
    for (memory, name, ty) in [("1", "prefetch", "i32"), ("i64 1", "prefetch64", "i64")] {
        let text = format!(
            r#"(module
            (import "wootz" "{name}" (func $hint (param {ty})))
            (memory (export "m") {memory})
            (table funcref (elem $hint))
            (func (export "f") (param {ty}) (result {ty})
                (call $hint (local.get 0))
                (call_indirect (param {ty}) (local.get 0) (i32.const 0))
                (local.get 0)))"#
        );
        for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
            let engine = Engine::new(&Config::new().checks(checks));
            let module = Module::new(&engine, &text).unwrap();
            let mut store = Store::new(&engine, ());
            let instance = Linker::new(&engine).instantiate(&mut store, &module).unwrap();
            let func = instance.get_func(&store, "f").unwrap();
            for address in [0, 65_535, 65_536, i64::MAX, -1] {
                let argument = if ty == "i32" { Val::I32(address as i32) } else { Val::I64(address) };
                let results = func.call(&mut store, &[argument]).unwrap();
                assert_eq!(format!("{results:?}"), format!("{:?}", [argument]));
            }
        }
    }
}
