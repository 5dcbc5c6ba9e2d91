;; A library for C: docs/objects.md walks through it.
(module $ledger
  (import "host" "on_entry" (func $on_entry (param i32 f64) (result i32)))
  (import "host" "limit" (global $limit i32))
  (memory (export "memory") 1)
  (global $entries (export "entries") (mut i32) (i32.const 0))

  ;; Adds an amount and tells the host, which may refuse by anything but 0. The number of the entry.
  (func $record (export "record") (param $amount f64) (result i32)
    (if (i32.ge_u (global.get $entries) (global.get $limit)) (then unreachable))
    (f64.store (i32.shl (global.get $entries) (i32.const 3)) (local.get $amount))
    (if (call $on_entry (global.get $entries) (local.get $amount)) (then (return (i32.const -1))))
    (global.set $entries (i32.add (global.get $entries) (i32.const 1)))
    (i32.sub (global.get $entries) (i32.const 1)))

  ;; The least and the greatest amount, and their sum.
  (func (export "summary") (result f64 f64 f64) (local $at i32) (local $end i32) (local $amount f64)
    (local $least f64) (local $most f64) (local $sum f64)
    (local.set $least (f64.const inf))
    (local.set $most (f64.const -inf))
    (local.set $end (i32.shl (global.get $entries) (i32.const 3)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $amount (f64.load (local.get $at)))
        (local.set $least (f64.min (local.get $least) (local.get $amount)))
        (local.set $most (f64.max (local.get $most) (local.get $amount)))
        (local.set $sum (f64.add (local.get $sum) (local.get $amount)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next)))
    (local.get $least) (local.get $most) (local.get $sum))

  ;; A part of a number of cents, and what is left: a division by zero traps.
  (func (export "split.cents") (param $cents i64) (param $ways i64) (result i64 i64)
    (i64.div_s (local.get $cents) (local.get $ways))
    (i64.rem_s (local.get $cents) (local.get $ways)))

  ;; Vectors pass by pointer and come back by value.
  (func $checksum (export "checksum") (param $vector v128) (result v128)
    (i32x4.add (local.get $vector) (i32x4.splat (global.get $entries)))))
