;; A narrow compare-and-exchange compares as many bits of the expected value as it loads.
(module
  (memory 1 2 shared)
  (func (param i32 i32 i32) (result i32)
    (i32.atomic.rmw.cmpxchg (local.get 0) (local.get 1) (local.get 2)))
  (func (param i32 i64 i64) (result i64)
    (i64.atomic.rmw8.cmpxchg_u (local.get 0) (local.get 1) (local.get 2)))
)
;;! emit = llvm-ir, func = 0
;; not: select
;; check: cmpxchg volatile ptr %
;; sameln: seq_cst seq_cst, align 4

;;! emit = asm, func = 0
;; check: lock
;; sameln: cmpxchgl %

;;! emit = llvm-ir, func = 1
;; not: select
;; check: cmpxchg volatile ptr %
;; sameln: i8
;; sameln: seq_cst seq_cst, align 1
;; check: zext i8

;;! emit = asm, func = 1
;; not: cmov
;; check: lock
;; sameln: cmpxchgb %
