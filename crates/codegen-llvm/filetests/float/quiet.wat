;; An operator that is the identity on numbers still quiets NaNs, and is not dropped.
(module
  (func (param f32) (result f32) (f32.mul (local.get 0) (f32.const 1)))
  (func (param f64) (result f64) (f64.sub (local.get 0) (f64.const 0)))
  (func (param f32) (result f32) (f32.demote_f64 (f64.promote_f32 (local.get 0))))
  (func (param f64) (result f64) (f64.sub (f64.const -0) (local.get 0)))
)
;;! emit = asm, func = 0
;; check: vmulss
;; check: retq

;;! emit = asm, func = 1
;; check: vmulsd
;; check: retq

;;! emit = asm, func = 2
;; check: vmulss
;; check: retq

;;! emit = asm, func = 3
;; check: vmulsd
;; check: retq
