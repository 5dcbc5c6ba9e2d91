//! From the first tier to the second: functions that are called often, and loops that do not end.

use wootz::{Module, Store, TrapCode, TypedFunc};

use super::{compiled, instance};

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
    super::wait_for("the second tier", || {
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
    super::wait_for("better code for the loop", || {
        assert_eq!(f.call(&mut store, (n, 1.0)).unwrap(), expected(n));
        n *= 2;
        second(&module) == 1 || n > 1 << 24
    });
    assert_eq!(second(&module), 1);
    assert_eq!(f.call(&mut store, (n, 1.0)).unwrap(), expected(n));
}

#[test]
fn calls_by_a_table_that_never_changes_follow_the_slots() {
    // The caller gets hot and is optimised before two of the three callees are called at all; then one of them gets hot, too. The table has the types
    // more than once, a type once, null, and an end.
    let (module, mut store, instance) = instance(
        r#"(module
            (type $unary (func (param i64) (result i64)))
            (type $none (func))
            (type $absent (func (param f32)))
            (table 6 funcref)
            (elem (i32.const 1) func $add $cold $multiply $only)
            (global $ran (mut i32) (i32.const 0))
            (func $add (type $unary) (i64.add (local.get 0) (i64.const 1)))
            (func $cold (type $unary) (i64.sub (local.get 0) (i64.const 1)))
            (func $multiply (type $unary) (i64.mul (local.get 0) (i64.const 3)))
            (func $only (type $none) (global.set $ran (i32.add (global.get $ran) (i32.const 1))))
            (func (export "unary") (param i32 i64) (result i64)
              (call_indirect (type $unary) (local.get 1) (local.get 0)))
            (func (export "only") (param i32) (result i32)
              (call_indirect (type $none) (local.get 0)) (global.get $ran))
            (func (export "absent") (param i32) (call_indirect (type $absent) (f32.const 0) (local.get 0))))"#,
    );
    let unary: TypedFunc<(i32, i64), i64> = instance.get_typed_func(&store, "unary").unwrap();
    let only: TypedFunc<i32, i32> = instance.get_typed_func(&store, "only").unwrap();
    let absent: TypedFunc<i32, ()> = instance.get_typed_func(&store, "absent").unwrap();
    let mut ran = 0;
    super::wait_for("the second tier of the callers", || {
        for n in 0..1000 {
            assert_eq!(unary.call(&mut store, (1, n)).unwrap(), n + 1);
            ran += 1;
            assert_eq!(only.call(&mut store, 4).unwrap(), ran);
            assert!(absent.call(&mut store, 4).is_err());
        }
        // `absent` too: it counts before it traps.
        second(&module) >= 5
    });
    let before = second(&module);
    assert_eq!(unary.call(&mut store, (2, 7)).unwrap(), 6);
    super::wait_for("the second tier of another callee", || {
        (0..1000).for_each(|n| assert_eq!(unary.call(&mut store, (3, n)).unwrap(), n * 3));
        second(&module) > before
    });
    assert_eq!(unary.call(&mut store, (3, 7)).unwrap(), 21);
    use TrapCode::{IndirectCallTypeMismatch, UndefinedElement, UninitializedElement};
    for (index, expected) in [
        (-1, UndefinedElement),
        (0, UninitializedElement),
        (4, IndirectCallTypeMismatch),
        (5, UninitializedElement),
        (6, UndefinedElement),
    ] {
        let errors = [
            (unary.call(&mut store, (index, 1)).err(), expected),
            (absent.call(&mut store, index).err(), expected),
        ];
        for (error, expected) in errors {
            assert_eq!(error.and_then(|error| error.trap().map(|trap| trap.code)), Some(expected), "{index}");
        }
    }
    let code =
        |index, store: &mut Store<()>| only.call(store, index).unwrap_err().trap().map(|trap| trap.code);
    assert_eq!(code(0, &mut store), Some(UninitializedElement));
    assert_eq!(code(1, &mut store), Some(IndirectCallTypeMismatch));
    assert_eq!(code(9, &mut store), Some(UndefinedElement));
}
