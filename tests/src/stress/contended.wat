;; Locks, queues, counters and waits that several threads contend for; each export is what one thread does.
(module
  (import "env" "memory" (memory 1 64 shared))
  (data $bytes "0123456789abcdef")

  ;; A mutex: 0 free, 1 locked, 2 locked and perhaps awaited.
  (func $lock (param $mutex i32)
    (if (i32.eqz (i32.atomic.rmw.cmpxchg (local.get $mutex) (i32.const 0) (i32.const 1))) (then (return)))
    (loop $again
      (if (i32.atomic.rmw.xchg (local.get $mutex) (i32.const 2))
        (then
          (drop (memory.atomic.wait32 (local.get $mutex) (i32.const 2) (i64.const -1)))
          (br $again)))))
  (func $unlock (param $mutex i32)
    (if (i32.eq (i32.atomic.rmw.xchg (local.get $mutex) (i32.const 0)) (i32.const 2))
      (then (drop (memory.atomic.notify (local.get $mutex) (i32.const 1))))))

  ;; A spin lock at 0 guards the plain number at 4.
  (func (export "spin") (param $n i32) (result i64)
    (loop $next
      (loop $again
        (br_if $again (i32.atomic.rmw8.cmpxchg_u (i32.const 0) (i32.const 0) (i32.const 1))))
      (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (i32.const 1)))
      (i32.atomic.store8 (i32.const 0) (i32.const 0))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.const 0))

  ;; A mutex at 64 guards the plain number at 72.
  (func (export "mutex") (param $n i32) (result i64)
    (loop $next
      (call $lock (i32.const 64))
      (i64.store (i32.const 72) (i64.add (i64.load (i32.const 72)) (i64.const 1)))
      (call $unlock (i32.const 64))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.const 0))

  ;; Counters of every width from 128.
  (func (export "count") (param $n i32) (result i64)
    (loop $next
      (drop (i32.atomic.rmw8.add_u (i32.const 128) (i32.const 3)))
      (drop (i32.atomic.rmw16.sub_u (i32.const 130) (i32.const -3)))
      (drop (i32.atomic.rmw.add (i32.const 132) (i32.const 3)))
      (drop (i64.atomic.rmw8.sub_u (i32.const 136) (i64.const -3)))
      (drop (i64.atomic.rmw16.add_u (i32.const 138) (i64.const 3)))
      (drop (i64.atomic.rmw32.add_u (i32.const 140) (i64.const 3)))
      (drop (i64.atomic.rmw.sub (i32.const 144) (i64.const -3)))
      ;; An even number of flips by each thread leaves nothing.
      (drop (i32.atomic.rmw.xor (i32.const 152) (i32.const 0x55)))
      (drop (i32.atomic.rmw.xor (i32.const 152) (i32.const 0x55)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.const 0))

  ;; The same by loops of compare and exchange, from 192.
  (func (export "exchange") (param $n i32) (result i64)
    (local $old i32) (local $wide i64)
    (loop $next
      (loop $again
        (local.set $old (i32.atomic.load8_u (i32.const 192)))
        (br_if $again (i32.ne (local.get $old) (i32.atomic.rmw8.cmpxchg_u (i32.const 192)
          (local.get $old) (i32.add (local.get $old) (i32.const 3))))))
      (loop $again
        (local.set $old (i32.atomic.load16_u (i32.const 194)))
        (br_if $again (i32.ne (local.get $old) (i32.atomic.rmw16.cmpxchg_u (i32.const 194)
          (local.get $old) (i32.add (local.get $old) (i32.const 3))))))
      (loop $again
        (local.set $old (i32.atomic.load (i32.const 196)))
        (br_if $again (i32.ne (local.get $old) (i32.atomic.rmw.cmpxchg (i32.const 196)
          (local.get $old) (i32.add (local.get $old) (i32.const 3))))))
      (loop $again
        (local.set $wide (i64.atomic.load8_u (i32.const 200)))
        (br_if $again (i64.ne (local.get $wide) (i64.atomic.rmw8.cmpxchg_u (i32.const 200)
          (local.get $wide) (i64.add (local.get $wide) (i64.const 3))))))
      (loop $again
        (local.set $wide (i64.atomic.load16_u (i32.const 202)))
        (br_if $again (i64.ne (local.get $wide) (i64.atomic.rmw16.cmpxchg_u (i32.const 202)
          (local.get $wide) (i64.add (local.get $wide) (i64.const 3))))))
      (loop $again
        (local.set $wide (i64.atomic.load32_u (i32.const 204)))
        (br_if $again (i64.ne (local.get $wide) (i64.atomic.rmw32.cmpxchg_u (i32.const 204)
          (local.get $wide) (i64.add (local.get $wide) (i64.const 3))))))
      (loop $again
        (local.set $wide (i64.atomic.load (i32.const 208)))
        (br_if $again (i64.ne (local.get $wide) (i64.atomic.rmw.cmpxchg (i32.const 208)
          (local.get $wide) (i64.add (local.get $wide) (i64.const 3))))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.const 0))

  ;; A queue of 8 numbers: mutex at 256, signals "an item" at 260 and "room" at 264, first at 268, count at 272, items from 288.
  (func (export "produce") (param $n i32) (result i64)
    (local $signals i32) (local $sum i64)
    (loop $next
      (call $lock (i32.const 256))
      (loop $full
        (if (i32.eq (i32.load (i32.const 272)) (i32.const 8))
          (then
            (local.set $signals (i32.atomic.load (i32.const 264)))
            (call $unlock (i32.const 256))
            (drop (memory.atomic.wait32 (i32.const 264) (local.get $signals) (i64.const -1)))
            (call $lock (i32.const 256))
            (br $full))))
      (i32.store offset=288
        (i32.shl (i32.and (i32.add (i32.load (i32.const 268)) (i32.load (i32.const 272))) (i32.const 7)) (i32.const 2))
        (local.get $n))
      (i32.store (i32.const 272) (i32.add (i32.load (i32.const 272)) (i32.const 1)))
      (drop (i32.atomic.rmw.add (i32.const 260) (i32.const 1)))
      (drop (memory.atomic.notify (i32.const 260) (i32.const 1)))
      (call $unlock (i32.const 256))
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $n))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "consume") (param $n i32) (result i64)
    (local $signals i32) (local $sum i64)
    (loop $next
      (call $lock (i32.const 256))
      (loop $empty
        (if (i32.eqz (i32.load (i32.const 272)))
          (then
            (local.set $signals (i32.atomic.load (i32.const 260)))
            (call $unlock (i32.const 256))
            (drop (memory.atomic.wait32 (i32.const 260) (local.get $signals) (i64.const -1)))
            (call $lock (i32.const 256))
            (br $empty))))
      (local.set $sum (i64.add (local.get $sum)
        (i64.load32_u offset=288 (i32.shl (i32.load (i32.const 268)) (i32.const 2)))))
      (i32.store (i32.const 268) (i32.and (i32.add (i32.load (i32.const 268)) (i32.const 1)) (i32.const 7)))
      (i32.store (i32.const 272) (i32.sub (i32.load (i32.const 272)) (i32.const 1)))
      (drop (i32.atomic.rmw.add (i32.const 264) (i32.const 1)))
      (drop (memory.atomic.notify (i32.const 264) (i32.const 1)))
      (call $unlock (i32.const 256))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; Short waits at 384, of which some end by a wake-up: how many.
  (func (export "nap") (param $n i32) (result i64)
    (local $woken i64)
    (loop $next
      (local.set $woken (i64.add (local.get $woken) (i64.extend_i32_u
        (i32.eqz (memory.atomic.wait64 (i32.const 384) (i64.const 0) (i64.const 30000))))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $woken))
  ;; The wake-ups: how many.
  (func (export "wake") (param $n i32) (result i64)
    (local $woken i64)
    (loop $next
      (local.set $woken (i64.add (local.get $woken) (i64.extend_i32_u
        (memory.atomic.notify (i32.const 384) (i32.const 1)))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $woken))

  ;; Grows by a page where the limit allows, and finds what is new empty and usable. How often it grew.
  (func (export "grow") (param $n i32) (result i64)
    (local $old i32) (local $grown i64)
    (loop $next
      (local.set $old (memory.grow (i32.const 1)))
      (if (i32.ge_s (local.get $old) (i32.const 0))
        (then
          (local.set $grown (i64.add (local.get $grown) (i64.const 1)))
          (local.set $old (i32.shl (local.get $old) (i32.const 16)))
          (if (i32.load offset=65532 (local.get $old)) (then unreachable))
          (i32.store offset=65532 (local.get $old) (i32.const 1))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $grown))

  ;; Uses the last bytes of the memory as large as it is now.
  (func (export "chase") (param $n i32) (result i64)
    (local $end i32)
    (loop $next
      (local.set $end (i32.shl (memory.size) (i32.const 16)))
      (if (i32.gt_u (i32.load (i32.sub (local.get $end) (i32.const 4))) (i32.const 1)) (then unreachable))
      (drop (i64.atomic.load (i32.sub (local.get $end) (i32.const 16))))
      (memory.fill (i32.sub (local.get $end) (i32.const 64)) (i32.const 0) (i32.const 32))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.const 0))

  ;; Bulk instructions over bytes that another thread copies at the same time.
  (func (export "bulk") (param $n i32) (result i64)
    (loop $next
      (memory.init $bytes (i32.const 4096) (i32.const 0) (i32.const 16))
      (memory.copy (i32.const 4104) (i32.const 4096) (i32.const 20000))
      (memory.copy (i32.const 4096) (i32.const 4104) (i32.const 20000))
      (memory.fill (i32.const 30000) (local.get $n) (i32.const 5000))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.const 0))

  ;; Traps, each in its way, by the number: outside of what the memory can ever be, or at an address that is not aligned.
  (func (export "trap") (param $n i32) (result i64)
    (block $unaligned
      (block $bulk
        (block $atomic
          (block $load
            (br_table $load $atomic $bulk $unaligned (i32.and (local.get $n) (i32.const 3))))
          (return (i64.load (i32.add (i32.const 0x400000) (local.get $n)))))
        (return (i64.atomic.rmw.add (i32.const 0x7ffffff8) (i64.const 1))))
      (memory.copy (i32.const 0) (i32.const 0x3fffff) (i32.const 2)))
    (i64.extend_i32_u (i32.atomic.rmw16.add_u (i32.const 0x7fffffff) (i32.const 1)))))
