;; Kernels of what C does not say in WebAssembly, for `cargo xtask bench --table kernels`; `by_hand.c` does the same natively.
;;
;;   by_hand NAME ROUNDS   runs a kernel so many times
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 8)

  ;; Below: pointers to arguments, arguments, what is printed. From here on: what kernels work on.
  (global $data i32 (i32.const 0x10000))
  (global $pointers i32 (i32.const 0x100))
  (global $strings i32 (i32.const 0x200))
  (global $text i32 (i32.const 0x1000))
  (global $vector i32 (i32.const 0x10))
  (global $time i32 (i32.const 0x20))

  (global $random (mut i32) (i32.const 42))
  (func $random32 (result i32)
    (local $state i32)
    (local.set $state (i32.xor (global.get $random) (i32.shl (global.get $random) (i32.const 13))))
    (local.set $state (i32.xor (local.get $state) (i32.shr_u (local.get $state) (i32.const 17))))
    (local.set $state (i32.xor (local.get $state) (i32.shl (local.get $state) (i32.const 5))))
    (global.set $random (local.get $state))
    (local.get $state))

  (func $fill (param $to i32) (param $bytes i32)
    (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $bytes)))
        (i32.store8 (i32.add (local.get $to) (local.get $i)) (i32.shr_u (call $random32) (i32.const 24)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))

  ;; An interpreter whose instructions call the next one: a byte's low bits say which. The last ends it.
  (type $instruction (func (param $at i32) (param $a i64) (param $b i64) (result i64)))
  (table 8 8 funcref)
  (elem (i32.const 0) $add $swap $mix $left $shift $count $skip $end)
  (func $add (type $instruction) (param $at i32) (param $a i64) (param $b i64) (result i64)
    (return_call_indirect (type $instruction)
      (i32.add (local.get $at) (i32.const 1)) (i64.add (local.get $a) (local.get $b)) (local.get $b)
      (i32.and (i32.load8_u offset=1 (local.get $at)) (i32.const 7))))
  (func $swap (type $instruction) (param $at i32) (param $a i64) (param $b i64) (result i64)
    (return_call_indirect (type $instruction)
      (i32.add (local.get $at) (i32.const 1)) (local.get $b) (local.get $a)
      (i32.and (i32.load8_u offset=1 (local.get $at)) (i32.const 7))))
  (func $mix (type $instruction) (param $at i32) (param $a i64) (param $b i64) (result i64)
    (return_call_indirect (type $instruction)
      (i32.add (local.get $at) (i32.const 1)) (local.get $a)
      (i64.xor (i64.mul (local.get $b) (i64.const 0x9e3779b97f4a7c15)) (local.get $a))
      (i32.and (i32.load8_u offset=1 (local.get $at)) (i32.const 7))))
  (func $left (type $instruction) (param $at i32) (param $a i64) (param $b i64) (result i64)
    (return_call_indirect (type $instruction)
      (i32.add (local.get $at) (i32.const 1)) (i64.rotl (local.get $a) (i64.const 7)) (local.get $b)
      (i32.and (i32.load8_u offset=1 (local.get $at)) (i32.const 7))))
  (func $shift (type $instruction) (param $at i32) (param $a i64) (param $b i64) (result i64)
    (return_call_indirect (type $instruction)
      (i32.add (local.get $at) (i32.const 1)) (local.get $a)
      (i64.xor (local.get $b) (i64.shr_u (local.get $b) (i64.const 3)))
      (i32.and (i32.load8_u offset=1 (local.get $at)) (i32.const 7))))
  (func $count (type $instruction) (param $at i32) (param $a i64) (param $b i64) (result i64)
    (return_call_indirect (type $instruction)
      (i32.add (local.get $at) (i32.const 1)) (i64.add (local.get $a) (i64.const 1)) (local.get $b)
      (i32.and (i32.load8_u offset=1 (local.get $at)) (i32.const 7))))
  ;; Leaves out the next one if a number is odd.
  (func $skip (type $instruction) (param $at i32) (param $a i64) (param $b i64) (result i64)
    (local.set $at (i32.add (local.get $at) (i32.wrap_i64 (i64.and (local.get $a) (i64.const 1)))))
    (return_call_indirect (type $instruction)
      (i32.add (local.get $at) (i32.const 1)) (local.get $a) (local.get $b)
      (i32.and (i32.load8_u offset=1 (local.get $at)) (i32.const 7))))
  (func $end (type $instruction) (param $at i32) (param $a i64) (param $b i64) (result i64) (i64.xor (local.get $a) (local.get $b)))

  (global $instructions i32 (i32.const 0x8000))
  ;; All instructions but the last one, which is not left out.
  (func $set_up_tail_calls
    (local $i i32)
    (call $fill (global.get $data) (global.get $instructions))
    (loop $next
      (i32.store8 (i32.add (global.get $data) (local.get $i))
        (i32.rem_u (i32.load8_u (i32.add (global.get $data) (local.get $i))) (i32.const 7)))
      (br_if $next (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (global.get $instructions))))
    (i32.store16 (i32.add (global.get $data) (global.get $instructions)) (i32.const 0x0707)))
  (func $tail_calls (param $round i32) (result i64)
    (call_indirect (type $instruction)
      (global.get $data) (i64.extend_i32_u (local.get $round)) (i64.const 1)
      (i32.and (i32.load8_u (global.get $data)) (i32.const 7))))

  ;; Numbers of 64 words of 64 bits, multiplied as in school.
  (global $words i32 (i32.const 64))
  (func $wide (param $round i32) (result i64)
    (local $a i32) (local $b i32) (local $to i32) (local $i i32) (local $j i32)
    (local $x i64) (local $low i64) (local $high i64) (local $carry i64) (local $place i32)
    (local.set $a (global.get $data))
    (local.set $b (i32.add (local.get $a) (i32.const 0x1000)))
    (local.set $to (i32.add (local.get $b) (i32.const 0x1000)))
    (i64.store (local.get $a) (i64.add (i64.load (local.get $a)) (i64.const 1)))
    (memory.fill (local.get $to) (i32.const 0) (i32.shl (global.get $words) (i32.const 4)))
    (loop $rows
      (local.set $x (i64.load (i32.add (local.get $a) (i32.shl (local.get $i) (i32.const 3)))))
      (local.set $place (i32.add (local.get $to) (i32.shl (local.get $i) (i32.const 3))))
      (local.set $carry (i64.const 0))
      (local.set $j (i32.const 0))
      (loop $columns
        (i64.mul_wide_u (local.get $x) (i64.load (i32.add (local.get $b) (i32.shl (local.get $j) (i32.const 3)))))
        (i64.add128 (i64.load (local.get $place)) (i64.const 0))
        (i64.add128 (local.get $carry) (i64.const 0))
        (local.set $carry)
        (local.set $low)
        (i64.store (local.get $place) (local.get $low))
        (local.set $place (i32.add (local.get $place) (i32.const 8)))
        (br_if $columns (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (global.get $words))))
      (i64.store (local.get $place) (local.get $carry))
      (br_if $rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (global.get $words))))
    (i64.load (i32.add (local.get $to) (i32.shl (global.get $words) (i32.const 3)))))

  ;; Short copies within an array, and fills, of lengths that follow from its bytes.
  (func $moves (param $round i32) (result i64)
    (local $i i32) (local $at i32) (local $length i32)
    (loop $next
      (local.set $at (i32.add (global.get $data) (i32.shl (local.get $i) (i32.const 3))))
      (local.set $length (i32.and (i32.load8_u (local.get $at)) (i32.const 63)))
      (memory.copy (i32.add (local.get $at) (i32.const 9)) (i32.add (local.get $at) (i32.const 200)) (local.get $length))
      (memory.fill (i32.add (local.get $at) (i32.const 300)) (i32.add (local.get $i) (local.get $round))
        (i32.shr_u (local.get $length) (i32.const 2)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096))))
    (i64.load (i32.add (global.get $data) (i32.const 0x4000))))

  ;; A hash that is changed once in some thousand bytes: without a hint each byte computes both and chooses.
  (func $rare (param $round i32) (result i64)
    (local $at i32) (local $end i32) (local $sum i32)
    (local.set $at (global.get $data))
    (local.set $end (i32.add (local.get $at) (i32.const 0x10000)))
    (local.set $sum (local.get $round))
    (loop $next
      (local.set $sum (i32.add
        (i32.mul (local.get $sum) (i32.const 0x9e3779b1))
        (i32.load8_u (local.get $at))))
      (i32.ge_u (local.get $sum) (i32.const 0xffe00000))
      if
        (local.set $sum (i32.xor
          (i32.shr_u (local.get $sum) (i32.const 9))
          (i32.shl (local.get $sum) (i32.const 3))))
      end
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
    (i64.extend_i32_u (local.get $sum)))
  ;; The same with a hint.
  (func $hinted (param $round i32) (result i64)
    (local $at i32) (local $end i32) (local $sum i32)
    (local.set $at (global.get $data))
    (local.set $end (i32.add (local.get $at) (i32.const 0x10000)))
    (local.set $sum (local.get $round))
    (loop $next
      (local.set $sum (i32.add
        (i32.mul (local.get $sum) (i32.const 0x9e3779b1))
        (i32.load8_u (local.get $at))))
      (i32.ge_u (local.get $sum) (i32.const 0xffe00000))
      (@metadata.code.branch_hint "\00")
      if
        (local.set $sum (i32.xor
          (i32.shr_u (local.get $sum) (i32.const 9))
          (i32.shl (local.get $sum) (i32.const 3))))
      end
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
    (i64.extend_i32_u (local.get $sum)))

  (func $kernel (param $first i32) (param $round i32) (result i64)
    (if (i32.eq (local.get $first) (i32.const 0x74 (; t ;))) (then (return_call $tail_calls (local.get $round))))
    (if (i32.eq (local.get $first) (i32.const 0x77 (; w ;))) (then (return_call $wide (local.get $round))))
    (if (i32.eq (local.get $first) (i32.const 0x72 (; r ;))) (then (return_call $rare (local.get $round))))
    (if (i32.eq (local.get $first) (i32.const 0x68 (; h ;))) (then (return_call $hinted (local.get $round))))
    (return_call $moves (local.get $round)))

  (func $now (result i64)
    (drop (call $clock_time_get (i32.const 1) (i64.const 0) (global.get $time)))
    (i64.load (global.get $time)))

  (func $print (param $file i32) (param $at i32) (param $length i32)
    (i32.store (global.get $vector) (local.get $at))
    (i32.store offset=4 (global.get $vector) (local.get $length))
    (drop (call $fd_write (local.get $file) (global.get $vector) (i32.const 1) (global.get $time))))

  ;; Its digits to a base, the last one before `end`; at least so many. Where they begin.
  (func $digits (param $number i64) (param $base i64) (param $least i32) (param $end i32) (result i32)
    (local $digit i32)
    (local.set $least (i32.sub (local.get $end) (local.get $least)))
    (loop $next
      (local.set $end (i32.sub (local.get $end) (i32.const 1)))
      (local.set $digit (i32.wrap_i64 (i64.rem_u (local.get $number) (local.get $base))))
      (i32.store8 (local.get $end)
        (i32.add (local.get $digit)
          (select (i32.const 0x30 (; 0 ;)) (i32.const 0x57 (; a - 10 ;)) (i32.lt_u (local.get $digit) (i32.const 10)))))
      (local.set $number (i64.div_u (local.get $number) (local.get $base)))
      (br_if $next (i32.or (i64.ne (local.get $number) (i64.const 0)) (i32.gt_u (local.get $end) (local.get $least)))))
    (local.get $end))

  (func (export "_start")
    (local $name i32) (local $length i32) (local $rounds i32) (local $at i32) (local $byte i32)
    (local $round i32) (local $result i64) (local $started i64)
    (drop (call $args_sizes_get (global.get $vector) (global.get $time)))
    (if (i32.ne (i32.load (global.get $vector)) (i32.const 3)) (then (call $proc_exit (i32.const 2))))
    (drop (call $args_get (global.get $pointers) (global.get $strings)))
    (local.set $name (i32.load offset=4 (global.get $pointers)))
    (local.set $at (i32.load offset=8 (global.get $pointers)))
    (local.set $length (i32.sub (i32.sub (local.get $at) (local.get $name)) (i32.const 1)))
    (block $read
      (loop $next
        (br_if $read (i32.eqz (local.tee $byte (i32.load8_u (local.get $at)))))
        (local.set $rounds (i32.add
          (i32.mul (local.get $rounds) (i32.const 10))
          (i32.sub (local.get $byte) (i32.const 0x30))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.set $byte (i32.load8_u (local.get $name)))
    (if (i32.eq (local.get $byte) (i32.const 0x74 (; t ;)))
      (then (call $set_up_tail_calls))
      (else (call $fill (global.get $data) (i32.const 0x10000))))
    (local.set $started (call $now))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $round) (local.get $rounds)))
        (local.set $result (i64.add (local.get $result) (call $kernel (local.get $byte) (local.get $round))))
        (local.set $round (i32.add (local.get $round) (i32.const 1)))
        (br $next)))
    (local.set $started (i64.sub (call $now) (local.get $started)))
    (memory.copy (global.get $text) (local.get $name) (local.get $length))
    (local.set $at (i32.add (global.get $text) (local.get $length)))
    (i32.store8 (local.get $at) (i32.const 0x20))
    (drop (call $digits (local.get $result) (i64.const 16) (i32.const 16) (i32.add (local.get $at) (i32.const 17))))
    (i32.store8 offset=17 (local.get $at) (i32.const 10))
    (call $print (i32.const 1) (global.get $text) (i32.add (local.get $length) (i32.const 18)))
    (local.set $byte (i32.add (global.get $text) (i32.const 0x100)))
    (i32.store8 (local.get $byte) (i32.const 10))
    (local.set $at (call $digits (local.get $started) (i64.const 10) (i32.const 1) (local.get $byte)))
    (call $print (i32.const 2) (local.get $at) (i32.sub (i32.add (local.get $byte) (i32.const 1)) (local.get $at)))))
