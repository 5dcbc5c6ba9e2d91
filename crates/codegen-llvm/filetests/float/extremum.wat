;; `min` adds its operands where one is NaN, so that the result is quiet.
(module
  (func (param f32 f32) (result f32) (f32.min (local.get 0) (local.get 1)))
  (func (param f64) (result f64) (f64.max (local.get 0) (f64.const inf)))
)
;;! emit = llvm-ir, opt = O0, func = 0
;; check: call nnan float @llvm.minimum.f32(float %1, float %2)
;; check: fcmp uno float %1, %2
;; check: fadd float %1, %2
;; check: select i1

;;! emit = asm, func = 1
;; check: vaddsd
