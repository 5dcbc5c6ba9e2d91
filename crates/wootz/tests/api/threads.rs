//! Programs that start threads (wasi-threads): how they end, what they share, and what is refused.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use wootz::wasi::{Exit, OutputBuffer, ThreadedProgram, WasiCtx, is_threaded};
use wootz::{
    CheckStrategy, Config, Engine, Error, Linker, MemoryType, Module, OptLevel, SharedMemory, TrapCode,
};

/// What every program here begins with.
const IMPORTS: &str = r#"
    (import "env" "memory" (memory 1 4 shared)) (export "memory" (memory 0))
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (func $compute (loop $again (br $again)))
    (func $sleep (drop (memory.atomic.wait32 (i32.const 1000) (i32.const 0) (i64.const -1))))"#;

fn engines() -> impl Iterator<Item = Engine> {
    [(OptLevel::O0, CheckStrategy::Guard), (OptLevel::O2, CheckStrategy::Explicit)]
        .into_iter()
        .map(|(opt, checks)| Engine::new(&Config::new().opt_level(opt).checks(checks)))
}

fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, format!("(module {IMPORTS} {text})")).unwrap_or_else(|error| panic!("{error}"))
}

fn linker(engine: &Engine) -> Linker<WasiCtx> {
    let mut linker = Linker::new(engine);
    linker.define_wasi(|ctx: &mut WasiCtx| ctx).unwrap();
    linker
}

fn program(engine: &Engine, text: &str, output: &OutputBuffer) -> Result<ThreadedProgram<WasiCtx>, Error> {
    let ctx = WasiCtx::builder().stdout(output.clone()).build();
    ThreadedProgram::new(&linker(engine), &module(engine, text), move || ctx.share())
}

fn run(engine: &Engine, text: &str) -> Result<(), Error> {
    program(engine, text, &OutputBuffer::new())?.run()
}

#[test]
fn threads_share_memory_and_streams_and_have_numbers_of_their_own() {
    // Each thread adds its number and its argument, and writes a letter; the last one wakes the main thread.
    let text = r#"
        (global $own (mut i32) (i32.const 0))
        (data (i32.const 64) "\48\00\00\00\01\00\00\00x")
        (func (export "wasi_thread_start") (param $number i32) (param $argument i32)
          (global.set $own (i32.add (global.get $own) (i32.const 1)))
          (drop (i32.atomic.rmw.add (i32.const 4) (global.get $own)))
          (drop (i32.atomic.rmw.add (i32.const 8) (local.get $number)))
          (drop (i32.atomic.rmw.add (i32.const 12) (local.get $argument)))
          (if (call $write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 80)) (then unreachable))
          (if (i32.eq (i32.atomic.rmw.add (i32.const 0) (i32.const 1)) (i32.const 4))
            (then (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))))
        (func (export "_start") (local $n i32) (local $numbers i32)
          (loop $next
            (local.set $numbers (i32.add (local.get $numbers) (call $spawn (i32.const 100))))
            (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 5))))
          (loop $again
            (local.set $n (i32.atomic.load (i32.const 0)))
            (if (i32.lt_u (local.get $n) (i32.const 5))
              (then
                (drop (memory.atomic.wait32 (i32.const 0) (local.get $n) (i64.const -1)))
                (br $again))))
          (if (i32.ne (i32.atomic.load (i32.const 4)) (i32.const 5)) (then unreachable))
          (if (i32.ne (i32.atomic.load (i32.const 8)) (local.get $numbers)) (then unreachable))
          (if (i32.ne (i32.atomic.load (i32.const 12)) (i32.const 500)) (then unreachable)))"#;
    for engine in engines() {
        let output = OutputBuffer::new();
        let program = program(&engine, text, &output).unwrap();
        let memory = program.memories()[0].clone();
        program.run().unwrap();
        assert_eq!(output.contents(), b"xxxxx");
        assert!(memory.atomic_u32(8).unwrap().load(Ordering::SeqCst) > 5);
    }
}

/// The others wait, or compute without end: neither keeps the program.
const OTHERS: &str = r#"
    (func $start (param $what i32)
      (block $exit (block $trap (block $loop (block $wait
        (br_table $wait $loop $trap $exit (local.get $what)))
        (call $sleep))
        (call $compute))
        (unreachable))
      (call $exit (i32.const 42)))
    (func (export "wasi_thread_start") (param i32 i32) (call $start (local.get 1)))"#;

#[test]
fn the_first_to_return_exit_or_trap_ends_the_program() {
    for engine in engines() {
        let main = |body: &str| {
            let spawn = "(drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 1)))";
            run(&engine, &format!(r#"{OTHERS} (func $main (export "_start") {spawn} {body})"#))
        };
        main("").unwrap();
        let error = main("(call $exit (i32.const 7))").unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Exit(7)));
        let error = main("unreachable").unwrap_err();
        assert_eq!(error.frames()[0].name.as_deref(), Some("main"));

        let error = main("(drop (call $spawn (i32.const 3))) (call $sleep)").unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Exit(42)), "{error}");
        // The main thread is stopped then, and that does not count.
        let error = main("(drop (call $spawn (i32.const 2))) (call $compute)").unwrap_err();
        let trap = error.trap().expect("the thread's trap");
        assert_eq!(trap.code, TrapCode::Unreachable);
        assert_eq!(trap.frames[0].name.as_deref(), Some("start"));
    }
}

/// After the end no thread goes on: neither one that calls host functions, nor one that only computes, nor one that waits.
#[test]
fn a_program_that_has_ended_has_no_threads() {
    let engine = Engine::default();
    let text = r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
        (import "host" "call" (func $call))
        (func (export "wasi_thread_start") (param i32 i32)
          (if (i32.eq (local.get 1) (i32.const 1)) (then (loop $forever (br $forever))))
          (if (i32.eq (local.get 1) (i32.const 2)) (then
            (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))))
          (loop $forever (call $call) (br $forever)))
        (func (export "_start")
          (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 1))) (drop (call $spawn (i32.const 2)))
          (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 20000000)))))"#;
    let mut linker = linker(&engine);
    let (calls, (alive, gone)) = (Arc::new(AtomicU32::new(0)), mpsc::channel::<()>());
    let counted = Arc::clone(&calls);
    linker
        .func_wrap("host", "call", move || {
            let _ = &alive;
            counted.fetch_add(1, Ordering::SeqCst);
        })
        .unwrap();
    let module = Module::new(&engine, text).unwrap();
    let program = ThreadedProgram::new(&linker, &module, || WasiCtx::builder().build()).unwrap();
    drop(linker);
    program.run().unwrap();
    // Everything of the program is dropped once its last thread has ended.
    assert_eq!(gone.recv_timeout(Duration::from_secs(60)), Err(mpsc::RecvTimeoutError::Disconnected));
    assert!(calls.load(Ordering::SeqCst) > 0);
}

#[test]
fn a_panic_of_a_host_function_resumes_where_the_program_was_run() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module (import "env" "memory" (memory 1 1 shared)) (import "host" "panic" (func $panic))
          (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
          (func (export "wasi_thread_start") (param i32 i32) (call $panic))
          (func (export "_start") (drop (call $spawn (i32.const 0)))
            (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))"#,
    )
    .unwrap();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "panic", || -> () { std::panic::panic_any(7u8) }).unwrap();
    let program = ThreadedProgram::new(&linker, &module, || ()).unwrap();
    let payload = std::thread::spawn(move || program.run()).join().unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&7u8));
}

#[test]
fn what_cannot_start_threads_is_refused_or_told() {
    let engine = Engine::default();
    for (export, kind) in
        [("", "no function"), ("(func (export \"wasi_thread_start\") (param i32))", "has type")]
    {
        let message = run(&engine, &format!(r#"{export} (func (export "_start"))"#)).unwrap_err().to_string();
        assert!(message.contains("wasi_thread_start") && message.contains(kind), "{message}");
    }
    // No address space for its stack is no thread: the guest gets a negative number.
    let engine = Engine::new(&Config::new().max_wasm_stack(usize::MAX / 4));
    let message = run(&engine, &format!(r#"{OTHERS} (func (export "_start"))"#)).unwrap_err().to_string();
    assert!(message.starts_with("cannot start a thread"), "{message}");
}

#[test]
fn a_memory_of_the_linker_is_used() {
    let engine = Engine::default();
    let ty = MemoryType { memory64: false, shared: true, minimum: 2, maximum: Some(3), page_size_log2: 16 };
    let memory = SharedMemory::new(&engine, ty).unwrap();
    let module = module(
        &engine,
        &format!(r#"{OTHERS} (func (export "_start") (i32.store (i32.const 0) (memory.size)))"#),
    );
    assert!(is_threaded(&module));
    assert!(!is_threaded(&Module::new(&engine, r#"(module (import "env" "memory" (memory 1 1)))"#).unwrap()));
    let mut linker = linker(&engine);
    linker.define("env", "memory", memory.clone()).unwrap();
    ThreadedProgram::new(&linker, &module, || WasiCtx::builder().build()).unwrap().run().unwrap();
    assert_eq!(memory.atomic_u32(0).unwrap().load(Ordering::SeqCst), 2);
}
