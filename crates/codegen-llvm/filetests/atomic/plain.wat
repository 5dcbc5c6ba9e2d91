;; Plain accesses of a shared memory are volatile under either strategy, since other threads access it as well: none is repeated,
;; left out or made of two. The base never moves, so it is read once; the length is read before each comparison, of which
;; an access of a place that was accessed needs none: a shared memory does not shrink either.
(module
  (memory 1 2 shared)
  (func (param i32) (result i32)
    (drop (i32.load (local.get 0)))
    (i32.add (i32.load (local.get 0)) (i32.load (local.get 0))))
  (func (param i32 f64) (f64.store (local.get 0) (local.get 1)))
  (func (result i32) (memory.size))
)
;;! emit = llvm-ir, func = 0
;; check: load volatile i32, ptr
;; check: load volatile i32, ptr
;; check: load volatile i32, ptr

;;! emit = llvm-ir, func = 0, checks = explicit
;; check: !invariant.load
;; check: load atomic i64, ptr
;; check: load volatile i32, ptr
;; not: load atomic
;; check: load volatile i32, ptr
;; not: load atomic
;; check: load volatile i32, ptr
;; not: !invariant.load

;;! emit = llvm-ir, func = 1, checks = explicit
;; check: store volatile double

;;! emit = llvm-ir, func = 2
;; check: load atomic i64, ptr
;; sameln: seq_cst
