//! What instances, memories and tables cost in time: `cargo bench -p wootz --bench space`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use wootz::{CheckStrategy, Config, Engine, Instance, MemoryPool, Module, OptLevel, PoolConfig, Store};

const SMALL: &str = r#"(module
    (memory (export "memory") 1)
    (table 16 funcref)
    (global (mut i32) (i32.const 1))
    (data (i32.const 64) "steel")
    (elem (i32.const 1) func $run)
    (func $run (export "run") (param i32) (result i32)
      (i32.store (i32.const 0) (local.get 0))
      (i32.load (i32.const 0))))"#;

fn pool() -> MemoryPool {
    let config = PoolConfig { guarded_slots: 100, explicit_slots: 100, ..PoolConfig::default() };
    MemoryPool::new(&config).expect("there is address space")
}

/// The ways in which a memory can be had.
fn engines() -> Vec<(String, Engine)> {
    let pool = pool();
    let mut engines = Vec::new();
    for (name, checks) in [("guard", CheckStrategy::Guard), ("explicit", CheckStrategy::Explicit)] {
        let config = Config::new().checks(checks).opt_level(OptLevel::O2);
        engines.push((format!("{name}, mapped"), Engine::new(&config)));
        engines.push((format!("{name}, pooled"), Engine::new(&config.memory_pool(pool.clone()))));
    }
    engines
}

fn instances(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("instantiate and drop");
    for (name, engine) in engines() {
        let module = Module::new(&engine, SMALL).expect("the module compiles");
        group.bench_function(BenchmarkId::new("alone", &name), |bencher| {
            bencher.iter(|| {
                let mut store = Store::new(&engine, ());
                black_box(Instance::new(&mut store, &module, &[]).expect("there is room"));
            });
        });
        group.bench_function(BenchmarkId::new("and a call", &name), |bencher| {
            bencher.iter(|| {
                let mut store = Store::new(&engine, ());
                let instance = Instance::new(&mut store, &module, &[]).expect("there is room");
                let run = instance.get_typed_func::<i32, i32>(&store, "run").expect("it is exported");
                black_box(run.call(&mut store, 7).expect("it does not trap"));
            });
        });
    }
    group.finish();
}

/// Initial data of some size, copied or mapped; a page of it is written to and four are read.
fn data(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("instantiate with data");
    for kib in [4, 16, 32, 64, 256, 1024] {
        let wat = format!(
            r#"(module (memory (export "memory") 17) (data (i32.const 0) "{}"))"#,
            "x".repeat(kib << 10)
        );
        group.throughput(Throughput::Bytes((kib << 10) as u64));
        for (place, config) in
            [("mapped memory", Config::new()), ("pooled memory", Config::new().memory_pool(pool()))]
        {
            for (way, copy_on_write) in [("copied", false), ("copy-on-write", true)] {
                let engine = Engine::new(&config.clone().copy_on_write(copy_on_write));
                let module = Module::new(&engine, &wat).expect("the module compiles");
                group.bench_function(BenchmarkId::new(format!("{place}, {way}"), kib), |bencher| {
                    bencher.iter(|| {
                        let mut store = Store::new(&engine, ());
                        let instance = Instance::new(&mut store, &module, &[]).expect("there is room");
                        let memory = instance.get_memory(&store, "memory").expect("it is exported");
                        let bytes = memory.data_mut(&mut store);
                        bytes[100] = 1;
                        black_box((0..4).map(|page| bytes[page * (kib << 8)]).max());
                    });
                });
            }
        }
    }
    group.finish();
}

/// Calls `run(1000)` of fresh instances and reports a thousandth of the time.
fn thousandth(engine: &Engine, module: &Module, rounds: u64) -> Duration {
    let mut spent = Duration::ZERO;
    for _ in 0..rounds.div_ceil(1000) {
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, module, &[]).expect("there is room");
        let run = instance.get_typed_func::<i32, i32>(&store, "run").expect("it is exported");
        let started = Instant::now();
        black_box(run.call(&mut store, 1000).expect("it does not trap"));
        spent += started.elapsed();
    }
    spent.mul_f64(rounds as f64 / (rounds.div_ceil(1000) * 1000) as f64)
}

/// A module whose `run` repeats instructions that leave an `i32`.
fn repeat(fields: &str, body: &str) -> String {
    format!(
        r#"(module {fields}
            (func (export "run") (param $count i32) (result i32) (local $sum i32)
              (loop $more
                (local.set $sum (i32.add (local.get $sum) {body}))
                (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
              (local.get $sum)))"#
    )
}

fn grow(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("memory.grow by a page");
    let wat = repeat("(memory 1)", "(memory.grow (i32.const 1))");
    for (name, engine) in engines() {
        let module = Module::new(&engine, &wat).expect("the module compiles");
        group.bench_function(&name, |bencher| {
            bencher.iter_custom(|rounds| thousandth(&engine, &module, rounds));
        });
    }
    group.finish();
}

fn tables(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tables");
    let engine = Engine::new(&Config::new());
    for (name, body) in [
        ("table.get", "(ref.is_null (table.get $t (local.get $count)))"),
        ("table.set", "(block (result i32) (table.set $t (local.get $count) (ref.null func)) (i32.const 0))"),
        ("table.grow by one", "(table.grow $t (ref.null func) (i32.const 1))"),
        (
            "table.fill of 1000",
            "(block (result i32) (table.fill $t (i32.const 0) (ref.null func) (i32.const 1000)) (i32.const 0))",
        ),
    ] {
        let module =
            Module::new(&engine, repeat("(table $t 1001 funcref)", body)).expect("the module compiles");
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|rounds| thousandth(&engine, &module, rounds));
        });
    }
    group.finish();
}

fn configuration() -> Criterion {
    Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1))
}

criterion_group! { name = benches; config = configuration(); targets = instances, data, grow, tables }
criterion_main!(benches);
