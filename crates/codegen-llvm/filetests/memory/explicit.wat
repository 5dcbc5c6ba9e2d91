;; The address is compared with the last from which so many bytes exist, or the end of the access with the length, in 64 bits; then the
;; access is a plain one.
(module
  (memory 1)
  (func (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  (func (param i32) (result i32)
    (i32.store8 (local.get 0) (i32.const 1))
    (i32.load8_u (local.get 0)))
  (func (param i32) (result i32) (i32.load offset=60 (local.get 0)))
  (func (param i32) (result i32) (i32.load offset=61 (local.get 0)))
)
;;! emit = llvm-ir, checks = explicit, func = 0
;; check: zext i32 %1 to i64
;; check: load i64, ptr
;; check: icmp ult i64
;; check: br i1
;; check: load i32, ptr
;; sameln: align 1
;; not: volatile
;; check: ubsantrap(i8 2)

;; One instruction and a branch.
;;! emit = asm, checks = explicit, func = 2
;; not: lea
;; check: cmpq %
;; check: jb
;; check: movl 60(

;; A limit that the context does not have.
;;! emit = llvm-ir, checks = explicit, func = 3
;; check: zext i32 %1 to i64
;; check: add nuw nsw i64
;; sameln: 65
;; check: icmp ugt i64
;; check: br i1
;; check: load i32, ptr
;; sameln: align 1
;; not: volatile
;; check: ubsantrap(i8 2)

;; The second access is in bounds where the first is: one compare is left, and the stored value is the result.
;;! emit = asm, checks = explicit, func = 1
;; check: cmpq
;; not: cmp$(=[a-z]*)
;; check: movb $$1
;; not: cmp$(=[a-z]*)
;; check: ud1l 2(%eax), %eax
;; not: ud1l

;;! emit = asm, machine = aarch64, checks = explicit, func = 1
;; check: cmp
;; not: cmp
;; check: strb
;; not: cmp
;; check: brk #0x5502
;; not: brk
