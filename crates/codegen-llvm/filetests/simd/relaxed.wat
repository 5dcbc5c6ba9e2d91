;; Relaxed operators: what the CPU does, or the choice that is the same everywhere.
(module
  (func (param v128 v128 v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (param v128 v128 v128) (result v128) (f64x2.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2)))
  (func (param v128 v128 v128) (result v128) (i8x16.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
  (func (param v128 v128 v128) (result v128) (i32x4.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
  (func (param v128 v128) (result v128) (f32x4.relaxed_min (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (f64x2.relaxed_max (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0)))
  (func (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_u (local.get 0)))
  (func (param v128) (result v128) (i32x4.relaxed_trunc_f64x2_u_zero (local.get 0)))
  (func (param v128 v128) (result v128) (i16x8.relaxed_q15mulr_s (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i16x8.relaxed_dot_i8x16_i7x16_s (local.get 0) (local.get 1)))
  (func (param v128 v128 v128) (result v128) (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get 0) (local.get 1) (local.get 2)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; nextln: vfmadd213ps %xmm2, %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v2, func = 0
;; check: prologue_end
;; check: mulps
;; check: addps
;; check: retq

;;! emit = asm, cpu = x86-64-v3, relaxed = deterministic, func = 0
;; not: vfmadd
;; check: vmulps
;; check: vaddps
;; check: vcmpunordps

;;! emit = asm, cpu = x86-64-v3, func = 1
;; check: prologue_end
;; nextln: vfnmadd213pd %xmm2, %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, relaxed = deterministic, func = 1
;; not: vfnm
;; check: vmulpd
;; check: vsubpd

;;! emit = asm, cpu = x86-64-v3, func = 2
;; check: prologue_end
;; nextln: vpblendvb %xmm2, %xmm0, %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, relaxed = deterministic, func = 2
;; check: prologue_end
;; check: vandps
;; check: vandnps
;; check: vorps
;; check: retq

;;! emit = asm, cpu = baseline, func = 2
;; check: prologue_end
;; check: andps
;; check: andnps
;; check: orps
;; check: retq

;;! emit = asm, cpu = x86-64-v4, func = 2
;; check: vpternlog$(=[dq])

;;! emit = asm, cpu = x86-64-v3, func = 3
;; check: prologue_end
;; nextln: vblendvps %xmm2, %xmm0, %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 4
;; check: prologue_end
;; nextln: vminps %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, relaxed = deterministic, func = 4
;; check: prologue_end
;; check: vminps
;; check: vminps
;; check: vorps
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 5
;; check: prologue_end
;; nextln: vmaxpd %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, nans = canonical, func = 5
;; check: prologue_end
;; check: vmaxpd
;; check: vmaxpd
;; check: vandpd
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 6
;; check: prologue_end
;; nextln: vcvttps2dq %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, relaxed = deterministic, func = 6
;; check: prologue_end
;; check: vcmpordps
;; check: vcvttps2dq
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 7
;; check: prologue_end
;; check: vcvttps2dq
;; check: vcvttps2dq
;; check: vpsrad $$31
;; check: vpand
;; check: vpor
;; check: retq

;;! emit = asm, cpu = x86-64-v4, func = 7
;; check: prologue_end
;; nextln: vcvttps2udq %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 8
;; check: prologue_end
;; check: vroundpd
;; check: vaddpd
;; check: retq

;;! emit = asm, cpu = x86-64-v4, func = 8
;; check: prologue_end
;; nextln: vcvttpd2udq %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, func = 9
;; check: prologue_end
;; nextln: vpmulhrsw %xmm1, %xmm0, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, relaxed = deterministic, func = 9
;; check: prologue_end
;; check: vpmulhrsw
;; check: vpcmpeqw
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 10
;; check: prologue_end
;; nextln: vpmaddubsw %xmm0, %xmm1, %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = x86-64-v3, relaxed = deterministic, func = 10
;; check: prologue_end
;; check: vpmullw
;; check: vpmullw
;; check: vpaddsw
;; check: retq

;;! emit = asm, cpu = baseline, func = 10
;; check: prologue_end
;; check: pmullw
;; check: pmullw
;; check: paddsw
;; check: retq

;;! emit = asm, cpu = x86-64-v3, func = 11
;; check: prologue_end
;; check: vpmaddubsw
;; check: vpmaddwd
;; check: vpaddd
;; check: retq
