;; An access that the guard region catches is one volatile instruction; an offset past the guard is compared as well.
(module
  (memory 1)
  (func (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  (func (param i32 i64) (i64.store offset=4 (local.get 0) (local.get 1)))
  (func (param i32) (result i32) (i32.load offset=0xffff_fff0 (local.get 0)))
  (func (param i32) (result i64) (i64.load16_s (local.get 0)))
)
;;! emit = asm, func = 0
;; not: cmp$(=[a-z]*)
;; check: movl 16(%r$(=[a-z]+),%r$(=[a-z]+)), %eax
;; nextln: .loc
;; nextln: retq
;; not: ud1l

;;! emit = llvm-ir, func = 0
;; check: load ptr, ptr %$(=\d+)
;; sameln: !invariant.load
;; check: load volatile i32, ptr
;; sameln: align 1

;;! emit = asm, func = 1
;; check: movq %rdx, 4(

;;! emit = llvm-ir, func = 2
;; check: icmp ugt i64
;; check: load volatile i32
;; check: ubsantrap(i8 2)

;;! emit = llvm-ir, func = 3
;; check: load volatile i16
;; check: sext i16

;; On Arm the base, the extended address and the offset are two instructions.
;;! emit = asm, machine = aarch64, func = 0
;; not: cmp
;; check: add $(=[wx]\d+), $(=[wx]\d+), w1, uxtw
;; check: ldr w0, [$(=[wx]\d+), #16]
;; check: ret
;; not: brk

;;! emit = asm, machine = aarch64, func = 2
;; check: cmp
;; check: b.hi
;; check: ret
;; check: brk #0x5502
