;; Counts are taken modulo the width, counting bits is defined for zero.
(module
  (func (param i32 i32) (result i32) (i32.shl (local.get 0) (local.get 1)))
  (func (param i64 i64) (result i64) (i64.rotr (local.get 0) (local.get 1)))
  (func (param i32) (result i32) (i32.clz (local.get 0)))
)
;;! emit = llvm-ir, opt = O0, func = 0
;; check: and i32 %2, 31
;; check: shl i32

;;! emit = llvm-ir, opt = O0, func = 1
;; check: @llvm.fshr.i64(i64 %1, i64 %1, i64 %2)

;;! emit = llvm-ir, opt = O0, func = 2
;; check: @llvm.ctlz.i32(i32 %1, i1 false)
