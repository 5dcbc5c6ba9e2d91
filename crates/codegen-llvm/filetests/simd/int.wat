;; Integer lanes: one instruction where there is one.
(module
  (func (param v128 v128) (result v128) (i32x4.dot_i16x8_s (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i16x8.q15mulr_sat_s (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i8x16.avgr_u (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i16x8.avgr_u (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i8x16.add_sat_s (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i16x8.sub_sat_u (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i32x4.min_u (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (i8x16.abs (local.get 0)))
  (func (param v128) (result v128) (i8x16.popcnt (local.get 0)))
  (func (param v128 v128) (result v128) (i64x2.mul (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i64x2.lt_s (local.get 0) (local.get 1)))
  (func (param v128 v128 v128) (result v128) (v128.bitselect (local.get 0) (local.get 1) (local.get 2)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; nextln: vpmaddwd %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 0
;; check: prologue_end
;; nextln: pmaddwd %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 1
;; check: prologue_end
;; check: vpmulhrsw
;; check: vpcmpeqw
;; check: vpxor
;; check: retq

;;! emit = asm, cpu = baseline, func = 1
;; check: prologue_end
;; check: pmaddwd
;; check: psrad $$15
;; check: packssdw
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 2
;; check: prologue_end
;; nextln: vpavgb %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 2
;; check: prologue_end
;; nextln: pavgb %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 3
;; check: prologue_end
;; nextln: vpavgw %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 4
;; check: prologue_end
;; nextln: vpaddsb %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 5
;; check: prologue_end
;; nextln: vpsubusw %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 6
;; check: prologue_end
;; nextln: vpminud %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 6
;; check: prologue_end
;; check: pcmpgtd
;; check: pandn
;; check: por
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 7
;; check: prologue_end
;; nextln: vpabsb %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 7
;; check: prologue_end
;; check: psubb
;; check: pminub
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 8
;; check: prologue_end
;; check: vpshufb
;; check: vpshufb
;; check: vpaddb
;; check: retq

;;! emit = asm, cpu = baseline, func = 8
;; not: callq
;; check: paddb

;;! emit = asm, cpu = x86-64-v3, func = 9
;; check: prologue_end
;; check: vpmuludq
;; check: vpmuludq
;; check: vpmuludq
;; check: retq

;;! emit = asm, cpu = x86-64-v4, func = 9
;; check: prologue_end
;; nextln: vpmullq %xmm0, %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 10
;; check: prologue_end
;; nextln: vpcmpgtq %xmm0, %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 10
;; check: prologue_end
;; check: pcmpgtd
;; check: pcmpeqd
;; check: por
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 11
;; check: prologue_end
;; check: vandps
;; check: vandnps
;; check: vorps
;; check: retq

;;! emit = asm, cpu = x86-64-v4, func = 11
;; check: vpternlog$(=[dq])
