;; The fast copy's accesses are plain and in a scope of their group, and effects stay before it and after it; the other copy's are
;; as everywhere.
(module
  (memory 1)
  (global $g (mut i32) (i32.const 0))
  (func (param $to i32) (param $from i32) (param $n i32) (local $i i32)
    (global.set $g (i32.const 1))
    (loop $l
      (i32.store8 (i32.add (local.get $to) (local.get $i)) (i32.load8_u (i32.add (local.get $from) (local.get $i))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (drop (i32.load (local.get $to)))
    (global.set $g (i32.const 2)))
  ;; A shared memory's loops are not versioned.
  (memory $shared 1 1 shared)
  (func (param $p i32) (param $n i32) (local $i i32)
    (loop $l
      (i32.store8 $shared (i32.add (local.get $p) (local.get $i)) (i32.const 7))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
)
;;! func = 0
;; check: store volatile i32 1
;; check: ~{memory}
;; check: load <$(=\d+) x i8>
;; sameln: !alias.scope
;; sameln: !noalias
;; check: store <
;; sameln: !alias.scope
;; check: load volatile i8
;; check: store volatile i8
;; check: ~{memory}
;; check: load volatile i32
;; check: store volatile i32 2

;;! func = 1
;; not: alias.scope
;; not: ~{memory}
;; check: store volatile i8

;; Without exact traps nothing is volatile, and loops are versioned for what the check says of overlaps.
;;! traps = relaxed, func = 0
;; check: alias.scope
;; not: volatile

