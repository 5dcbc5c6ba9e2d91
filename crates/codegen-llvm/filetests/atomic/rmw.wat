;; Read-modify-write instructions are one locked instruction where the machine has it, else a loop of compare and exchange.
(module
  (memory 1 2 shared)
  (func (param i32 i32) (result i32) (i32.atomic.rmw.add (local.get 0) (local.get 1)))
  (func (param i32 i64) (result i64) (i64.atomic.rmw.sub (local.get 0) (local.get 1)))
  (func (param i32 i32) (result i32) (i32.atomic.rmw8.xchg_u (local.get 0) (local.get 1)))
  (func (param i32 i64) (result i64) (i64.atomic.rmw16.or_u (local.get 0) (local.get 1)))
  (func (param i32 i32) (drop (i32.atomic.rmw.and (local.get 0) (local.get 1))))
)
;;! emit = llvm-ir, func = 0
;; check: atomicrmw volatile add ptr %
;; sameln: seq_cst, align 4

;;! emit = asm, func = 0
;; check: lock
;; sameln: xaddl %$(=\w+), (%r$(=[a-z]+),%r$(=[a-z]+))

;;! emit = asm, func = 1
;; check: negq
;; check: lock
;; sameln: xaddq %$(=\w+), (%r$(=[a-z]+),%r$(=[a-z]+))

;;! emit = llvm-ir, func = 2
;; check: trunc i32 %$(=\w+) to i8
;; check: atomicrmw volatile xchg ptr %
;; sameln: i8
;; sameln: seq_cst, align 1
;; check: zext i8

;;! emit = asm, func = 2
;; check: xchgb %

;;! emit = asm, func = 3
;; check: lock
;; sameln: cmpxchgw %
;; check: jne

;;! emit = asm, func = 4
;; check: lock
;; sameln: andl %$(=\w+), (%r$(=[a-z]+),%r$(=[a-z]+))

;; Arm has one instruction from version 8.1 on (`lse`), and exclusive accesses before.
;;! emit = asm, machine = aarch64, func = 0
;; check: ldaxr w0
;; check: stlxr
;; check: cbnz

;;! emit = asm, machine = aarch64, feature = +lse, func = 0
;; check: tst w1, #0x3
;; check: ldaddal w2, w0
;; check: brk #0x550c
