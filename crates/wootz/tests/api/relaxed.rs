//! Relaxed traps: what they must not lose. Accesses stay in their memory, and what is reached out of bounds is reported.

use wootz::{CheckStrategy, Config, Engine, Instance, Module, OptLevel, Store, TrapCode, TrapPrecision};

const PROGRAM: &str = r#"
    (module
      (memory (export "memory") 1 2)
      (func (export "load") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
      (func (export "far") (param i32) (result i32) (i32.load offset=0xffff_fff0 (local.get 0)))
      (func (export "store") (param i32) (i32.store (local.get 0) (i32.const -1)))
      ;; Sets bytes from an address on, backwards if the step is negative.
      (func (export "fill") (param $p i32) (param $step i32) (param $n i32)
        (loop $l
          (i32.store8 (local.get $p) (i32.const 0xff))
          (local.set $p (i32.add (local.get $p) (local.get $step)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "sum") (param $p i32) (param $n i32) (result i32) (local $sum i32)
        (loop $l
          (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $p))))
          (local.set $p (i32.add (local.get $p) (i32.const 1)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum)))"#;

fn engines() -> impl Iterator<Item = Engine> {
    [CheckStrategy::Guard, CheckStrategy::Explicit].into_iter().flat_map(|checks| {
        [OptLevel::O0, OptLevel::O1, OptLevel::O2, OptLevel::O3].map(|level| {
            let config = Config::new().checks(checks).opt_level(level);
            Engine::new(&config.trap_precision(TrapPrecision::Relaxed))
        })
    })
}

#[test]
fn what_is_reached_out_of_bounds_traps_and_touches_no_other_memory() {
    for engine in engines() {
        let module = Module::new(&engine, PROGRAM).unwrap();
        let mut store = Store::new(&engine, ());
        let instances: Vec<_> = (0..3).map(|_| Instance::new(&mut store, &module, &[]).unwrap()).collect();
        let middle = instances[1];
        let load = middle.get_typed_func::<i32, i32>(&store, "load").unwrap();
        let far = middle.get_typed_func::<i32, i32>(&store, "far").unwrap();
        let put = middle.get_typed_func::<i32, ()>(&store, "store").unwrap();
        let fill = middle.get_typed_func::<(i32, i32, i32), ()>(&store, "fill").unwrap();
        let sum = middle.get_typed_func::<(i32, i32), i32>(&store, "sum").unwrap();
        let code = |error: wootz::Error| error.trap().map(|trap| trap.code);
        let out = Err(Some(TrapCode::MemoryOutOfBounds));
        for address in [65529, 65536, i32::MAX, i32::MIN, -4, -1] {
            assert_eq!(load.call(&mut store, address).map_err(code), out, "{address} {:?}", engine.config());
        }
        for address in [65533, 65536, i32::MIN, -1] {
            assert_eq!(put.call(&mut store, address).map_err(code), out.map(|_: i32| ()));
            assert_eq!(far.call(&mut store, address).map_err(code), out);
        }
        for (start, step, count) in [(65000, 1, 1000), (65000, 4096, 100), (500, -1, 1000), (-8, 1, 4)] {
            assert_eq!(fill.call(&mut store, (start, step, count)).map_err(code), out.map(|_: i32| ()));
        }
        assert_eq!(sum.call(&mut store, (65530, 10)).map_err(code), out);
        for other in [instances[0], instances[2]] {
            let memory = other.get_memory(&store, "memory").unwrap();
            assert!(memory.data(&store).iter().all(|byte| *byte == 0), "{:?}", engine.config());
        }
    }
}

#[test]
fn what_stays_inside_is_as_ever() {
    for engine in engines() {
        let module = Module::new(&engine, PROGRAM).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let fill = instance.get_typed_func::<(i32, i32, i32), ()>(&store, "fill").unwrap();
        let sum = instance.get_typed_func::<(i32, i32), i32>(&store, "sum").unwrap();
        fill.call(&mut store, (65535, -2, 1000)).unwrap();
        fill.call(&mut store, (0, 1, 3)).unwrap();
        assert_eq!(sum.call(&mut store, (65536 - 2000, 2000)).unwrap(), 255 * 1000);
        assert_eq!(sum.call(&mut store, (0, 65536)).unwrap(), 255 * 1003);
    }
}
