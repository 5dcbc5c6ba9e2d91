;; A conditional store that the producer unrolled is rolled up, and becomes a masked store of vectors; the loop itself stays as it is.
(module
  (memory 1)
  ;; for (i = 0; i < n; i++) if (from[i] > limit) to[i] = from[i] - limit; two at a time. The second branch is written the other way round.
  (func $store (param $to i32) (param $from i32) (param $limit i32) (param $n i32) (local $i i32) (local $x i32)
    (loop $l
      (block $small
        (br_if $small (i32.le_s (local.tee $x (i32.load (local.get $from))) (local.get $limit)))
        (i32.store (local.get $to) (i32.sub (local.get $x) (local.get $limit))))
      (if (i32.gt_s (local.tee $x (i32.load (i32.add (local.get $from) (i32.const 4)))) (local.get $limit))
        (then (i32.store (i32.add (local.get $to) (i32.const 4)) (i32.sub (local.get $x) (local.get $limit)))))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 2))) (local.get $n)))))
)
;;! func = 0
;; check: @llvm.masked.store.
;; check: load volatile i32
;; check: store volatile i32

;;! checks = explicit, func = 0
;; check: @llvm.masked.store.
;; not: volatile
