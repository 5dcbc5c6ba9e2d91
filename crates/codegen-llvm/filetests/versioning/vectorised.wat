;; A loop whose accesses are proven before it becomes vector instructions; the copy for when they are not stays as it is.
(module
  (memory 1)
  (func $axpy (param $y i32) (param $x i32) (param $n i32) (param $a f64) (local $i i32)
    (block $out
      (loop $l
        (br_if $out (i32.ge_s (local.get $i) (local.get $n)))
        (f64.store offset=8 (i32.add (local.get $y) (i32.shl (local.get $i) (i32.const 3)))
          (f64.add
            (f64.load offset=8 (i32.add (local.get $y) (i32.shl (local.get $i) (i32.const 3))))
            (f64.mul (local.get $a) (f64.load (i32.add (local.get $x) (i32.shl (local.get $i) (i32.const 3)))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $l))))
  (func $sum (param $p i32) (param $end i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
      (br_if $l (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $end))))
    (local.get $sum))
)
;;! func = 0
;; check: load <4 x double>
;; check: store <4 x double>
;; check: load volatile double
;; check: store volatile double

;;! func = 1
;; check: load <8 x i32>
;; check: load volatile i32

;;! checks = explicit, func = 0
;; check: store <4 x double>
;; not: volatile
;;! checks = explicit, func = 1
;; check: load <8 x i32>
;; not: volatile

;; Also at -O1, which spends no time on other functions.
;;! opt = O1, func = 0
;; check: load <4 x double>
;; check: store <4 x double>
;; check: load volatile double
;; check: store volatile double
