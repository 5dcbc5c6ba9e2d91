//! Interrupts at any moment: the call stops, its results are right or it has none, and the store goes on.
//!
//! The seed of the times is printed on failure; `WOOTZ_INTERRUPTS` asks for more than the usual number.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wootz_codegen_llvm::{CompileOptions, Cpu, compile_image};
use wootz_runtime::{CallError, Extern, Func, Image, Instance, InterruptHandle, Store, TrapCode, Val};
use wootz_wasm_ir::{FuncType, ValType};

use super::{MODES, Mode, call, func, names};

/// Functions that never end, each busy in another way.
const ENDLESS: &str = r#"(module $busy
    (import "host" "note" (func $note (param i32) (result i32)))
    (import "host" "nested" (func $nested))
    (type $binary (func (param i32 i32) (result i32)))
    (memory (export "memory") 1 4)
    (table 4 4 funcref)
    (elem (i32.const 0) $add $add $add $add)
    (global $g (mut i64) (i64.const 0))
    (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
    (func $many (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.add (local.get 0) (local.get 8)))
    (func $large (result f64 f64 f64 f64 f64)
        (f64.const 1) (f64.const 2) (f64.const 3) (f64.const 4) (f64.const 5))
    (func (export "empty") (loop (br 0)))
    (func (export "count") (loop (global.set $g (i64.add (global.get $g) (i64.const 1))) (br 0)))
    (func (export "stores") (local $i i32)
        (loop (i64.store (i32.and (local.get $i) (i32.const 0xfff8)) (i64.const -1))
            (local.set $i (i32.add (local.get $i) (i32.const 8))) (br 0)))
    (func (export "calls") (local $i i32)
        (loop
            (local.set $i (call_indirect (type $binary) (local.get $i) (i32.const 1) (i32.and (local.get $i) (i32.const 3))))
            (local.set $i (call $many (local.get $i) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
                (i32.const 6) (i32.const 7) (local.get $i)))
            (call $large) (drop) (drop) (drop) (drop) (drop)
            (br 0)))
    (func $down (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
            (else (i32.const 0))))
    (func (export "recursion") (loop (drop (call $down (i32.const 200))) (br 0)))
    (func $a (param i32) (return_call $b (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)
        (i32.const 5) (i32.const 6) (i32.const 7)))
    (func $b (param i32 i32 i32 i32 i32 i32 i32 i32) (return_call $a (i32.add (local.get 0) (local.get 7))))
    (func (export "tail_calls") (call $a (i32.const 0)))
    (func (export "host_calls") (loop (drop (call $note (i32.const 5))) (br 0)))
    (func (export "nested_calls") (loop (call $nested) (br 0)))
    (func (export "grows") (loop
        (drop (memory.grow (i32.const 1))) (drop (memory.grow (i32.const 0)))
        (drop (table.grow (ref.null func) (i32.const 1))) (br 0)))
    (func (export "fills") (loop
        (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536))
        (memory.copy (i32.const 0) (i32.const 8) (i32.const 60000)) (br 0)))
    (func (export "sum") (param i32) (result i64) (local $s i64)
        (loop $l
            (local.set $s (i64.add (local.get $s) (i64.extend_i32_u (local.get 0))))
            (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get $s))
    (func (export "traps") (param i32)
        (drop (i32.load (i32.const 65536)))
        (loop (drop (i32.load (i32.mul (local.get 0) (i32.const 262144)))) (br 0)))
    (func (export "check") (result i32) (i32.add (call $down (i32.const 50)) (call $note (i32.const 7)))))"#;

const NAMES: &[&str] = &[
    "empty",
    "count",
    "stores",
    "calls",
    "recursion",
    "tail_calls",
    "host_calls",
    "nested_calls",
    "grows",
    "fills",
];

fn imports(store: &mut Store) -> [Extern; 2] {
    let ty = FuncType::new([ValType::I32], [ValType::I32]);
    let note = Func::new(store, ty, |_, slots| {
        slots[0] = wootz_runtime::ValRaw::i32(slots[0].get_i32() + 1);
        Ok(())
    });
    // Calls back, and takes no notice of what comes of it.
    let nested = Func::new(store, FuncType::default(), |mut caller, _| {
        let check = caller.export("check").and_then(Extern::into_func).unwrap();
        match check.call(caller.store_mut(), &[]) {
            Ok(results) => assert_eq!(results, [Val::I32(58)]),
            Err(error) => assert_eq!(error.trap_code(), Some(TrapCode::Interrupted)),
        }
        Ok(())
    });
    [note.into(), nested.into()]
}

fn busy(mode: Mode) -> (Store, Instance) {
    let mut store = mode.store();
    let imports = imports(&mut store);
    let instance = mode.add(&mut store, ENDLESS, &imports).unwrap();
    (store, instance)
}

/// Calls an endless function while another thread interrupts it after a time.
fn interrupted(store: &mut Store, instance: Instance, name: &str, after: Duration) -> CallError {
    let handle = store.interrupt_handle();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            spin(after);
            handle.interrupt();
        });
        call(store, instance, name, &[]).expect_err("it does not end by itself")
    })
}

/// Waits more exactly than by sleeping.
fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

#[test]
fn every_kind_of_endless_function_stops_and_says_where() {
    for mode in MODES {
        let (mut store, instance) = busy(mode);
        for name in NAMES {
            let error = interrupted(&mut store, instance, name, Duration::from_millis(5));
            assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{name}: {error}");
            assert!(!store.is_interrupted(), "{name}: the request is answered");
            assert_eq!(call(&mut store, instance, "check", &[]).unwrap(), [Val::I32(58)], "{name}");
        }
        // A request that the busy machine lets come before the call ends it without a frame.
        let seen = (0..20).any(|_| {
            let error = interrupted(&mut store, instance, "empty", Duration::from_millis(5)).to_string();
            assert!(error.starts_with("interrupted"), "{error}");
            error.starts_with("interrupted\n  0: busy!empty (wasm[")
        });
        assert!(seen, "no interrupt says that it was in the loop");
    }
}

/// Nearly all the time is spent in the C library, where a signal finds nothing to stop.
#[test]
fn a_loop_over_library_functions_stops() {
    let wat = r#"(module (memory 1) (global $x (export "x") (mut f64) (f64.const 0)) (func (export "f")
        (loop
            (global.set $x (f64.add (f64.nearest (global.get $x)) (f64.const 0.7)))
            (global.set $x (f64.add (f64.floor (f64.ceil (f64.trunc (global.get $x)))) (f64.const 0.7)))
            (br 0))))"#;
    let module = wootz_wasm_ir::Module::new(wat.as_bytes()).unwrap();
    let options = CompileOptions { cpu: Cpu::Baseline, ..CompileOptions::default() };
    let image = Image::load(compile_image(&module, &options).unwrap()).unwrap();
    assert!(
        !image.info().libcalls.is_empty(),
        "a CPU without rounding instructions calls functions for them"
    );
    let mut store = MODES[2].store();
    let instance = Instance::new(&mut store, &image, &[]).unwrap();
    for _ in 0..20 {
        let error = interrupted(&mut store, instance, "f", Duration::from_millis(1));
        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
    }
}

#[test]
fn a_loop_stops_within_milliseconds() {
    let (mut store, instance) = busy(MODES[2]);
    let mut times: Vec<_> = (0..40)
        .map(|_| {
            let asked = AtomicU64::new(0);
            let start = Instant::now();
            let handle = store.interrupt_handle();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    std::thread::sleep(Duration::from_millis(2));
                    asked.store(start.elapsed().as_nanos() as u64, Ordering::SeqCst);
                    handle.interrupt();
                });
                call(&mut store, instance, "empty", &[]).unwrap_err();
            });
            start.elapsed().saturating_sub(Duration::from_nanos(asked.load(Ordering::SeqCst)))
        })
        .collect();
    times.sort();
    // On a machine that does other things too, a thread may have to wait for its turn.
    assert!(times[times.len() / 2] < Duration::from_millis(10), "{times:?}");
}

/// A small generator of random numbers (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Interrupts at random times, until told to end.
fn harass(handle: &InterruptHandle, end: &AtomicBool, random: &mut Random) {
    while !end.load(Ordering::Relaxed) {
        spin(Duration::from_nanos(random.next() % 60_000));
        handle.interrupt();
    }
}

#[test]
fn interrupts_at_random_times_leave_the_store_whole() {
    let rounds = std::env::var("WOOTZ_INTERRUPTS").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    for (number, mode) in MODES.into_iter().enumerate() {
        let (mut store, instance) = busy(mode);
        let end = AtomicBool::new(false);
        let handle = store.interrupt_handle();
        let mut random = Random(0x9e37_79b9_7f4a_7c15 + number as u64);
        std::thread::scope(|scope| {
            let (handle, end) = (&handle, &end);
            let mut times = Random(0x2545_f491_4f6c_dd1d + number as u64);
            scope.spawn(move || harass(handle, end, &mut times));
            // Whatever happens here, the other thread has to end.
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                for _ in 0..rounds {
                    round(&mut store, instance, &mut random);
                }
            }));
            end.store(true, Ordering::Relaxed);
            outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
        store.clear_interrupt();
        assert_eq!(call(&mut store, instance, "check", &[]).unwrap(), [Val::I32(58)]);
        assert_eq!(call(&mut store, instance, "sum", &[Val::I32(1000)]).unwrap(), [Val::I64(500_500)]);
        let trap = call(&mut store, instance, "traps", &[Val::I32(1)]).unwrap_err();
        let code = if store_grew(&store, instance) {
            TrapCode::MemoryOutOfBounds
        } else {
            trap.trap_code().unwrap()
        };
        assert_eq!(trap.trap_code(), Some(code), "{trap}");
    }
}

fn store_grew(store: &Store, instance: Instance) -> bool {
    let memory = instance.export(store, "memory").and_then(Extern::into_memory).unwrap();
    memory.size(store) <= 4
}

/// One call of some kind: what it returns is right, or it was stopped, or it trapped as it must.
fn round(store: &mut Store, instance: Instance, random: &mut Random) {
    let choice = random.next() % 16;
    match choice as usize {
        index if index < NAMES.len() => {
            let error = call(store, instance, NAMES[index], &[]).expect_err("it does not end by itself");
            assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{}: {error}", NAMES[index]);
        }
        10 | 11 => {
            let count = (random.next() % 20_000 + 1) as i32;
            match call(store, instance, "sum", &[Val::I32(count)]) {
                Ok(results) => {
                    assert_eq!(results, [Val::I64(i64::from(count) * (i64::from(count) + 1) / 2)]);
                }
                Err(error) => assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{error}"),
            }
        }
        12 | 13 => match call(store, instance, "check", &[]) {
            Ok(results) => assert_eq!(results, [Val::I32(58)]),
            Err(error) => assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{error}"),
        },
        _ => {
            let error = call(store, instance, "traps", &[Val::I32(1)]).unwrap_err();
            let code = error.trap_code();
            let expected = [Some(TrapCode::MemoryOutOfBounds), Some(TrapCode::Interrupted)];
            assert!(expected.contains(&code), "{error}");
            assert!(names(&error).iter().all(|name| *name == "traps" || *name == "?"), "{error}");
        }
    }
}

#[test]
fn a_request_waits_for_the_next_call_and_can_be_forgotten() {
    let (mut store, instance) = busy(MODES[2]);
    let handle = store.interrupt_handle();
    handle.interrupt();
    assert!(handle.is_interrupted() && store.is_interrupted());
    let error = call(&mut store, instance, "check", &[]).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
    assert!(names(&error).is_empty(), "nothing has run");
    assert_eq!(call(&mut store, instance, "check", &[]).unwrap(), [Val::I32(58)]);
    handle.interrupt();
    store.clear_interrupt();
    assert_eq!(call(&mut store, instance, "check", &[]).unwrap(), [Val::I32(58)]);
    drop(store);
    handle.interrupt();
}

#[test]
fn a_request_stops_the_start_function_and_the_store_is_usable() {
    let mode = MODES[2];
    let mut store = mode.store();
    let handle = store.interrupt_handle();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(5));
            handle.interrupt();
        });
        let error = mode.add(&mut store, "(module (func $s (loop (br 0))) (start $s))", &[]).unwrap_err();
        let wootz_runtime::InstantiateError::Call(error) = error else { panic!("{error}") };
        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
    });
    let instance = mode.add(&mut store, "(module (func (export \"f\")))", &[]).unwrap();
    func(&store, instance, "f").call(&mut store, &[]).unwrap();
}

#[test]
fn deadlines_stop_what_runs_and_are_replaced() {
    let (mut store, instance) = busy(MODES[2]);
    for name in ["empty", "host_calls", "nested_calls"] {
        let start = Instant::now();
        store.set_timeout(Duration::from_secs(3600));
        store.set_timeout(Duration::from_millis(30));
        let error = call(&mut store, instance, name, &[]).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
        assert!(start.elapsed() >= Duration::from_millis(30));
        assert_eq!(
            call(&mut store, instance, "check", &[]).unwrap(),
            [Val::I32(58)],
            "one deadline, one stop"
        );
    }
    store.set_timeout(Duration::ZERO);
    std::thread::sleep(Duration::from_millis(20));
    assert!(store.is_interrupted());
    store.clear_deadline();
    assert_eq!(call(&mut store, instance, "check", &[]).unwrap(), [Val::I32(58)]);
    store.set_timeout(Duration::MAX);
    store.set_deadline(Instant::now() + Duration::from_secs(3600));
    assert_eq!(call(&mut store, instance, "check", &[]).unwrap(), [Val::I32(58)]);
}

#[test]
fn many_stores_stop_each_for_itself() {
    let image = MODES[2].image("(module (func (export \"spin\") (loop (br 0))))");
    std::thread::scope(|scope| {
        for thread in 0..6u64 {
            let image = &image;
            scope.spawn(move || {
                let mut store = MODES[2].store();
                let instance = Instance::new(&mut store, image, &[]).unwrap();
                for round in 0..10 {
                    let (start, time) =
                        (Instant::now(), Duration::from_millis(1 + (thread * 7 + round) % 12));
                    store.set_timeout(time);
                    let error = call(&mut store, instance, "spin", &[]).unwrap_err();
                    assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
                    assert!(start.elapsed() >= time);
                }
            });
        }
    });
}
