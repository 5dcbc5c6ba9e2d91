;; The fast copy of a loop that the producer vectorised is made of scalars, of which LLVM makes vectors of its own: more than
;; four bytes at a time. The other copy stays as it is, and so does all of a function with a loop of vectors that has no fast copy.
(module
  (memory 1)
  (func (param $p i32) (param $n i32) (result i32) (local $i i32) (local $sum v128)
    (loop $l
      (local.set $sum
        (i32x4.add (local.get $sum)
          (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
            (v128.load32_zero (i32.add (local.get $p) (local.get $i)))))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))
    (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum))))
  (func (param $p i32) (param $n i32) (local $i i32)
    (loop $l
      (v128.store (i32.add (local.get $p) (local.get $i))
        (i8x16.add_sat_u (v128.load (i32.add (local.get $p) (local.get $i))) (i8x16.splat (i32.const 3))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (local.get $n)))))
)
;;! func = 0
;; check: load <$(=\d+) x i8>
;; check: add <$(=\d+) x i32>

;;! func = 1
;; check: load <16 x i8>
;; check: store <16 x i8>
;; check: load volatile <16 x i8>
