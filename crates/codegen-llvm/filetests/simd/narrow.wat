;; Saturating narrows are packs.
(module
  (func (param v128 v128) (result v128) (i8x16.narrow_i16x8_s (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i8x16.narrow_i16x8_u (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i16x8.narrow_i32x4_s (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i16x8.narrow_i32x4_u (local.get 0) (local.get 1)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; nextln: vpacksswb %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 0
;; check: prologue_end
;; nextln: packsswb %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 1
;; check: prologue_end
;; nextln: vpackuswb %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 1
;; check: prologue_end
;; nextln: packuswb %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 2
;; check: prologue_end
;; nextln: vpackssdw %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 2
;; check: prologue_end
;; nextln: packssdw %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 3
;; check: prologue_end
;; nextln: vpackusdw %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 3
;; check: prologue_end
;; check: paddd
;; check: packssdw
;; check: pxor
;; check: retq
