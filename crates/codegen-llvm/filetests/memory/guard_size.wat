;; How far the guard reaches decides which static offsets are compared: here it has 64 KiB, then 4 GiB and more.
(module
  (memory 1)
  (func (param i32) (result i64) (i64.load offset=65528 (local.get 0)))
  (func (param i32) (result i64) (i64.load offset=65529 (local.get 0)))
  (func (param i32) (result i64) (i64.load offset=0xffff_ffff (local.get 0)))
)
;;! emit = llvm-ir, guard = 65536, func = 0
;; not: icmp
;; check: load volatile i64
;; not: ubsantrap

;;! emit = llvm-ir, guard = 65536, func = 1
;; check: icmp ugt i64
;; check: load volatile i64
;; check: ubsantrap(i8 2)

;;! emit = llvm-ir, guard = 4295032832, func = 2
;; not: icmp
;; check: load volatile i64
;; not: ubsantrap
