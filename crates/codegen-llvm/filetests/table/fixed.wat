;; Calls through a table that never changes: bounds and type are compared with constants, and the callee gets our context. Where one
;; element has the type, it is called directly.
(module
  (type $several (func (param i32) (result i32)))
  (type $one (func (param i64) (result i64)))
  (type $none (func (param f32)))
  (table 10 funcref)
  (elem (i32.const 3) $a $b $c)
  (func $a (type $several) (i32.mul (local.get 0) (i32.const 77)))
  (func $b (type $several) (i32.div_u (local.get 0) (i32.const 77)))
  (func $c (type $one) (i64.mul (local.get 0) (i64.const 77)))
  (func (param i32 i32) (result i32) (call_indirect (type $several) (local.get 0) (local.get 1)))
  (func (param i64 i32) (result i64) (call_indirect (type $one) (local.get 0) (local.get 1)))
  (func (param f32 i32) (call_indirect (type $none) (local.get 0) (local.get 1)))
)
;;! emit = llvm-ir, opt = O0, func = 3
;; check: icmp uge i64
;; sameln: 10
;; check: load i32
;; sameln: !invariant.load
;; check: switch i32
;; check: sext i32
;; check: notail call tailcc i32 %$(=\d+)(ptr %0,
;; check: ubsantrap(i8 4)

;;! emit = llvm-ir, func = 4
;; check: icmp eq
;; sameln: 5
;; check: mul i64 %1, 77
;; check: ubsantrap(i8 4)
;; not: store

;;! emit = llvm-ir, func = 5
;; check: ubsantrap(i8 6)
;; not: call void %
