;; What compiled code does not do itself: it calls a builtin through the context, and traps if that returns a status.
(module
  (table $t 1 externref)
  (memory 1)
  (data $d "x")
  (func (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
  (func (param i32) (result i32) (memory.grow (local.get 0)))
  (func (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
)
;;! emit = llvm-ir, opt = O0, func = 0
;; check: notail call i32 %$(=\d+)(ptr %0, i32 0, i64 %$(=\d+), ptr %2)
;; check: icmp ne i32
;; check: ubsantrap(i8 14)
;;! emit = llvm-ir, opt = O0, func = 1
;; check: zext i32 %1 to i64
;; check: notail call i64 %$(=\d+)(ptr %0, i32 0, i64 %
;; check: trunc i64
;;! emit = llvm-ir, opt = O0, func = 2
;; check: notail call i32 %$(=\d+)(ptr %0, i32 0, i32 0, i64
