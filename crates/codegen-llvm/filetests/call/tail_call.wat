;; Tail calls are jumps, whatever the size of either parameter area; the return address moves along.
(module
  (type $t (func (param i32) (result i32)))
  (import "" "f" (func $f (type $t)))
  (table (export "t") 10 funcref)
  (func $ten (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
    (i64.add (local.get 0) (local.get 9)))
  (func $grow (result i64)
    (return_call $ten (i64.const 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5)
      (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9)))
  (func $import (param i32) (result i32) (return_call $f (local.get 0)))
  (func $indirect (param i32) (result i32) (return_call_indirect (type $t) (local.get 0) (local.get 0)))
  (func $reference (param (ref null $t)) (result i32) (return_call_ref $t (i32.const 1) (local.get 0)))
  (func $known (param (ref $t)) (result i32) (return_call_ref $t (i32.const 1) (local.get 0)))
)
;;! emit = llvm-ir, opt = O0, func = 2
;; check: musttail call tailcc i64 @"wasm[1]"
;; nextln: ret i64
;; Unoptimised code shows the five arguments on the stack.
;;! emit = asm, opt = O0, func = 2
;; check: movq $$9,
;; not: callq
;; check: jmp "wasm[1]"

;; The caller is noted, and the callee's own context passed.
;;! emit = llvm-ir, func = 3
;; check: store ptr %0, ptr
;; check: musttail call tailcc i32 %
;;! emit = asm, func = 3
;; not: callq
;; check: jmpq *

;;! emit = llvm-ir, func = 4
;; check: musttail call tailcc i32 %
;; check: ubsantrap(i8 4)
;; check: ubsantrap(i8 5)
;; check: ubsantrap(i8 6)

;;! emit = llvm-ir, func = 5
;; check: icmp eq ptr %1, null
;; check: musttail call tailcc i32 %
;; check: ubsantrap(i8 15)
;;! emit = llvm-ir, func = 6
;; not: icmp
;; check: musttail call tailcc i32 %
;; not: ubsantrap

;; On Arm, a branch in place of the call.
;;! emit = asm, machine = aarch64, func = 3
;; not: bl
;; check: br $(=x\d+)
;; not: ret
