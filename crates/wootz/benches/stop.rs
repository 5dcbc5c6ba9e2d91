//! What stopping costs: crossings between host and guest with and without a deadline, the time from a request to the end of
//! the call, and fuel. `cargo bench -p wootz --bench stop`; `docs/embedding.md` quotes it.

use std::hint::black_box;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use wootz::{CheckStrategy, Config, Engine, Instance, Linker, Module, Store, TypedFunc};

const GUEST: &str = r#"(module
    (import "host" "nothing" (func $nothing))
    (memory 1)
    (func (export "leaf") (param i32) (result i32) (local.get 0))
    (func (export "hosts") (param i32) (loop (call $nothing)
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "spin") (loop (br 0)))
    (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "sieve") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $count i32)
        (memory.fill (i32.const 0) (i32.const 0) (local.get $n))
        (local.set $i (i32.const 2))
        (loop $next
            (if (i32.eqz (i32.load8_u (local.get $i))) (then
                (local.set $count (i32.add (local.get $count) (i32.const 1)))
                (local.set $j (i32.shl (local.get $i) (i32.const 1)))
                (block $done (loop $cross
                    (br_if $done (i32.ge_u (local.get $j) (local.get $n)))
                    (i32.store8 (local.get $j) (i32.const 1))
                    (local.set $j (i32.add (local.get $j) (local.get $i)))
                    (br $cross)))))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
        (local.get $count))
    (func (export "fill") (param $end i32) (local $at i32)
        (loop $next
            (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (local.get $end)))
            (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end)))))
    (func (export "mix") (param $n i32) (result i64) (local $x i64)
        (loop $next
            (local.set $x (i64.mul (i64.xor (i64.rotl (local.get $x) (i64.const 7)) (i64.extend_i32_u (local.get $n)))
                (i64.const 0x9e3779b97f4a7c15)))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $x)))"#;

fn start(config: &Config) -> (Store<()>, Instance) {
    let engine = Engine::new(config);
    let module = Module::new(&engine, GUEST).expect("the guest compiles");
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "nothing", || ()).expect("one definition");
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).expect("the guest instantiates");
    (store, instance)
}

const CROSSINGS: i32 = 1000;

/// One call of the guest, and a thousand of the host.
fn crossings(criterion: &mut Criterion) {
    let (mut store, instance) = start(&Config::new());
    let leaf: TypedFunc<i32, i32> = instance.get_typed_func(&store, "leaf").expect("an export");
    let hosts: TypedFunc<i32, ()> = instance.get_typed_func(&store, "hosts").expect("an export");
    let mut group = criterion.benchmark_group("crossings");
    for name in ["no deadline", "a deadline"] {
        if name == "a deadline" {
            store.set_timeout(Duration::from_secs(3600));
        }
        group.bench_function(format!("host to guest, {name}"), |bencher| {
            bencher.iter(|| leaf.call(&mut store, black_box(7)).expect("it returns"));
        });
        group.bench_function(format!("1000 × guest to host, {name}"), |bencher| {
            bencher.iter(|| hosts.call(&mut store, CROSSINGS).expect("it returns"));
        });
    }
    group.finish();
}

/// From a request to the end of the call: criterion reports the mean; the distribution is printed.
fn latency(criterion: &mut Criterion) {
    let (mut store, instance) = start(&Config::new());
    let spin: TypedFunc<(), ()> = instance.get_typed_func(&store, "spin").expect("an export");
    let handle = store.interrupt_handle();
    let (ask, asked) = mpsc::channel::<()>();
    let (report, reported) = mpsc::channel();
    std::thread::spawn(move || {
        while asked.recv().is_ok() {
            // Long enough for the guest to spin.
            std::thread::sleep(Duration::from_micros(200));
            let _ = report.send(Instant::now());
            handle.interrupt();
        }
    });
    let mut times = Vec::new();
    criterion.bench_function("interrupt", |bencher| {
        bencher.iter_custom(|count| {
            let once = |_| {
                ask.send(()).expect("the thread waits");
                spin.call(&mut store, ()).expect_err("it is interrupted");
                let time = reported.recv().expect("the thread answers").elapsed();
                times.push(time);
                time
            };
            (0..count).map(once).sum()
        });
    });
    times.sort();
    if let Some(last) = times.len().checked_sub(1) {
        let at = |part: f64| times[(last as f64 * part) as usize];
        println!(
            "interrupt: median {:?}, 90 % {:?}, 99 % {:?}, longest {:?}",
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0)
        );
    }
}

fn fuel(criterion: &mut Criterion) {
    for (checks, name) in [(CheckStrategy::Guard, "guard"), (CheckStrategy::Explicit, "explicit")] {
        let mut group = criterion.benchmark_group(format!("fuel, {name}"));
        let config = Config::new().checks(checks);
        run(&mut group, "without", &config);
        run(&mut group, "with", &config.fuel(u64::MAX));
        group.finish();
    }
}

fn run(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, config: &Config) {
    let (mut store, instance) = start(config);
    let sieve: TypedFunc<i32, i32> = instance.get_typed_func(&store, "sieve").expect("an export");
    let fib: TypedFunc<i32, i32> = instance.get_typed_func(&store, "fib").expect("an export");
    let mix: TypedFunc<i32, i64> = instance.get_typed_func(&store, "mix").expect("an export");
    group.bench_function(format!("fib {name}"), |b| b.iter(|| fib.call(&mut store, 20).expect("it returns")));
    group.bench_function(format!("sieve {name}"), |b| {
        b.iter(|| sieve.call(&mut store, 60_000).expect("it returns"))
    });
    // A loop that is versioned.
    let fill: TypedFunc<i32, ()> = instance.get_typed_func(&store, "fill").expect("an export");
    group.bench_function(format!("fill {name}"), |b| {
        b.iter(|| fill.call(&mut store, 60_000).expect("it returns"))
    });
    group.bench_function(format!("mix {name}"), |b| {
        b.iter(|| mix.call(&mut store, 10_000).expect("it returns"))
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(30);
    targets = crossings, latency, fuel
}
criterion_main!(benches);
