;; Functions that only calls of their module reach have the C convention, whose callees take nothing from the stack. All that a reference
;; may lead to has `tailcc`, and so have the elements of its type beside it, and everything at `-O0`.
(module
  (type $private (func (param i32) (result i32)))
  (type $mixed (func (param i64) (result i64)))
  (import "" "f" (func $f (param i32)))
  (table 8 funcref)
  (elem (i32.const 1) $a $b $c $d)
  (func $a (type $private) (i32.mul (local.get 0) (i32.const 77)))
  (func $b (type $private) (i32.div_u (local.get 0) (i32.const 77)))
  (func $c (export "c") (type $mixed) (i64.mul (local.get 0) (i64.const 77)))
  (func $d (type $mixed) (i64.div_u (local.get 0) (i64.const 77)))
  (func (param i32 i32) (result i32) (call_indirect (type $private) (local.get 0) (local.get 1)))
  (func (param i64 i32) (result i64) (call_indirect (type $mixed) (local.get 0) (local.get 1)))
  (func (export "own") (param i32) (result i32)
    (call $f (local.get 0))
    (i32.wrap_i64 (call $c (i64.extend_i32_u (call $a (local.get 0))))))
)
;;! emit = llvm-ir, opt = O1, func = 1
;; check: define hidden i32 @"wasm[1]"

;;! emit = llvm-ir, opt = O1, func = 4
;; check: define hidden tailcc i64 @"wasm[4]"

;;! emit = llvm-ir, opt = O1, func = 5
;; check: define hidden i32 @"wasm[5]"
;; check: notail call i32 %

;;! emit = llvm-ir, opt = O1, func = 6
;; check: notail call tailcc i64 %

;;! emit = llvm-ir, opt = O1, func = 7
;; check: define hidden tailcc i32 @"wasm[7]"
;; check: notail call tailcc void %
;; check: notail call i32 @"wasm[1]"
;; check: notail call tailcc i64 @"wasm[3]"

;;! emit = llvm-ir, opt = O0, func = 1
;; check: define hidden tailcc i32 @"wasm[1]"
