;; A narrow compare-and-exchange compares all of the expected value with the zero-extended old one. An expected value that does
;; not fit is never equal: what may be written back is what is there already.
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
;; check: icmp
;; sameln: 256
;; check: select i1
;; check: cmpxchg volatile ptr %
;; sameln: i8
;; sameln: seq_cst seq_cst, align 1
;; check: zext i8

;;! emit = asm, func = 1
;; check: cmov$(=[a-z]+) %
;; check: lock
;; sameln: cmpxchgb %
