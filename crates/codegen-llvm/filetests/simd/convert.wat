;; Conversions stay in vector registers.
(module
  (func (param v128) (result v128) (i32x4.trunc_sat_f32x4_s (local.get 0)))
  (func (param v128) (result v128) (i32x4.trunc_sat_f32x4_u (local.get 0)))
  (func (param v128) (result v128) (i32x4.trunc_sat_f64x2_s_zero (local.get 0)))
  (func (param v128) (result v128) (i32x4.trunc_sat_f64x2_u_zero (local.get 0)))
  (func (param v128) (result v128) (f32x4.convert_i32x4_s (local.get 0)))
  (func (param v128) (result v128) (f64x2.convert_low_i32x4_u (local.get 0)))
  (func (param v128) (result v128) (f32x4.demote_f64x2_zero (local.get 0)))
  (func (param v128) (result v128) (f64x2.promote_low_f32x4 (local.get 0)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; check: vcmpordps
;; check: vandps
;; check: vcvttps2dq
;; check: vcmpleps
;; check: vxorps
;; check: retq

;;! emit = asm, cpu = baseline, func = 0
;; check: prologue_end
;; check: cmpordps
;; check: andps
;; check: cvttps2dq
;; check: cmpleps
;; check: xorps
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 1
;; check: prologue_end
;; check: vmaxps
;; check: vcvttps2dq
;; check: vcvttps2dq
;; check: vpmaxsd
;; check: vpaddd
;; check: retq

;;! emit = asm, cpu = x86-64-v4, func = 1
;; check: prologue_end
;; check: vmaxps
;; check: vcvttps2udq
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 2
;; check: prologue_end
;; check: vcmpordpd
;; check: vandpd
;; check: vminpd
;; check: vcvttpd2dq
;; check: retq

;;! emit = asm, cpu = baseline, func = 2
;; check: prologue_end
;; check: cmpordpd
;; check: andpd
;; check: minpd
;; check: cvttpd2dq
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 3
;; check: prologue_end
;; check: vmaxpd
;; check: vminpd
;; check: vroundpd $$11
;; check: vaddpd
;; check: retq

;;! emit = asm, cpu = x86-64-v4, func = 3
;; check: prologue_end
;; check: vmaxpd
;; check: vcvttpd2udq
;; check: retq

;;! emit = asm, cpu = baseline, func = 3
;; check: prologue_end
;; check: maxpd
;; check: minpd
;; check: cvttsd2si
;; check: cvttsd2si
;; check: shufps
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 4
;; check: prologue_end
;; nextln: vcvtdq2ps %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 5
;; check: prologue_end
;; check: vpmovzxdq
;; check: vpor
;; check: vsubpd
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 6
;; check: prologue_end
;; nextln: vcvtpd2ps %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 6
;; check: prologue_end
;; nextln: cvtpd2ps %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 7
;; check: prologue_end
;; nextln: vcvtps2pd %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq
