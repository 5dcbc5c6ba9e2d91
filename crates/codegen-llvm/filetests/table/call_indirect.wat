;; The sequence of an indirect call through a table that others can change: bounds, null, type, then the callee's code with the
;; callee's context.
(module
  (type $t (func (param i32) (result i32)))
  (table (export "t") 10 funcref)
  (func (param i32 i32) (result i32)
    (call_indirect (type $t) (local.get 0) (local.get 1)))
  (func (param i32) (result funcref) (table.get 0 (local.get 0)))
)
;;! emit = llvm-ir, opt = O0, func = 0
;; check: zext i32 %2 to i64
;; check: icmp uge i64
;; check: icmp eq ptr
;; sameln: null
;; check: icmp ne i32
;; check: store ptr %0, ptr
;; check: notail call tailcc i32 %
;; check: ubsantrap(i8 4)
;; check: ubsantrap(i8 5)
;; check: ubsantrap(i8 6)

;;! emit = llvm-ir, func = 1
;; check: icmp ugt i64
;; check: ubsantrap(i8 3)

;; The same on Arm, with a trap of its own for each check.
;;! emit = asm, machine = aarch64, func = 0
;; check: b.ls
;; check: lsl #3]
;; check: cbz
;; check: b.ne
;; check: blr
;; check: ret
;; check: brk #0x5504
;; check: brk #0x5505
;; check: brk #0x5506
