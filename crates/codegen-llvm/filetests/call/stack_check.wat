;; A function that calls compares its stack pointer with the store's limit; a leaf does not. A check that inlining
;; brings along folds into the caller's.
(module
  (import "" "f" (func $f))
  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $calls (call $f))
  (func $calls_twice (call $calls) (call $calls))
  (func $round (param f32) (result f32) (f32.ceil (local.get 0)))
)
;;! emit = asm, func = 1
;; not: %rsp
;; check: retq

;;! emit = asm, func = 2
;; check: cmpq %rsp, (
;; nextln: ja .LBB$(=[0-9_]+)
;; check: callq *
;; check: ud1l 10(%eax), %eax

;;! emit = asm, func = 3
;; check: cmpq %rsp, (
;; not: cmpq %rsp
;; check: callq *
;; not: cmpq %rsp
;; check: callq *
;; check: ud1l 10(%eax), %eax
;; not: ud1l

;; Rounding is an instruction of newer processors, and a call on others.
;;! emit = asm, func = 4
;; not: %rsp
;; check: vroundss

;;! emit = asm, cpu = x86-64, func = 4
;; check: cmpq %rsp, (
;; check: callq ceilf

;;! emit = asm, machine = aarch64, func = 1
;; not: sp
;; check: ret

;;! emit = asm, machine = aarch64, func = 2
;; check: mov $(=[wx]\d+), sp
;; check: cmp
;; check: b.hi
;; check: blr
;; check: brk #0x550a
