;; Rounding is one instruction with SSE4.1. Without, it is a call, whose result may still be a signalling NaN.
(module
  (func (param f32) (result f32) (f32.ceil (local.get 0)))
  (func (param f64) (result f64) (f64.nearest (local.get 0)))
)
;;! emit = asm, func = 0
;; check: vroundss $$10,
;; not: vmulss
;;! emit = asm, func = 1
;; check: vroundsd $$12,
;; not: callq
;;! emit = asm, cpu = x86-64, func = 0
;; check: callq ceilf@PLT
;; check: mulss
;;! emit = asm, cpu = x86-64, opt = O0, func = 1
;; check: callq nearbyint@PLT
;; check: mulsd
