;; What byte loops become that are a library's functions elsewhere: a fill is LLVM's own, a copy is of vectors, and a search is of vectors after its
;; first repetitions.
(module
  (memory 1)
  (func $fill (param $p i32) (param $byte i32) (param $n i32)
    (loop $l
      (i32.store8 (local.get $p) (local.get $byte))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $copy (param $to i32) (param $from i32) (param $n i32)
    (loop $l
      (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $length (param $p i32) (result i32) (local $n i32)
    (block $out (loop $l
      (br_if $out (i32.eqz (i32.load8_u (i32.add (local.get $p) (local.get $n)))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br $l)))
    (local.get $n))
  (func $compare (param $a i32) (param $b i32) (param $n i32) (result i32) (local $x i32) (local $y i32)
    (block $differ
      (loop $l
        (br_if $differ (i32.ne (local.tee $x (i32.load8_u (local.get $a))) (local.tee $y (i32.load8_u (local.get $b)))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 1)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (return (i32.const 0)))
    (i32.sub (local.get $x) (local.get $y)))
  (func $digits (param $p i32) (result i32) (local $n i32) (local $c i32)
    (loop $l
      (local.set $c (i32.load8_s (i32.add (local.get $p) (local.get $n))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $l (i32.lt_u (i32.and (i32.sub (local.get $c) (i32.const 48)) (i32.const 255)) (i32.const 10))))
    (local.get $n))
  (func $copy_string (param $to i32) (param $from i32) (local $c i32)
    (loop $l
      (i32.store8 (local.get $to) (local.tee $c (i32.load8_u (local.get $from))))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $l (local.get $c))))
)
;;! func = 0
;; check: call void @llvm.memset
;; check: store volatile i8

;;! func = 1
;; check: load <$(=\d+) x i8>
;; check: store <
;; check: load volatile i8
;; check: store volatile i8

;; The loop itself is as exact as before.
;;! func = 2
;; check: load volatile i8
;; check: load <16 x i8>
;; not: volatile

;;! func = 2, emit = asm
;; check: cmpb $(=\$)0
;; check: vpcmpeqb
;; check: vpmovmskb
;; check: tzcntl

;;! func = 2, checks = explicit
;; check: load i8
;; check: load <16 x i8>

;;! func = 3, emit = asm
;; check: vmovdqu
;; check: vpcmpeqb
;; check: vpmovmskb
;; check: tzcntl

;;! func = 4, emit = asm
;; check: vpaddb
;; check: vpminub
;; check: vpcmpeqb

;; What it stores is in order with its other accesses.
;;! func = 5
;; check: load volatile i8
;; check: store volatile i8
;; check: load <16 x i8>
;; check: store volatile <16 x i8>
