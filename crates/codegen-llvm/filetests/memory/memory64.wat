;; A 64-bit address is compared with the last that has room behind it or with the number of those, since its sum with an offset
;; could wrap: one compare, whatever the strategy, and then a plain access.
(module
  (memory i64 1)
  (func (param i64) (result i32) (i32.load offset=0x10000 (local.get 0)))
  (func (param i64) (result i32) (i32.load8_u (local.get 0)))
  ;; Offset and width past 2^64: always a trap.
  (func (param i64) (result i64) (i64.load offset=0xffff_ffff_ffff_fff9 (local.get 0)))
  ;; In a loop that no check before it proves, the limit is read once.
  (func (param i64) (result i64) (local i64)
    (loop $next
      (local.set 1 (i64.add (local.get 1) (i64.const 1)))
      (br_if $next (i64.ne (local.tee 0 (i64.load offset=8 (local.get 0))) (i64.const 0))))
    (local.get 1))
  ;; The memory has so many bytes: the difference does not wrap.
  (func (param i64) (result i32) (i32.load offset=65 (local.get 0)))
)
;;! emit = llvm-ir, func = 0
;; not: zext i32 %1
;; check: call i64 @llvm.usub.sat.i64(i64 %$(=\d+), i64 65539)
;; check: icmp ult i64
;; check: load i32, ptr
;; not: volatile
;; check: ubsantrap(i8 2)

;;! emit = asm, checks = explicit, func = 0
;; check: subq $$65539
;; check: cmovaeq
;; check: cmpq
;; check: movl 65536(
;; check: ud1l 2(%eax), %eax

;;! emit = llvm-ir, func = 1
;; not: usub
;; check: icmp ugt i64 %1,
;; check: load i8, ptr

;;! emit = llvm-ir, func = 2
;; not: load i64
;; check: ubsantrap(i8 2)
;; not: load i64

;;! emit = asm, func = 3
;; check: .LBB3_$(loop=\d+):
;; check: cmpq %
;; check: ja
;; check: movq 8(
;; check: retq

;;! emit = llvm-ir, func = 4
;; check: add i64
;; sameln: -68
;; check: icmp ult i64
;; check: load i32, ptr
