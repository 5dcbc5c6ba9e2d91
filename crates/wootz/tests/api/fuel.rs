//! Fuel: the same in every mode, charged as documented, and the end of what has none.

use wootz::{
    Caller, CheckStrategy, Config, Cpu, Engine, Error, Instance, Linker, Mode, Module, OptLevel, Store,
    TrapCode,
};

const PROGRAM: &str = r#"(module
    (memory (export "memory") 1)
    (global $g (export "g") (mut i32) (i32.const 0))
    (table 2 funcref)
    (elem (i32.const 0) $leaf $fib)
    (type $unary (func (param i32) (result i32)))
    (func $leaf (type $unary) (i32.add (local.get 0) (i32.const 1)))
    (func $fib (type $unary)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "empty"))
    (func (export "forever") (loop (br 0)))
    (func (export "work") (local $i i32)
        (loop $next
            (i32.store (i32.mul (local.get $i) (i32.const 4))
                (call_indirect (type $unary) (local.get $i) (i32.and (local.get $i) (i32.const 1))))
            (global.set $g (i32.add (global.get $g) (local.get $i)))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 14)))))
    (func (export "count")
        (loop $next
            (global.set $g (i32.add (global.get $g) (i32.const 1)))
            (i32.store (i32.const 8) (global.get $g))
            (br $next)))
    (func (export "fault") (local $i i32)
        (loop $next
            (drop (i32.load (i32.mul (local.get $i) (i32.const 4096))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next)))
    (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const 6400)))
    (func $down (export "recurse") (call $down)))"#;

fn configurations() -> Vec<Config> {
    let mut all = Vec::new();
    for opt in [OptLevel::O0, OptLevel::O1, OptLevel::O2, OptLevel::O3] {
        for checks in [CheckStrategy::Guard, CheckStrategy::Explicit] {
            for cpu in [Cpu::Native, Cpu::Baseline] {
                all.push(Config::new().opt_level(opt).checks(checks).cpu(cpu).fuel(1_000_000));
            }
        }
    }
    all
}

fn start(config: &Config) -> (Store<()>, Instance) {
    let engine = Engine::new(config);
    let module = Module::new(&engine, PROGRAM).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

fn code(result: Result<(), Error>) -> Option<TrapCode> {
    result.err().map(|error| error.trap().expect("a trap").code)
}

fn globals(store: &mut Store<()>, instance: Instance) -> (Option<i32>, [u8; 4]) {
    let mut bytes = [0; 4];
    instance.get_memory(&*store, "memory").unwrap().read(&*store, 8, &mut bytes).unwrap();
    (instance.get_global(&*store, "g").unwrap().get(&*store).i32(), bytes)
}

#[test]
fn every_mode_consumes_the_same_and_stops_at_the_same_place() {
    let observe = |config: &Config| {
        let (mut store, instance) = start(config);
        let mut seen = Vec::new();
        for name in ["empty", "work", "fault", "count", "forever"] {
            store.set_fuel(10_007);
            let ended = code(super::call(&mut store, instance, name));
            seen.push((name, ended, store.fuel(), globals(&mut store, instance)));
        }
        seen
    };
    let mut configurations = configurations().into_iter();
    let expected = observe(&configurations.next().unwrap());
    let codes: Vec<_> = expected.iter().map(|(_, code, ..)| *code).collect();
    let out = Some(TrapCode::OutOfFuel);
    assert_eq!(codes, [None, None, Some(TrapCode::MemoryOutOfBounds), out, out]);
    for config in configurations {
        assert_eq!(observe(&config), expected, "{config:?}");
    }
}

/// Loops that are versioned: of one block, left in the middle, inside of another loop; one that is not, with two ways through it; and one
/// that runs out of the memory.
const LOOPS: &str = r#"(module
    (memory (export "memory") 1)
    (data (i32.const 60000) "\28\00\00\00")
    (func $fill (param $p i32) (param $end i32)
        (loop $next
            (i32.store8 (local.get $p) (i32.add (i32.load8_u (local.get $p)) (i32.const 1)))
            (br_if $next (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 1))) (local.get $end)))))
    (func (export "fill") (call $fill (i32.const 100) (i32.add (i32.const 100) (i32.load (i32.const 60000)))))
    (func (export "first") (local $i i32) (local $n i32)
        (local.set $n (i32.load (i32.const 60000)))
        (block $out
            (loop $next
                (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
                (i32.store offset=1000 (i32.shl (local.get $i) (i32.const 2))
                    (i32.mul (local.get $i) (i32.load offset=4000 (i32.shl (local.get $i) (i32.const 2)))))
                (i32.store offset=2000 (i32.shl (local.get $i) (i32.const 2)) (local.get $i))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $next))))
    (func (export "nested") (local $i i32)
        (loop $next
            (call $fill (i32.const 100) (i32.add (i32.const 100) (i32.load (i32.const 60000))))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5)))))
    (func (export "rows") (local $i i32) (local $j i32) (local $n i32)
        (local.set $n (i32.load (i32.const 60000)))
        (loop $row
            (local.set $j (i32.const 0))
            (loop $column
                (i32.store offset=1000
                    (i32.add (i32.mul (local.get $i) (i32.const 160)) (i32.shl (local.get $j) (i32.const 2)))
                    (i32.add (local.get $i) (local.get $j)))
                (br_if $column (i32.ne (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
            (br_if $row (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9)))))
    (func (export "conditional") (local $i i32) (local $n i32)
        (local.set $n (i32.load (i32.const 60000)))
        (loop $next
            (if (i32.and (local.get $i) (i32.const 3)) (then
                (i32.store8 offset=1000 (local.get $i) (local.get $i))))
            (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
    (func (export "past-the-end")
        (call $fill (i32.const 65500) (i32.add (i32.const 65500) (i32.load (i32.const 60000))))))"#;

/// Runs with each amount of fuel, from none to more than enough, end alike under all configurations.
#[test]
fn versioned_loops_stop_where_the_others_do() {
    let observe = |config: &Config| {
        let engine = Engine::new(config);
        let module = Module::new(&engine, LOOPS).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        let mut seen = Vec::new();
        let programs = [
            ("fill", 360),
            ("first", 600),
            ("nested", 1700),
            ("rows", 4000),
            ("conditional", 400),
            ("past-the-end", 360),
        ];
        for (name, enough) in programs {
            for fuel in (0..enough).step_by((enough as usize / 250).max(1)) {
                store.set_fuel(fuel);
                let ended = code(super::call(&mut store, instance, name));
                let mut bytes = [0; 4000];
                memory.read(&store, 0, &mut bytes).unwrap();
                let sum = bytes.iter().fold(0u64, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
                seen.push((name, fuel, ended, store.fuel(), sum));
            }
        }
        seen
    };
    let mut configurations = configurations();
    configurations.push(Config::new().mode(Mode::Lazy).fuel(0));
    let expected = observe(&configurations[0]);
    for name in ["fill", "first", "nested", "rows", "conditional"] {
        let last = expected.iter().rfind(|seen| seen.0 == name).unwrap();
        assert!(last.2.is_none() && last.3 > 0, "{last:?}");
    }
    assert_eq!(expected.last().unwrap().2, Some(TrapCode::MemoryOutOfBounds));
    for config in &configurations[1..] {
        let seen = observe(config);
        let differing = seen.iter().zip(&expected).find(|(seen, expected)| seen != expected);
        assert_eq!(differing, None, "{config:?}");
    }
}

/// What `docs/embedding.md` says: 1 for each instruction but constants and locals, 1 for the end of a block.
#[test]
fn the_price_is_as_documented() {
    let (mut store, instance) = start(&Config::new().fuel(100));
    assert_eq!(store.fuel(), 100);
    super::call(&mut store, instance, "empty").unwrap();
    assert_eq!(store.fuel(), 99, "a function's end");
    store.set_fuel(101);
    assert_eq!(code(super::call(&mut store, instance, "fill")), Some(TrapCode::OutOfFuel));
    assert_eq!(globals(&mut store, instance).1, [0; 4], "nothing is filled");
    store.set_fuel(102);
    super::call(&mut store, instance, "fill").unwrap();
    assert_eq!(store.fuel(), 0, "64 bytes cost 1, the instruction 1, the function's end 1");
}

#[test]
fn without_fuel_nothing_runs_and_with_more_it_goes_on() {
    for config in configurations() {
        let (mut store, instance) = start(&config);
        store.set_fuel(0);
        assert_eq!(code(super::call(&mut store, instance, "empty")), Some(TrapCode::OutOfFuel));
        let error = {
            store.set_fuel(500);
            super::call(&mut store, instance, "recurse").unwrap_err()
        };
        assert_eq!(error.trap().map(|trap| trap.code), Some(TrapCode::OutOfFuel));
        assert_eq!(error.to_string().lines().next(), Some("all fuel consumed"));
        assert!(error.frames().len() > 10 && error.frames()[0].offset != 0, "{error}");
        store.set_fuel(u64::MAX);
        super::call(&mut store, instance, "work").unwrap();
        assert!(store.fuel() > 1 << 62);
    }
}

#[test]
fn host_functions_pay_too() {
    let engine = Engine::new(&Config::new().fuel(1000));
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "pay", |mut caller: Caller<'_, ()>| caller.consume_fuel(300)).unwrap();
    let wat = r#"(module (import "host" "pay" (func $pay)) (func (export "f") (loop (call $pay) (br 0))))"#;
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let error = super::call(&mut store, instance, "f").unwrap_err();
    let trap = error.trap().unwrap();
    assert_eq!((trap.code, trap.frames.len(), store.fuel()), (TrapCode::OutOfFuel, 1, 0));
}

#[test]
fn an_image_that_consumes_none_is_refused_where_fuel_is_limited() {
    let image = Engine::default().precompile(PROGRAM).unwrap();
    let engine = Engine::new(&Config::new().fuel(1000));
    let module = Module::from_image(&engine, image).unwrap();
    let error = Instance::new(&mut Store::new(&engine, ()), &module, &[]).unwrap_err();
    assert!(matches!(error, Error::ConsumesNoFuel), "{error}");
    // The other way round is only slower.
    let image = engine.precompile(PROGRAM).unwrap();
    let engine = Engine::default();
    let module = Module::from_image(&engine, image).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    super::call(&mut store, instance, "work").unwrap();
}
