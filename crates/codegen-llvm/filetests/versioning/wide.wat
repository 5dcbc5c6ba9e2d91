;; Loops over a 64-bit memory, whose accesses are compared one by one, become vector instructions as well.
(module
  (memory i64 1)
  (func $axpy (param $y i64) (param $x i64) (param $n i64) (param $a f64) (local $i i64)
    (block $out
      (loop $l
        (br_if $out (i64.ge_s (local.get $i) (local.get $n)))
        (f64.store offset=8 (i64.add (local.get $y) (i64.shl (local.get $i) (i64.const 3)))
          (f64.add
            (f64.load offset=8 (i64.add (local.get $y) (i64.shl (local.get $i) (i64.const 3))))
            (f64.mul (local.get $a) (f64.load (i64.add (local.get $x) (i64.shl (local.get $i) (i64.const 3)))))))
        (local.set $i (i64.add (local.get $i) (i64.const 1)))
        (br $l))))
  (func $sum (param $p i64) (param $end i64) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
      (br_if $l (i64.ne (local.tee $p (i64.add (local.get $p) (i64.const 4))) (local.get $end))))
    (local.get $sum))
)
;;! func = 0
;; check: load <4 x double>
;; check: store <4 x double>

;;! func = 1
;; check: load <8 x i32>
