;; A copy compares with the lengths of both memories, each of its own address type, and is then the C library's. Under guard it keeps
;; its order like a store. That of a shared memory is the runtime's.
(module
  (memory $narrow 1)
  (memory $wide i64 1)
  (memory $shared 1 1 shared)
  (data $d "abc")
  (func (param i32 i64 i32) (memory.copy $narrow $wide (local.get 0) (local.get 1) (local.get 2)))
  (func (param i64 i32 i32) (memory.init $wide $d (local.get 0) (local.get 1) (local.get 2)))
  (func (param i64) (result i64) (memory.grow $wide (local.get 0)))
  (func (param i32 i32 i32) (memory.copy $narrow $shared (local.get 0) (local.get 1) (local.get 2)))
  (func (param i32 i32 i32) (memory.fill $narrow (local.get 0) (local.get 1) (local.get 2)))
)
;;! emit = llvm-ir, func = 0
;; check: zext i32 %1 to i64
;; check: zext i32 %3 to i64
;; check: icmp ult i64
;; check: icmp ult i64
;; check: call void @llvm.memmove.p0.p0.i64(
;; sameln: i1 true
;; check: ubsantrap(i8 2)

;;! emit = llvm-ir, func = 1
;; check: call i32 %$(=\d+)(ptr nonnull %0, i32 1, i32 0, i64 %1, i64 %$(=\d+), i64 %$(=\d+))

;;! emit = llvm-ir, func = 2
;; check: call i64 %$(=\d+)(ptr nonnull %0, i32 1, i64 %1)
;; not: trunc

;;! emit = llvm-ir, func = 3
;; check: call i32 %$(=\d+)(ptr nonnull %0, i32 0, i64 %$(=\d+), i32 2,

;;! emit = llvm-ir, func = 4
;; check: call void @llvm.memset.p0.i64(
;; sameln: i1 true
;; check: ubsantrap(i8 2)

;;! emit = llvm-ir, traps = relaxed, func = 4
;; check: call void @llvm.memset.p0.i64(
;; sameln: i1 false
