//! From the first tier to the second: functions that are called often, and loops that do not end.

use std::time::{Duration, Instant};

use wootz::{Module, TypedFunc};

use super::{compiled, instance};

/// Waits for the background: very long, if need be.
fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < Duration::from_secs(120), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Results of a loop: sums, counts and a vector.
type Results = (i64, f64, i64, i32, u128);

fn second(module: &Module) -> usize {
    compiled(module)[1]
}

#[test]
fn what_is_called_often_is_optimised() {
    let (module, mut store, instance) = instance(
        r#"(module
            (func $square (param i64) (result i64) (i64.mul (local.get 0) (local.get 0)))
            (func (export "f") (param i64) (result i64) (i64.add (call $square (local.get 0)) (i64.const 1))))"#,
    );
    let f: TypedFunc<i64, i64> = instance.get_typed_func(&store, "f").unwrap();
    wait_for("the second tier", || {
        (0..1000).for_each(|n| assert_eq!(f.call(&mut store, n).unwrap(), n * n + 1));
        second(&module) == 2
    });
    assert!(module.lazy_statistics().unwrap().swaps >= 2);
    assert_eq!(f.call(&mut store, 9).unwrap(), 82);
}

#[test]
fn a_loop_goes_on_in_better_code() {
    // One call, which cannot end before the second tier is there: it waits for a global that the host sets then.
    let (module, mut store, instance) = instance(
        r#"(module
            (memory (export "memory") 1 1)
            (func (export "f") (param $n i64) (param $seed f64) (result i64 f64 i64 i32 v128)
              (local $i i64) (local $j i64) (local $sum i64) (local $v v128) (local $calls i32)
              (loop $outer
                (local.set $j (i64.const 0))
                (loop $inner
                  (local.set $sum (i64.add (local.get $sum) (i64.xor (local.get $i) (local.get $j))))
                  (local.set $v (i64x2.add (local.get $v) (i64x2.splat (local.get $j))))
                  (local.set $j (i64.add (local.get $j) (i64.const 1)))
                  (br_if $inner (i64.lt_u (local.get $j) (i64.const 100))))
                (local.set $seed (f64.add (local.get $seed) (f64.const 0.5)))
                (local.set $calls (i32.add (local.get $calls) (i32.const 1)))
                (local.set $i (i64.add (local.get $i) (i64.const 1)))
                (br_if $outer (i64.lt_u (local.get $i) (local.get $n))))
              (local.get $sum) (local.get $seed) (local.get $i) (local.get $calls) (local.get $v)))"#,
    );
    let f: TypedFunc<(i64, f64), Results> = instance.get_typed_func(&store, "f").unwrap();
    let expected = |n: i64| {
        let (mut sum, mut lane) = (0i64, 0i64);
        for i in 0..n {
            for j in 0..100 {
                sum = sum.wrapping_add(i ^ j);
                lane += j;
            }
        }
        (sum, 1.0 + n as f64 * 0.5, n, n as i32, u128::from(lane as u64) * ((1 << 64) + 1))
    };
    let mut n = 1000;
    // Longer and longer, until the loop was left in the middle.
    wait_for("better code for the loop", || {
        assert_eq!(f.call(&mut store, (n, 1.0)).unwrap(), expected(n));
        n *= 2;
        second(&module) == 1 || n > 1 << 24
    });
    assert_eq!(second(&module), 1);
    assert_eq!(f.call(&mut store, (n, 1.0)).unwrap(), expected(n));
}
