;; A swizzle by variable indices is `pshufb` with indices past the end moved on, or loads from the stack; by constant
;; ones it is a shuffle.
(module
  (func (param v128 v128) (result v128) (i8x16.swizzle (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (i8x16.swizzle (local.get 0) (v128.const i8x16 3 2 1 0 7 6 5 4 11 10 9 8 15 14 13 16)))
  (func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; check: vpaddusb .LCPI0_0(%rip), %xmm1, %xmm1
;; check: vpshufb %xmm1, %xmm0, %xmm0
;; check: retq

;;! emit = asm, cpu = baseline, func = 0
;; not: callq
;; check: pminub
;; check: movzbl
;; not: callq

;;! emit = llvm-ir, opt = O0, cpu = baseline, func = 0
;; check: alloca [17 x i8], align 16
;; check: store <16 x i8> %1
;; check: store i8 0
;; check: @llvm.umin.v16i8(<16 x i8> %2, <16 x i8> splat (i8 16))

;;! emit = asm, cpu = x86-64-v3, func = 1
;; check: prologue_end
;; nextln: vpshufb .LCPI1_0(%rip), %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = llvm-ir, cpu = x86-64-v3, func = 1
;; check: shufflevector <16 x i8>
;; not: pshuf

;;! emit = asm, cpu = x86-64-v3, func = 2
;; check: prologue_end
;; nextln: vpshufb %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, relaxed = deterministic, func = 2
;; check: prologue_end
;; check: vpaddusb
;; check: vpshufb
;; check: retq

;; Arm's table lookup gives zero for what is past the end, as the specification does.
;;! emit = asm, machine = aarch64, func = 0
;; check: tbl v0.16b, { v0.16b }, v1.16b
;; check: ret
