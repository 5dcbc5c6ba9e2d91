;; Atomic accesses are sequentially consistent: a load is a plain move, a store an exchange, which also is a full barrier. The
;; alignment is compared before anything else; a byte has none.
(module
  (memory 1 2 shared)
  (func (param i32) (result i32) (i32.atomic.load offset=16 (local.get 0)))
  (func (param i32 i64) (i64.atomic.store (local.get 0) (local.get 1)))
  (func (param i32) (result i64) (i64.atomic.load8_u (local.get 0)))
  (func (param i32 i32) (i32.atomic.store16 offset=1 (local.get 0) (local.get 1)))
)
;;! emit = llvm-ir, func = 0
;; check: and i32 %$(=\w+), 3
;; check: load atomic volatile i32, ptr
;; sameln: seq_cst, align 4
;; check: ubsantrap(i8 12)

;;! emit = asm, func = 0
;; not: lock
;; not: xchg
;; check: testb $$3, %
;; check: jne
;; check: movl 16(%r$(=[a-z]+),%r$(=[a-z]+)), %eax
;; not: lock
;; not: fence
;; check: ud1l 12

;;! emit = llvm-ir, func = 1
;; check: store atomic volatile i64 %
;; sameln: seq_cst, align 8

;;! emit = asm, func = 1
;; check: testb $$7, %
;; check: xchgq %r$(=[a-z]+), (%r$(=[a-z]+),%r$(=[a-z]+))
;; not: mfence

;;! emit = llvm-ir, func = 2
;; not: and i32
;; check: load atomic volatile i8, ptr
;; sameln: seq_cst, align 1
;; check: zext i8

;; The offset counts for the alignment.
;;! emit = llvm-ir, func = 3, opt = O0
;; check: add i32 %$(=\w+), 1
;; check: and i32 %$(=\w+), 1
;; check: store atomic volatile i16
;; sameln: seq_cst, align 2

;; Compared with the length after the alignment, and the length is read atomically.
;;! emit = llvm-ir, func = 0, checks = explicit
;; check: and i32 %$(=\w+), 3
;; check: load atomic i64, ptr
;; sameln: seq_cst
;; check: icmp ugt i64
;; check: load atomic volatile i32
