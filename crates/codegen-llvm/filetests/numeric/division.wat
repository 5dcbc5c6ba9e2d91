;; Division is checked before it is executed: the processor's own fault is never reached.
(module
  (func (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
  (func (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
  (func (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 7)))
)
;;! emit = llvm-ir, func = 0
;; check: icmp eq i32 %2, 0
;; check: icmp eq i32 %2, -1
;; check: icmp eq i32 %1, -2147483648
;; check: sdiv i32
;; check: ubsantrap(i8 7)
;; check: ubsantrap(i8 8)

;; The remainder of the least integer by -1 is 0, not a trap.
;;! emit = llvm-ir, func = 1
;; check: icmp eq i64 %2, 0
;; check: icmp eq i64 %2, -1
;; check: select i1
;; check: srem i64
;; check: ubsantrap(i8 7)
;; not: ubsantrap

;;! emit = asm, func = 2
;; check: testl
;; check: divl
;; check: ud1l 7(%eax), %eax

;; A constant divisor needs no check.
;;! emit = asm, opt = O0, func = 3
;; check: imulq
;; not: ud1l

;; Arm's division has no fault of its own: what is checked is all that traps.
;;! emit = asm, machine = aarch64, func = 0
;; check: cbz w2
;; check: cmn w2, #1
;; check: sdiv w0, w1, w2
;; check: ret
;; check: brk #0x5507
;; check: brk #0x5508
