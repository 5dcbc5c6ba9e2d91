;; Extensions, and products and sums at twice the width.
(module
  (func (param v128) (result v128) (i16x8.extend_low_i8x16_s (local.get 0)))
  (func (param v128) (result v128) (i32x4.extend_low_i16x8_u (local.get 0)))
  (func (param v128) (result v128) (i64x2.extend_high_i32x4_s (local.get 0)))
  (func (param v128 v128) (result v128) (i16x8.extmul_low_i8x16_u (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i32x4.extmul_high_i16x8_s (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i64x2.extmul_high_i32x4_s (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (i16x8.extadd_pairwise_i8x16_s (local.get 0)))
  (func (param v128) (result v128) (i16x8.extadd_pairwise_i8x16_u (local.get 0)))
  (func (param v128) (result v128) (i32x4.extadd_pairwise_i16x8_s (local.get 0)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; nextln: vpmovsxbw %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 0
;; check: prologue_end
;; check: punpcklbw
;; check: psraw
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 1
;; check: prologue_end
;; nextln: vpmovzxwd %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 2
;; check: prologue_end
;; check: vpshufd $$238
;; check: vpmovsxdq
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 3
;; check: prologue_end
;; check: vpmovzxbw
;; check: vpmovzxbw
;; check: vpmullw
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 4
;; check: prologue_end
;; check: vpunpckhwd
;; check: vpmaddwd
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 5
;; check: prologue_end
;; check: vpshufd
;; check: vpshufd
;; check: vpmuldq
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 6
;; check: prologue_end
;; check: vpmaddubsw %xmm0, %xmm1, %xmm0
;; check: retq

;;! emit = asm, cpu = baseline, func = 6
;; check: prologue_end
;; check: psllw $$8
;; check: psraw $$8
;; check: psraw $$8
;; check: paddw
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 7
;; check: prologue_end
;; nextln: vpmaddubsw .LCPI7_0(%rip), %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 7
;; check: prologue_end
;; check: pand
;; check: psrlw $$8
;; check: paddw
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 8
;; check: prologue_end
;; nextln: vpmaddwd .LCPI8_0(%rip), %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 8
;; check: prologue_end
;; nextln: pmaddwd .LCPI8_0(%rip), %xmm0
;; nextln: .loc
;; nextln: retq
