;; Tests of all lanes become one comparison and a move of its bits.
(module
  (func (param v128) (result i32) (v128.any_true (local.get 0)))
  (func (param v128) (result i32) (i8x16.all_true (local.get 0)))
  (func (param v128) (result i32) (i64x2.all_true (local.get 0)))
  (func (param v128) (result i32) (i8x16.bitmask (local.get 0)))
  (func (param v128) (result i32) (i16x8.bitmask (local.get 0)))
  (func (param v128) (result i32) (i32x4.bitmask (local.get 0)))
  (func (param v128) (result i32) (i64x2.bitmask (local.get 0)))
  (func (param v128 v128) (result i32) (if (result i32) (i8x16.all_true (i8x16.eq (local.get 0) (local.get 1))) (then (i32.const 5)) (else (i32.const 9))))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; check: vptest %xmm0, %xmm0
;; check: setne %al
;; check: retq

;;! emit = asm, cpu = baseline, func = 0
;; check: prologue_end
;; check: pcmpeqd
;; check: movmskps
;; check: setne %al
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 1
;; check: prologue_end
;; check: vpcmpeqb
;; check: vpmovmskb
;; check: sete %al
;; check: retq

;;! emit = asm, cpu = baseline, func = 1
;; check: prologue_end
;; check: pcmpeqb
;; check: pmovmskb
;; check: sete %al
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 2
;; check: prologue_end
;; check: vpcmpeqq
;; check: vtestpd
;; check: sete %al
;; check: retq

;;! emit = asm, cpu = baseline, func = 2
;; check: prologue_end
;; check: pcmpeqd
;; check: movmskpd
;; check: sete %al
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 3
;; check: prologue_end
;; nextln: vpmovmskb %xmm0, %eax
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 3
;; check: prologue_end
;; nextln: pmovmskb %xmm0, %eax
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 4
;; check: prologue_end
;; check: vpacksswb
;; check: vpmovmskb
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 5
;; check: prologue_end
;; nextln: vmovmskps %xmm0, %eax
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 5
;; check: prologue_end
;; nextln: movmskps %xmm0, %eax
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 6
;; check: prologue_end
;; nextln: vmovmskpd %xmm0, %eax
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 6
;; check: prologue_end
;; nextln: movmskpd %xmm0, %eax
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 7
;; not: pmovmskb
;; check: vpxor
;; check: vptest
;; not: pmovmskb
