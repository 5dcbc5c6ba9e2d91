//! The end of the stack: at every frame size, whoever is called there, over and over.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wootz_runtime::{Extern, Func, Image, Instance, Store, StoreConfig, TrapCode, Val};
use wootz_wasm_ir::{FuncType, ValType};

use super::{MODES, USUAL, alone, call, func, names, trap_a_million_times};

const RECURSE: &str = r#"(module
    (func $recurse (export "recurse") (call $recurse))
    (func (export "fine") (result i32) (i32.const 42)))"#;

/// How a function calls itself.
#[derive(Copy, Clone, PartialEq, Debug)]
enum Shape {
    Direct,
    /// By way of another function.
    Mutual,
    /// By way of a table.
    Indirect,
}

const SHAPES: [Shape; 3] = [Shape::Direct, Shape::Mutual, Shape::Indirect];

/// Bytes that a frame has at least: none asked for, a page of the system, more than the stack's guard page.
const FRAMES: [usize; 3] = [0, 4 << 10, 100 << 10];

/// What each level does before it goes on to the next.
const NOTHING: i32 = 0;
const BUILTINS: i32 = 1;
const HOST: i32 = 2;
const WIDE_HOST: i32 = 3;

/// Parameters of a host function whose way out needs a large frame.
const WIDE: usize = 500;

/// A module whose `f` counts its depth in a global and calls itself without end, in frames of at least so many bytes. `begin` says
/// what each level does first.
fn recursion(shape: Shape, frame: usize) -> String {
    let values = frame / 16;
    let again = match shape {
        Shape::Direct => "(call $f)",
        Shape::Mutual => "(call $g)",
        Shape::Indirect => "(call_indirect (i32.const 0))",
    };
    let mut text = format!(
        r#"(module (import "host" "deep" (func $host)) (import "host" "wide" (func $wide (param {})))
        (memory 2) (table 1 funcref) (elem (i32.const 0) $f)
        (global $depth (export "depth") (mut i32) (i32.const 0)) (global $each (mut i32) (i32.const 0))
        (func (export "begin") (param i32) (global.set $depth (i32.const 0)) (global.set $each (local.get 0)))
        (func $g (call $f) (global.set $depth (global.get $depth)))
        (func $f (export "f") (local {})
          (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
          (if (i32.eq (global.get $each) (i32.const {BUILTINS})) (then
            (memory.fill (i32.const 0) (i32.const 0) (i32.const 100)) (drop (memory.grow (i32.const 0)))))
          (if (i32.eq (global.get $each) (i32.const {HOST})) (then (call $host)))
          (if (i32.eq (global.get $each) (i32.const {WIDE_HOST})) (then (call $wide {})))"#,
        "i64 ".repeat(WIDE),
        "v128 ".repeat(values),
        "(i64.const 7)".repeat(WIDE),
    );
    // Loaded before the call, which might write to the memory, and used after it: all must be kept meanwhile.
    for value in 0..values {
        let _ = writeln!(text, "(local.set {value} (v128.load offset={} (i32.const 0)))", 16 * value);
    }
    text += again;
    for value in 0..values {
        let _ = writeln!(text, "(v128.store offset={} (i32.const 4) (local.get {value}))", 16 * value);
    }
    // Something to do after the call, or it would be a loop.
    text + "(global.set $depth (i32.sub (global.get $depth) (i32.const 1)))))"
}

/// The imports of [`recursion`]: they count their calls, and use nearly all the stack that the host may count on.
fn imports(store: &mut Store, calls: &Arc<AtomicUsize>) -> Vec<Extern> {
    let mut host = |params: usize| {
        let calls = Arc::clone(calls);
        let ty = FuncType::new(vec![ValType::I64; params], []);
        Func::new(store, ty, move |_, _| {
            let mut room = [0u8; 200 << 10];
            std::hint::black_box(&mut room).fill(1);
            calls.fetch_add(usize::from(room[params]), Ordering::Relaxed);
            Ok(())
        })
    };
    vec![host(0).into(), host(WIDE).into()]
}

/// Recurses until the end of the stack, several times, on a thread with a stack of so many bytes. Returns the depth reached and the
/// calls of the host.
fn exhaust(image: &Image, each: i32, max_wasm_stack: usize, thread: usize) -> (usize, usize) {
    let run = || {
        let mut store = Store::new(StoreConfig { max_wasm_stack, ..StoreConfig::default() }, Box::new(()));
        let calls = Arc::new(AtomicUsize::new(0));
        let imports = imports(&mut store, &calls);
        let instance = Instance::new(&mut store, image, &imports).unwrap();
        let mut reached = Vec::new();
        for _ in 0..3 {
            calls.store(0, Ordering::Relaxed);
            call(&mut store, instance, "begin", &[Val::I32(each)]).unwrap();
            let error = call(&mut store, instance, "f", &[]).unwrap_err();
            assert_eq!(error.trap_code(), Some(TrapCode::StackExhausted), "{error}");
            assert!(names(&error).iter().all(|name| ["f", "g"].contains(name)), "{error}");
            let depth = instance.export(&store, "depth").unwrap().into_global().unwrap().get(&store);
            let Val::I32(depth) = depth else { panic!("{depth:?}") };
            reached.push((depth as usize, calls.load(Ordering::Relaxed)));
        }
        assert_eq!(reached[0], reached[1]);
        assert_eq!(reached[1], reached[2]);
        reached[0]
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(thread).spawn_scoped(scope, run);
        thread.unwrap().join().unwrap()
    })
}

/// Guests end at the limit, and whoever they call there has its reserve: builtins, host functions, and host functions whose
/// way out needs more than is left above the reserve, so that it traps before the host is entered.
#[test]
fn every_frame_in_every_shape_ends_at_the_limit() {
    for mode in [MODES[0], MODES[2], MODES[3]] {
        for (shape, frame) in SHAPES.into_iter().flat_map(|shape| FRAMES.map(|frame| (shape, frame))) {
            // Thousands of values at a time take the compiler seconds.
            if frame > 4 << 10 && (mode, shape) != (USUAL, Shape::Direct) {
                continue;
            }
            let image = mode.image(&recursion(shape, frame));
            // The store's limit comes first, then the end of the thread's stack. (A thread may get the stack of one that has
            // ended, but not one so much larger.)
            for (limit, thread) in [(1 << 20, 8 << 20), (usize::MAX, 1 << 20)] {
                for each in [NOTHING, BUILTINS, HOST, WIDE_HOST] {
                    let (depth, calls) = exhaust(&image, each, limit, thread);
                    let what = format!("{mode:?} {shape:?} {frame} {each} under {limit} of {thread}");
                    let most = (1 << 20) / frame.max(1) + 1;
                    assert!((1..=most).contains(&depth), "{depth} levels: {what}");
                    // The last level may have found no room for the way out.
                    let expected = if each >= HOST { depth - 1..=depth } else { 0..=0 };
                    assert!(expected.contains(&calls), "{calls} calls at {depth} levels: {what}");
                }
            }
        }
    }
}

#[test]
fn the_stack_limit_is_the_stores() {
    let image = USUAL.image(RECURSE);
    let depth = |max_wasm_stack| {
        let config = StoreConfig { max_wasm_stack, ..StoreConfig::default() };
        let mut store = wootz_runtime::Store::new(config, Box::new(()));
        let instance = wootz_runtime::Instance::new(&mut store, &image, &[]).unwrap();
        let error = call(&mut store, instance, "recurse", &[]).unwrap_err();
        let trap = error.as_trap().unwrap();
        assert_eq!(trap.code, TrapCode::StackExhausted);
        trap.frames.len() + trap.omitted
    };
    let (small, large) = (depth(64 << 10), depth(512 << 10));
    assert!(small > 100 && large > 6 * small && large < 10 * small, "{small} {large}");
    // More than the thread has: what it has counts, less the reserve for the host.
    assert!(depth(usize::MAX) > 1000);
}

#[test]
fn a_thread_with_hardly_any_stack_traps_at_once() {
    let image = USUAL.image(RECURSE);
    let run = move || {
        let mut store = USUAL.store();
        let instance = wootz_runtime::Instance::new(&mut store, &image, &[]).unwrap();
        let error = call(&mut store, instance, "fine", &[]).unwrap_err();
        assert_eq!(error.to_string(), "call stack exhausted");
    };
    std::thread::Builder::new().stack_size(128 << 10).spawn(run).unwrap().join().unwrap();
}

/// A guest that does nothing else cannot wear the process out.
#[test]
fn a_million_exhaustions_in_a_row() {
    if !alone("stack::a_million_exhaustions_in_a_row") {
        return;
    }
    let image = USUAL.image(&recursion(Shape::Direct, 4 << 10));
    // Two frames or three: each exhaustion takes as long as they take to walk.
    let mut store =
        Store::new(StoreConfig { max_wasm_stack: 10 << 10, ..StoreConfig::default() }, Box::new(()));
    let imports = imports(&mut store, &Arc::default());
    let instance = Instance::new(&mut store, &image, &imports).unwrap();
    let exhaust = func(&store, instance, "f");
    trap_a_million_times(&mut store, &exhaust, TrapCode::StackExhausted);
    call(&mut store, instance, "begin", &[Val::I32(NOTHING)]).unwrap();
}
