;; Counts are taken modulo the width of a lane, variable or constant.
(module
  (func (param v128 i32) (result v128) (i16x8.shr_s (local.get 0) (local.get 1)))
  (func (param v128 i32) (result v128) (i8x16.shl (local.get 0) (local.get 1)))
  (func (param v128 i32) (result v128) (i64x2.shr_s (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (i16x8.shl (local.get 0) (i32.const 19)))
  (func (param v128) (result v128) (i32x4.shr_u (local.get 0) (i32.const 32)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; check: andl $$15, %esi
;; check: vmovd %esi, %xmm1
;; check: vpsraw %xmm1, %xmm0, %xmm0
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 1
;; check: prologue_end
;; check: andl $$7, %esi
;; check: vpsllw
;; check: vpand
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 2
;; check: prologue_end
;; check: andl $$63, %esi
;; check: vpsrlq
;; check: vpxor
;; check: vpsubq
;; check: retq

;;! emit = asm, cpu = x86-64-v4, func = 2
;; check: vpsraq

;;! emit = asm, cpu = x86-64-v3, func = 3
;; check: prologue_end
;; nextln: vpsllw $$3, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 3
;; check: prologue_end
;; nextln: psllw $$3, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 4
;; check: prologue_end
;; nextln: retq
