//! What single operations cost: calls inside of the guest, traps, and bulk memory. `cargo bench -p wootz --bench operations`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use wootz::{CheckStrategy, Config, Engine, Instance, Module, Store, TypedFunc};

/// How often a bulk operation is made in one call of the guest.
const TIMES: i32 = 1000;

fn engines() -> [(&'static str, Engine); 2] {
    let engine = |checks| Engine::new(&Config::new().checks(checks));
    [("guard", engine(CheckStrategy::Guard)), ("explicit", engine(CheckStrategy::Explicit))]
}

fn start(engine: &Engine, text: &str) -> (Store<()>, Instance) {
    let module = Module::new(engine, text).expect("the guest compiles");
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("the guest instantiates");
    (store, instance)
}

/// Fibonacci numbers by recursion, where each call is made in some way.
fn recursive(way: &str) -> String {
    format!(
        r#"(module
          (type $unary (func (param i32) (result i32)))
          (table $fixed funcref (elem $fib))
          (table $table (export "table") funcref (elem $fib))
          (global $reference (export "reference") (mut (ref null $unary)) (ref.func $fib))
          (func $fib (export "fib") (type $unary)
            (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
              (else
                (i32.sub (local.get 0) (i32.const 1)) {way}
                (i32.sub (local.get 0) (i32.const 2)) {way}
                i32.add))))"#
    )
}

/// Calls inside of the guest: so many as the 20th Fibonacci number takes.
fn calls(criterion: &mut Criterion) {
    let ways = [
        ("direct", "(call $fib)"),
        ("by a table that never changes", "(call_indirect $fixed (type $unary) (i32.const 0))"),
        ("by a table", "(call_indirect $table (type $unary) (i32.const 0))"),
        ("by a reference", "(call_ref $unary (global.get $reference))"),
    ];
    let engine = Engine::default();
    let mut group = criterion.benchmark_group("calls");
    group.throughput(Throughput::Elements(21_891));
    for (name, way) in ways {
        let (mut store, instance) = start(&engine, &recursive(way));
        let fib: TypedFunc<i32, i32> = instance.get_typed_func(&store, "fib").expect("exported");
        group.bench_function(name, |bencher| {
            bencher.iter(|| fib.call(&mut store, black_box(20)).expect("it returns"));
        });
    }
    group.finish();
}

/// From a call of the guest to the error that its trap is, with a backtrace of one frame, and of a hundred.
fn traps(criterion: &mut Criterion) {
    let causes = [
        ("unreachable", "(unreachable)"),
        ("load out of bounds", "(drop (i32.load (i32.const -4)))"),
        ("division by zero", "(drop (i32.div_u (i32.const 1) (i32.load (i32.const 0))))"),
        ("null element", "(call_indirect (type $nothing) (i32.const 0))"),
        ("copy out of bounds", "(memory.copy (i32.const 0) (i32.const -1) (i32.const 9))"),
    ];
    for (strategy, engine) in engines() {
        let mut group = criterion.benchmark_group(format!("traps, {strategy}"));
        for (name, cause) in causes {
            let text = format!(
                r#"(module
                  (type $nothing (func))
                  (memory 1)
                  (table (export "table") 1 funcref)
                  (func $run (export "run") (param i32)
                    (if (local.get 0) (then (call $run (i32.sub (local.get 0) (i32.const 1)))) (else {cause}))))"#
            );
            let (mut store, instance) = start(&engine, &text);
            let run: TypedFunc<i32, ()> = instance.get_typed_func(&store, "run").expect("exported");
            for depth in [0, 99] {
                group.bench_function(BenchmarkId::new(name, format!("{} frames", depth + 1)), |bencher| {
                    bencher.iter(|| run.call(&mut store, black_box(depth)).expect_err("it traps"));
                });
            }
        }
        group.finish();
    }
}

/// Bulk memory, by how many bytes at a time.
fn bulk(criterion: &mut Criterion) {
    let operations = [
        ("copy", "(memory.copy (i32.const 131072) (i32.const 64) (local.get $bytes))"),
        ("copy, overlapping", "(memory.copy (i32.const 65) (i32.const 64) (local.get $bytes))"),
        ("fill", "(memory.fill (i32.const 64) (i32.const 7) (local.get $bytes))"),
        ("init", "(memory.init $data (i32.const 64) (i32.const 0) (local.get $bytes))"),
    ];
    for (strategy, engine) in engines() {
        let mut group = criterion.benchmark_group(format!("bulk memory, {strategy}"));
        for (name, operation) in operations {
            let text = format!(
                r#"(module
                  (memory 4)
                  (data $data "{}")
                  (func (export "run") (param $bytes i32) (local $left i32)
                    (local.set $left (i32.const {TIMES}))
                    (loop {operation}
                      (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))"#,
                "steel ore".repeat(8192)
            );
            let (mut store, instance) = start(&engine, &text);
            let run: TypedFunc<i32, ()> = instance.get_typed_func(&store, "run").expect("exported");
            for bytes in [8, 64, 1024, 65536] {
                group.throughput(Throughput::Bytes(bytes as u64 * TIMES as u64));
                group.bench_function(BenchmarkId::new(name, bytes), |bencher| {
                    bencher.iter(|| run.call(&mut store, black_box(bytes)).expect("it returns"));
                });
            }
        }
        group.finish();
    }
}

fn configuration() -> Criterion {
    Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1))
}

criterion_group! { name = operations; config = configuration(); targets = calls, traps, bulk }
criterion_main!(operations);
