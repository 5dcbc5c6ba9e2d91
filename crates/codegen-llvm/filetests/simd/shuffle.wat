;; Shuffles that one instruction can do are that instruction.
(module
  (func (param v128 v128) (result v128) (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i8x16.shuffle 0 1 2 3 0 1 2 3 0 1 2 3 0 1 2 3 (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i8x16.shuffle 3 17 5 30 1 1 8 24 9 2 31 0 16 4 20 7 (local.get 0) (local.get 1)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; nextln: vpshufb .LCPI0_0(%rip), %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 0
;; not: callq
;; check: packuswb

;;! emit = asm, cpu = x86-64-v3, func = 1
;; check: prologue_end
;; nextln: vpunpcklbw %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 1
;; check: prologue_end
;; nextln: punpcklbw %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 2
;; check: prologue_end
;; nextln: vbroadcastss %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 2
;; check: prologue_end
;; nextln: pshufd $$0, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 3
;; check: prologue_end
;; nextln: vpalignr $$4, %xmm0, %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 4
;; check: prologue_end
;; nextln: vshufps $$78, %xmm0, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 4
;; check: prologue_end
;; nextln: pshufd $$78, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 5
;; check: prologue_end
;; nextln: vshufps $$136, %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 5
;; check: prologue_end
;; nextln: shufps $$136, %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 6
;; check: prologue_end
;; check: vpshufb
;; check: vpshufb
;; check: vpor
;; check: retq
