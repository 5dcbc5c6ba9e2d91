//! Values both ways: every type, more results than registers, references.

use wootz::{ArgumentsError, Engine, Error, ExternRef, Func, Linker, Module, Store, TypeError, Val};

#[test]
fn many_values_go_both_ways() {
    let (mut store, instance) = crate::instance(
        r#"(module
          (func (export "swap") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
            local.get 3 local.get 2 local.get 1 local.get 0)
          (func (export "two") (param i32) (result i32 i32) local.get 0 local.get 0)
          (func (export "three") (param f64) (result f64 i32 f32) local.get 0 i32.const 3 f32.const 0.5)
          (func (export "ten") (param i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
            local.get 0 i32.const 1 i32.const 2 i32.const 3 i32.const 4 i32.const 5 i32.const 6 i32.const 7
            i32.const 8 i32.const 9))"#,
    );
    let swap = instance.get_typed_func::<(i32, i64, f32, f64), (f64, f32, i64, i32)>(&store, "swap").unwrap();
    assert_eq!(swap.call(&mut store, (-1, i64::MIN, 0.25, -2.5)).unwrap(), (-2.5, 0.25, i64::MIN, -1));
    let two = instance.get_typed_func::<u32, (u32, u32)>(&store, "two").unwrap();
    assert_eq!(two.call(&mut store, u32::MAX).unwrap(), (u32::MAX, u32::MAX));
    let three = instance.get_typed_func::<f64, (f64, i32, f32)>(&store, "three").unwrap();
    assert_eq!(three.call(&mut store, 1.5).unwrap(), (1.5, 3, 0.5));
    type Ten = (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32);
    let ten = instance.get_typed_func::<i32, Ten>(&store, "ten").unwrap();
    assert_eq!(ten.call(&mut store, 42).unwrap(), (42, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    let values = ten.func().call(&mut store, &[Val::I32(-42)]).unwrap();
    assert_eq!(values.iter().map(Val::unwrap_i32).collect::<Vec<_>>(), [-42, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn webassembly_takes_many_results_of_the_host_and_of_another_function() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("h", "five", |x: i64| (x, 1.5f32, 2.5f64, 3i32, x + 1)).unwrap();
    linker.func_wrap("h", "two", || (8i32, 9i64)).unwrap();
    let module = Module::new(
        &engine,
        r#"(module
          (import "h" "five" (func $five (param i64) (result i64 f32 f64 i32 i64)))
          (import "h" "two" (func $two (result i32 i64)))
          (func (export "five") (param i64) (result i64 f32 f64 i32 i64) (call $five (local.get 0)))
          (func (export "two") (result i32 i64) (call $two)))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let five = instance.get_typed_func::<i64, (i64, f32, f64, i32, i64)>(&store, "five").unwrap();
    assert_eq!(five.call(&mut store, -7).unwrap(), (-7, 1.5, 2.5, 3, -6));
    let two = instance.get_typed_func::<(), (i32, i64)>(&store, "two").unwrap();
    assert_eq!(two.call(&mut store, ()).unwrap(), (8, 9));
}

#[test]
fn the_bits_of_a_nan_survive() {
    let (mut store, instance) = crate::instance(
        r#"(module (func (export "f") (param f32 f64) (result f32 f64) local.get 0 local.get 1))"#,
    );
    let f = instance.get_func(&store, "f").unwrap();
    let (narrow, wide) = (0x7f80_0001, 0xfff0_0000_0000_0001);
    let results = f.call(&mut store, &[Val::F32(narrow), Val::F64(wide)]).unwrap();
    assert!(matches!(results[..], [Val::F32(a), Val::F64(b)] if a == narrow && b == wide), "{results:?}");
}

#[test]
fn host_references_come_back_as_they_went() {
    let (mut store, instance) = crate::instance(
        r#"(module (table $t 2 externref) (global $g (mut externref) (ref.null extern))
          (func (export "put") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
          (func (export "get") (param i32) (result externref) (table.get $t (local.get 0)))
          (func (export "null") (param externref) (result i32) (ref.is_null (local.get 0))))"#,
    );
    let put = instance.get_typed_func::<(i32, Option<ExternRef>), ()>(&store, "put").unwrap();
    let get = instance.get_typed_func::<i32, Option<ExternRef>>(&store, "get").unwrap();
    let null = instance.get_typed_func::<Option<ExternRef>, i32>(&store, "null").unwrap();
    let (a, b) = (ExternRef::new(&mut store, 1u8), ExternRef::new(&mut store, "two"));
    put.call(&mut store, (0, Some(a))).unwrap();
    put.call(&mut store, (1, Some(b))).unwrap();
    assert_eq!(get.call(&mut store, 0).unwrap(), Some(a));
    let second = get.call(&mut store, 1).unwrap().unwrap();
    assert_eq!(second.data(&store).downcast_ref::<&str>(), Some(&"two"));
    assert_eq!((null.call(&mut store, None).unwrap(), null.call(&mut store, Some(a)).unwrap()), (1, 0));
}

#[test]
fn function_references_are_passed_stored_and_called() {
    let (mut store, instance) = crate::instance(
        r#"(module (table $t 1 funcref) (type $unary (func (param i32) (result i32)))
          (elem declare func $twice)
          (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
          (func (export "twice") (result funcref) (ref.func $twice))
          (func (export "apply") (param funcref i32) (result i32)
            (table.set $t (i32.const 0) (local.get 0))
            (call_indirect $t (type $unary) (local.get 1) (i32.const 0))))"#,
    );
    let apply = instance.get_typed_func::<(Option<Func>, i32), i32>(&store, "apply").unwrap();
    let twice = instance.get_typed_func::<(), Option<Func>>(&store, "twice").unwrap();
    let twice = twice.call(&mut store, ()).unwrap();
    assert_eq!(apply.call(&mut store, (twice, 21)).unwrap(), 42);
    let host = Func::wrap(&mut store, |x: i32| x + 100);
    assert_eq!(apply.call(&mut store, (Some(host), 1)).unwrap(), 101);
    let error = apply.call(&mut store, (None, 1)).unwrap_err();
    assert_eq!(error.trap().unwrap().code, wootz::TrapCode::UninitializedElement);
    let other = Func::wrap(&mut store, |x: i64| x);
    let error = apply.call(&mut store, (Some(other), 1)).unwrap_err();
    assert_eq!(error.trap().unwrap().code, wootz::TrapCode::IndirectCallTypeMismatch);
}

#[test]
fn wrong_arguments_and_types_are_typed_errors() {
    let (mut store, instance) = crate::instance(
        r#"(module (func (export "f") (param i32 f64) (result i32) (local.get 0)) (memory (export "m") 1))"#,
    );
    let f = instance.get_func(&store, "f").unwrap();
    let error = f.call(&mut store, &[Val::I32(1)]).unwrap_err();
    assert!(matches!(error, Error::Arguments(ArgumentsError::Count { given: 1, .. })), "{error}");
    let error = f.call(&mut store, &[Val::I32(1), Val::I64(1)]).unwrap_err();
    assert!(matches!(error, Error::Arguments(ArgumentsError::Type { index: 1, .. })), "{error}");

    let error = instance.get_typed_func::<i32, i32>(&store, "f").unwrap_err();
    assert_eq!(
        error.to_string(),
        "type mismatch: the function \"f\" has type (i32, f64) -> (i32), not (i32) -> (i32)"
    );
    assert!(matches!(error, Error::Type(error) if matches!(*error, TypeError::Function { .. })));
    let error = instance.get_typed_func::<(), ()>(&store, "m").unwrap_err();
    assert!(matches!(error, Error::UnknownExport { .. }), "{error}");
    assert_eq!(error.to_string(), "unknown export: no function is exported as \"m\"");
}

#[test]
fn values_print_and_convert() {
    let shown: Vec<_> = [Val::from(-1i32), 2u64.into(), 0.5f32.into(), 1e300.into(), Val::FuncRef(None)]
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(shown[..3], ["-1", "2", "0.5"]);
    assert_eq!(shown[4], "null");
    assert_eq!(Val::from(u32::MAX).i32(), Some(-1));
    assert_eq!(Val::from(1i32).i64(), None);
    assert!(std::panic::catch_unwind(|| Val::from(1i32).unwrap_f64()).is_err());
}
