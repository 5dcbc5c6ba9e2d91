;; Trapping conversions compare first; saturating ones never trap.
(module
  (func (param f32) (result i32) (i32.trunc_f32_s (local.get 0)))
  (func (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (param f64) (result i64) (i64.trunc_f64_u (local.get 0)))
  (func (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0)))
)
;;! emit = llvm-ir, opt = O0, func = 0
;; check: fcmp uno float %1, %1
;; check: fcmp olt float %1, 0xC1E0000000000000
;; check: fcmp oge float %1, 0x41E0000000000000
;; check: fptosi float
;; check: ubsantrap(i8 9)
;; check: ubsantrap(i8 8)

;;! emit = llvm-ir, opt = O0, func = 1
;; check: fcmp ole double %1, 0xC1E0000000200000
;; check: fcmp oge double %1, 0x41E0000000000000

;;! emit = llvm-ir, opt = O0, func = 2
;; check: fcmp ole double %1, -1.000000e+00
;; check: fcmp oge double %1, 0x43F0000000000000
;; check: fptoui

;;! emit = llvm-ir, opt = O0, func = 3
;; check: @llvm.fptosi.sat.i32.f64
;; not: ubsantrap
