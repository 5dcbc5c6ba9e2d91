;; A 64-bit index is compared as it is.
(module
  (type $f (func))
  (table $t (export "t") i64 10 funcref)
  (func (param i64) (call_indirect $t (type $f) (local.get 0)))
  (func (param i64) (result funcref) (table.get $t (local.get 0)))
  (func (result i64) (table.size $t))
)
;;! emit = llvm-ir, func = 0
;; not: zext
;; check: icmp ult i64 %1,
;; check: ubsantrap(i8 4)

;;! emit = llvm-ir, func = 1
;; check: icmp ult i64 %1,
;; check: ubsantrap(i8 3)

;;! emit = llvm-ir, func = 2
;; not: trunc
;; check: ret i64
