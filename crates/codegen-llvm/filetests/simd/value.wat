;; Vectors in registers: parameters, results, block parameters, globals.
(module
  (global $g (mut v128) (v128.const i64x2 1 2))
  (func (param v128 v128) (result v128 v128) (local.get 1) (local.get 0))
  (func (param v128 i32) (result v128) (loop (local.set 0 (i32x4.add (local.get 0) (local.get 0))) (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))) (local.get 0))
  (func (result v128) (global.get $g))
  (func (param v128) (global.set $g (local.get 0)))
  (func (param v128 v128 i32) (result v128) (select (local.get 0) (local.get 1) (local.get 2)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; check: vmovaps
;; check: vmovaps
;; check: retq

;;! emit = llvm-ir, opt = O0, cpu = x86-64-v3, func = 1
;; check: phi <16 x i8>
;; check: add <4 x i32>

;;! emit = llvm-ir, cpu = x86-64-v3, func = 2
;; check: load <16 x i8>
;; sameln: align 16

;;! emit = asm, cpu = x86-64-v3, func = 3
;; check: vmovaps %xmm0,

;;! emit = llvm-ir, cpu = x86-64-v3, func = 4
;; check: select i1 $(=.*), <16 x i8>
