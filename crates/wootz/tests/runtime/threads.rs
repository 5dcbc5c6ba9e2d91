//! Stores on many threads: each traps on its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use wootz_runtime::{CallError, Func, Image, Instance, Store, TrapCode, Val};
use wootz_wasm_ir::FuncType;

use super::{MODES, USUAL, call, func, names};

#[test]
fn the_types_cross_threads_as_documented() {
    fn sync<T: Send + Sync>() {}
    fn send<T: Send>() {}
    sync::<Image>();
    sync::<Func>();
    sync::<CallError>();
    send::<Store>();
}

#[test]
fn many_threads_trap_at_once() {
    let wat = r#"(module (memory 1)
        (func $inner (param i32) (drop (i32.load (local.get 0))))
        (func (export "f") (param i32) (call $inner (local.get 0)))
        (func $r (export "r") (call $r)))"#;
    for mode in MODES {
        let image = mode.image(wat);
        let traps = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (image, traps) = (&image, &traps);
                scope.spawn(move || {
                    let mut store = mode.store();
                    let instance = Instance::new(&mut store, image, &[]).unwrap();
                    for round in 0..300 {
                        let inside = (thread + round) % 3 == 0;
                        let address = if inside { 64 } else { 65536 + round };
                        match call(&mut store, instance, "f", &[Val::I32(address)]) {
                            Ok(_) => assert!(inside),
                            Err(error) => {
                                assert!(!inside);
                                assert_eq!(error.trap_code(), Some(TrapCode::MemoryOutOfBounds));
                                assert_eq!(names(&error).last(), Some(&"f"));
                                traps.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                        if round % 100 == 0 {
                            let error = call(&mut store, instance, "r", &[]).unwrap_err();
                            assert_eq!(error.trap_code(), Some(TrapCode::StackExhausted));
                        }
                    }
                });
            }
        });
        assert_eq!(traps.into_inner(), 8 * 200, "{mode:?}");
    }
}

#[test]
fn a_store_moves_between_threads() {
    let wat = r#"(module (global $g (mut i32) (i32.const 0)) (func $r (export "r") (call $r))
        (func (export "next") (result i32)
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"#;
    let (mut store, instance) = USUAL.instantiate(wat, &[]);
    for round in 1..10 {
        store = std::thread::spawn(move || {
            assert_eq!(call(&mut store, instance, "next", &[]).unwrap(), [Val::I32(round)]);
            let error = call(&mut store, instance, "r", &[]).unwrap_err();
            assert_eq!(error.trap_code(), Some(TrapCode::StackExhausted));
            store
        })
        .join()
        .unwrap();
    }
}

/// A host function may lend its store to another thread; that thread has a stack, a limit and a trap of its own.
#[test]
fn a_host_function_may_go_on_on_another_thread() {
    let wat = r#"(module (import "h" "f" (func $host)) (func (export "f") (call $host) (call $host))
        (func $r (export "r") (call $r)))"#;
    let mut store = USUAL.store();
    let ty = FuncType::new([], []);
    let host = Func::new(&mut store, ty, |mut caller, _| {
        let r = caller.export("r").unwrap().into_func().unwrap();
        let store = caller.store_mut();
        std::thread::scope(|scope| {
            let error = scope.spawn(|| r.call(store, &[]).unwrap_err()).join().unwrap();
            assert_eq!(error.trap_code(), Some(TrapCode::StackExhausted));
        });
        Ok(())
    });
    let instance = USUAL.add(&mut store, wat, &[host.into()]).unwrap();
    call(&mut store, instance, "f", &[]).unwrap();
    let error = call(&mut store, instance, "r", &[]).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::StackExhausted));
}

#[test]
fn nested_stores_trap_separately() {
    let wat = r#"(module (import "h" "f" (func $host)) (func (export "f") (call $host)) (func (export "t") unreachable))"#;
    let mut store = USUAL.store();
    let ty = || FuncType::new([], []);
    let host = Func::new(&mut store, ty(), move |mut caller, _| {
        let mut inner = USUAL.store();
        let nothing = Func::new(&mut inner, ty(), |_, _| Ok(()));
        let instance = USUAL.add(&mut inner, wat, &[nothing.into()]).unwrap();
        let error = call(&mut inner, instance, "t", &[]).unwrap_err();
        assert_eq!(names(&error), ["t"]);
        let own = caller.export("t").unwrap().into_func().unwrap();
        let error = own.call(caller.store_mut(), &[]).unwrap_err();
        assert_eq!(names(&error), ["t"]);
        call(&mut inner, instance, "f", &[]).unwrap();
        Err("on purpose".into())
    });
    let instance = USUAL.add(&mut store, wat, &[host.into()]).unwrap();
    let error = func(&store, instance, "f").call(&mut store, &[]).unwrap_err();
    assert_eq!(names(&error), ["f"]);
    assert!(error.to_string().starts_with("on purpose"));
}
