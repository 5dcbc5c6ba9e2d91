//! Stopping a guest over the embedding API.

use std::time::{Duration, Instant};

use wootz::{Caller, Engine, Error, HostError, Instance, Linker, Module, Store, TrapCode};

use super::{call, instance};

fn is_interrupted(error: &Error) -> bool {
    error.trap().is_some_and(|trap| trap.code == TrapCode::Interrupted)
}

#[test]
fn a_timeout_ends_an_empty_loop_and_names_it() {
    let (mut store, instance) =
        instance(r#"(module (func $spin (export "spin") (loop (br 0))) (func (export "f")))"#);
    store.set_timeout(Duration::from_millis(10));
    let error = call(&mut store, instance, "spin").unwrap_err();
    assert!(is_interrupted(&error), "{error}");
    assert_eq!(error.frames()[0].name.as_deref(), Some("spin"));
    call(&mut store, instance, "f").unwrap();
}

#[test]
fn a_host_function_ends_first_and_may_look() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "work", |mut caller: Caller<'_, u32>| {
            caller.interrupt_handle().interrupt();
            assert!(caller.is_interrupted());
            *caller.data_mut() += 1;
        })
        .unwrap();
    let wat = r#"(module (import "host" "work" (func $work)) (func (export "f") (call $work) (call $work)))"#;
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, 0);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let error = call(&mut store, instance, "f").unwrap_err();
    assert!(is_interrupted(&error));
    assert_eq!(*store.data(), 1, "the code does not go on after the host function that was running");
    assert!(!store.is_interrupted());
}

#[test]
fn a_host_functions_own_error_is_not_lost_and_the_request_stays() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "fail", |caller: Caller<'_, ()>| -> Result<(), HostError> {
            caller.interrupt_handle().interrupt();
            Err("no".into())
        })
        .unwrap();
    let module =
        Module::new(&engine, r#"(module (import "host" "fail" (func $f)) (func (export "f") (call $f)))"#)
            .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    assert!(matches!(call(&mut store, instance, "f"), Err(Error::Host(_))));
    assert!(store.is_interrupted());
    store.clear_interrupt();
    assert!(matches!(call(&mut store, instance, "f"), Err(Error::Host(_))));
}

/// A host function that hides the error of a nested call cannot keep the outer code running.
#[test]
fn a_swallowed_interrupt_stops_the_outer_code_too() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "nest", |mut caller: Caller<'_, Vec<bool>>| {
            let spin = caller.get_export("spin").and_then(wootz::Extern::into_func).unwrap();
            let handle = caller.interrupt_handle();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(10));
                handle.interrupt();
            });
            let error = spin.call(&mut caller, &[]).unwrap_err();
            let interrupted = is_interrupted(&error);
            caller.data_mut().push(interrupted);
        })
        .unwrap();
    let wat = r#"(module (import "host" "nest" (func $nest))
        (func (export "spin") (loop (br 0)))
        (func $outer (export "outer") (loop (call $nest) (br 0))))"#;
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let error = call(&mut store, instance, "outer").unwrap_err();
    assert!(is_interrupted(&error));
    assert_eq!(error.frames()[0].name.as_deref(), Some("outer"));
    assert_eq!(store.data(), &[true]);
}

#[test]
fn a_wait_for_another_thread_ends() {
    let (mut store, instance) = instance(
        r#"(module (memory 1 1 shared)
            (func (export "wait") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))"#,
    );
    let start = Instant::now();
    store.set_timeout(Duration::from_millis(20));
    let error = call(&mut store, instance, "wait").unwrap_err();
    assert!(is_interrupted(&error) && start.elapsed() < Duration::from_secs(10));
    let handle = store.interrupt_handle();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(10));
            handle.interrupt();
        });
        assert!(is_interrupted(&call(&mut store, instance, "wait").unwrap_err()));
    });
}

/// Another thread runs the store for a host function of its own: that thread is the one to stop.
#[test]
fn a_store_lent_to_another_thread_stops_there() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "lend", |mut caller: Caller<'_, ()>| {
            std::thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    let spin = caller.get_export("spin").and_then(wootz::Extern::into_func).unwrap();
                    spin.call(&mut caller, &[]).map(drop)
                });
                thread.join().unwrap()
            })
            .map_err(HostError::from)
        })
        .unwrap();
    let wat = r#"(module (import "host" "lend" (func $lend))
        (func $spin (export "spin") (loop (br 0))) (func $outer (export "outer") (call $lend)))"#;
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance: Instance = linker.instantiate(&mut store, &module).unwrap();
    store.set_timeout(Duration::from_millis(20));
    let error = call(&mut store, instance, "outer").unwrap_err();
    assert!(is_interrupted(&error));
    let names: Vec<_> = error.frames().iter().filter_map(|frame| frame.name.as_deref()).collect();
    assert_eq!(names, ["spin", "outer"]);
}
