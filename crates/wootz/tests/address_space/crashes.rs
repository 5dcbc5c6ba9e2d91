//! Host functions that crash while compiled code waits for them: the process dies as it would without us, and no guest is blamed.

use std::os::unix::process::ExitStatusExt;

use wootz::{CheckStrategy, Linker, Module, Store};

use super::{engine, run};

/// Calls a host function from two levels of guests, the inner one called by a host function.
fn crash(crash: impl Fn(usize) + Send + Sync + 'static) {
    let engine = engine(CheckStrategy::Guard);
    let module = r#"(module (import "host" "crash" (func $crash (param i32))) (import "host" "again" (func $again))
        (memory (export "memory") 1)
        (func (export "inner") (call $crash (i32.const 1)))
        (func (export "outer") (call $again)))"#;
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "crash", move |caller: wootz::Caller<'_, ()>, _: i32| {
            let memory = caller.get_export("memory").and_then(wootz::Extern::into_memory).unwrap();
            crash(memory.data(&caller).as_ptr().addr());
        })
        .unwrap();
    linker
        .func_wrap("host", "again", |mut caller: wootz::Caller<'_, ()>| {
            let inner = caller.get_export("inner").and_then(wootz::Extern::into_func).unwrap();
            inner.call(&mut caller, &[]).map(drop)
        })
        .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &Module::new(&engine, module).unwrap()).unwrap();
    let outer = instance.get_typed_func::<(), ()>(&store, "outer").unwrap();
    println!("{:?}", outer.call(&mut store, ()));
}

fn write_to(address: usize) {
    // SAFETY: none: the process dies here.
    unsafe { std::ptr::with_exposed_provenance_mut::<u8>(address).write_volatile(1) };
}

#[inline(never)]
fn overflow(depth: usize) -> usize {
    let frame = std::hint::black_box([depth; 100]);
    if depth == usize::MAX { 0 } else { overflow(depth + 1) + std::hint::black_box(frame)[7] }
}

/// What a child does, if the case is one of here.
pub(super) fn child(case: &str) -> bool {
    match case {
        "wild-pointer" => crash(|_| write_to(16)),
        // An address that is an out-of-bounds access when the guest faults there.
        "behind-the-memory" => crash(|base| write_to(base + 65536)),
        "abort" => crash(|_| std::process::abort()),
        "overflow" => {
            let deep = std::thread::Builder::new().name("deep".into()).stack_size(2 << 20);
            let run = || crash(|_| println!("{}", overflow(0)));
            deep.spawn(run).unwrap().join().unwrap();
        }
        _ => return false,
    }
    println!("still alive");
    true
}

const SIGABRT: i32 = 6;
const SIGSEGV: i32 = 11;

#[test]
fn a_host_function_that_crashes_ends_the_process() {
    for (case, signal) in [("wild-pointer", SIGSEGV), ("behind-the-memory", SIGSEGV), ("abort", SIGABRT)] {
        let output = run(case, "");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.signal(), Some(signal), "{case}: {output:?}");
        assert!(!text.contains("still alive") && !text.contains("Trap"), "{case}: {text}");
    }
}

#[test]
fn a_host_function_that_overflows_the_stack_gets_rusts_message() {
    let output = run("overflow", "");
    assert_eq!(output.status.signal(), Some(SIGABRT), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("thread 'deep'") && text.contains("has overflowed its stack"), "{text}");
}
