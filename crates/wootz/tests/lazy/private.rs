//! Functions that only direct calls reach have a convention of their own, in both tiers: calls of every shape between tiers, and ways out of
//! their loops.

use wootz::{Config, Engine, Instance, Mode, Module, Store, TrapCode};

/// Private functions that take values on the stack, vectors among them, and return them in registers and through memory; each loops, and the last traps
/// when its loop has run for `$n` rounds.
const MODULE: &str = r#"(module (memory 1)
    (func $floats (param $n i32) (param f64 f64 f64 f64 f64 f64 f64 f64 f64) (result f64 f64 f64) (local $i i32)
        (loop $again
            (local.set 9 (f64.add (local.get 9) (f64.const 0.5)))
            (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
        (local.get 1) (f64.add (local.get 8) (local.get 9)) (local.get 9))
    (func $memory (param $n i32) (param i64 i64 i64 i64 i64 i64) (result i64 i64 i64 i64) (local $i i32)
        (loop $again
            (local.set 6 (i64.mul (local.get 6) (i64.const 3)))
            (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
        (local.get 6) (local.get 5) (local.get 4) (local.get 3))
    (func $vectors (param $n i32) (param v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 f32) (result v128) (local $i i32)
        (loop $again
            (local.set 9 (i32x4.add (local.get 9) (local.get 10)))
            (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
        (i32x4.add (local.get 9) (f32x4.splat (local.get 11))))
    (func $traps (param $n i32) (param i32 i32 i32 i32 i32 i32 i32) (result i32) (local $i i32)
        (loop $again
            (local.set 7 (i32.div_u (local.get 7) (i32.sub (local.get $n) (local.tee $i (i32.add (local.get $i) (i32.const 1))))))
            (br $again))
        (local.get 7))
    (func (export "f") (param $n i32) (result i64) (local $sum i64)
        (f64.const 1) (f64.const 2) (f64.const 3) (f64.const 4) (f64.const 5) (f64.const 6) (f64.const 7) (f64.const 8) (f64.const 9)
        (call $float_sum (local.get $n))
        (call $memory (local.get $n) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 7))
        (i64.add) (i64.xor) (i64.sub) (i64.add)
        (i64x2.extract_lane 1 (call $vectors (local.get $n)
            (v128.const i32x4 1 2 3 4) (v128.const i32x4 1 2 3 4) (v128.const i32x4 1 2 3 4) (v128.const i32x4 1 2 3 4)
            (v128.const i32x4 1 2 3 4) (v128.const i32x4 1 2 3 4) (v128.const i32x4 1 2 3 4) (v128.const i32x4 1 2 3 4)
            (v128.const i32x4 5 6 7 8) (v128.const i32x4 9 10 11 12) (f32.const 2)))
        (i64.add))
    (func $float_sum (param f64 f64 f64 f64 f64 f64 f64 f64 f64) (param $n i32) (result i64)
        (call $floats (local.get $n) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
            (local.get 6) (local.get 7) (local.get 8))
        (f64.mul) (f64.add) (i64.trunc_f64_s))
    (func (export "g") (param $n i32) (result i32)
        (call $traps (local.get $n) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7))))"#;

fn instance(config: Config) -> (Module, Store<()>, Instance) {
    let engine = Engine::new(&config);
    let module = Module::new(&engine, MODULE).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (module, store, instance)
}

#[test]
fn every_shape_of_call_computes_the_same_in_both_tiers() {
    let (_, mut store, regular) = instance(Config::new());
    let expected = regular.get_typed_func::<i32, i64>(&store, "f").unwrap();
    for hot in [1, 50, 500] {
        let (module, mut lazy_store, lazy) = instance(Config::new().mode(Mode::Lazy).hot(hot));
        let f = lazy.get_typed_func::<i32, i64>(&lazy_store, "f").unwrap();
        for n in [1, 7, 300, 2000] {
            let wanted = expected.call(&mut store, n).unwrap();
            for _ in 0..10 {
                assert_eq!(f.call(&mut lazy_store, n).unwrap(), wanted, "{n} rounds, hot at {hot}");
            }
        }
        super::wait_for("the second tier", || module.lazy_statistics().unwrap().pending == 0);
        assert_eq!(f.call(&mut lazy_store, 9).unwrap(), expected.call(&mut store, 9).unwrap());
    }
}

#[test]
fn a_loop_that_is_left_for_better_code_is_one_frame() {
    let (module, mut store, lazy) = instance(Config::new().mode(Mode::Lazy).hot(1000));
    let g = lazy.get_typed_func::<i32, i32>(&store, "g").unwrap();
    // So many rounds that the way in is there before their end, on any machine that goes on at all.
    super::wait_for("a way into the loop", || {
        let error = g.call(&mut store, 5_000_000).unwrap_err();
        let trap = error.trap().unwrap();
        assert_eq!(trap.code, TrapCode::IntegerDivideByZero);
        let functions: Vec<_> = trap.frames.iter().map(|frame| frame.func.0).collect();
        assert_eq!(functions, [3, 6]);
        let statistics = module.lazy_statistics().unwrap();
        statistics.tiers[1].loops > 0 || statistics.tiers[1].functions > 0 && statistics.pending == 0
    });
}
