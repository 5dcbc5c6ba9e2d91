;; Between memories of different address types: every operand is widened to the 64 bits that the builtins take.
(module
  (memory $narrow 1)
  (memory $wide i64 1)
  (data $d "abc")
  (func (param i32 i64 i32) (memory.copy $narrow $wide (local.get 0) (local.get 1) (local.get 2)))
  (func (param i64 i32 i32) (memory.init $wide $d (local.get 0) (local.get 1) (local.get 2)))
  (func (param i64) (result i64) (memory.grow $wide (local.get 0)))
)
;;! emit = llvm-ir, func = 0
;; check: zext i32 %1 to i64
;; check: zext i32 %3 to i64
;; check: call i32 %$(=\d+)(ptr nonnull %0, i32 0, i64 %$(=\d+), i32 1, i64 %2, i64 %$(=\d+))

;;! emit = llvm-ir, func = 1
;; check: call i32 %$(=\d+)(ptr nonnull %0, i32 1, i32 0, i64 %1, i64 %$(=\d+), i64 %$(=\d+))

;;! emit = llvm-ir, func = 2
;; check: call i64 %$(=\d+)(ptr nonnull %0, i32 1, i64 %1)
;; not: trunc
