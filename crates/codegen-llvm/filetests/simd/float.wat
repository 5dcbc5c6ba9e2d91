;; Extrema give the canonical NaN and order zeros; the pseudo-extrema are one instruction. Rounding without an
;; instruction for it calls, and checks the stack.
(module
  (func (param v128 v128) (result v128) (f32x4.min (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (f64x2.max (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (f32x4.pmin (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (f64x2.pmax (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (f32x4.nearest (local.get 0)))
  (func (param v128 v128) (result v128) (f32x4.lt (local.get 0) (local.get 1)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; check: vminps
;; check: vminps
;; check: vorps
;; check: vcmpunordps
;; check: vblendvps
;; check: retq

;;! emit = asm, cpu = baseline, func = 0
;; check: prologue_end
;; check: minps
;; check: minps
;; check: orps
;; check: cmpunordps
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 1
;; check: prologue_end
;; check: vmaxpd
;; check: vmaxpd
;; check: vandpd
;; check: vcmpunordpd
;; check: vblendvpd
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 2
;; check: prologue_end
;; nextln: vminps %xmm0, %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 2
;; check: prologue_end
;; check: minps %xmm0, %xmm1
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 3
;; check: prologue_end
;; nextln: vmaxpd %xmm0, %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 4
;; check: prologue_end
;; nextln: vroundps $$12, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 4
;; check: prologue_end
;; check: cmpq
;; check: ja
;; check: callq
;; check: mulps
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 5
;; check: prologue_end
;; nextln: vcmpltps %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq
