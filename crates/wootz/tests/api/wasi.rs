//! WASI through a linker: output, exit codes, and a context anywhere in the store's data.

use wootz::wasi::{Exit, OutputBuffer, WasiCtx};
use wootz::{Engine, Error, Linker, Module, Store};

struct Host {
    calls: u32,
    wasi: WasiCtx,
}

fn run(wat: &str, output: &OutputBuffer) -> Result<u32, Error> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.define_wasi(|host: &mut Host| &mut host.wasi)?;
    linker.func_wrap("host", "count", |mut caller: wootz::Caller<'_, Host>| caller.data_mut().calls += 1)?;
    let wasi = WasiCtx::builder().stdout(output.clone()).build();
    let mut store = Store::new(&engine, Host { calls: 0, wasi });
    let instance = linker.instantiate(&mut store, &Module::new(&engine, wat)?)?;
    crate::call(&mut store, instance, "_start")?;
    Ok(store.data().calls)
}

#[test]
fn a_program_writes_and_returns() {
    let output = OutputBuffer::new();
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "host" "count" (func $count))
        (memory (export "memory") 1)
        (data (i32.const 0) "\08\00\00\00\05\00\00\00steel")
        (func (export "_start")
          (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
          (call $count)))"#;
    assert_eq!(run(wat, &output).unwrap(), 1);
    assert_eq!(output.contents(), b"steel");
}

#[test]
fn proc_exit_is_a_host_error_with_the_code() {
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (i32.const 42)) unreachable))"#;
    let error = run(wat, &OutputBuffer::new()).unwrap_err();
    assert_eq!(error.downcast_ref::<Exit>(), Some(&Exit(42)));
}

#[test]
fn a_guest_without_memory_is_told_so() {
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))))"#;
    let error = run(wat, &OutputBuffer::new()).unwrap_err();
    assert!(error.to_string().contains("memory"), "{error}");
}
