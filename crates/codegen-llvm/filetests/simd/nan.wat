;; A NaN stays as it is only where LLVM cannot fold the operation away; in the canonicalising mode every result is
;; compared.
(module
  (func (param v128) (result v128) (f32x4.mul (local.get 0) (f32x4.splat (f32.const 1))))
  (func (param v128) (result v128) (f64x2.add (v128.const f64x2 -0 5) (local.get 0)))
  (func (param v128) (result v128) (f64x2.sub (f64x2.abs (local.get 0)) (f64x2.splat (f64.const -0))))
  (func (param v128) (result v128) (f32x4.mul (local.get 0) (f32x4.splat (f32.const 2))))
  (func (param v128) (result v128) (f32x4.demote_f64x2_zero (f64x2.promote_low_f32x4 (local.get 0))))
  (func (param v128 v128) (result v128) (f64x2.div (local.get 0) (local.get 1)))
  (func (param f32 f32) (result f32) (f32.add (local.get 0) (local.get 1)))
  (func (param f32) (result f32) (f32.sub (f32.abs (local.get 0)) (f32.const -0)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; check: prologue_end
;; check: vmulps
;; check: retq

;;! emit = llvm-ir, cpu = x86-64-v3, func = 0
;; check: @llvm.canonicalize.v4f32

;;! emit = llvm-ir, opt = O0, cpu = x86-64-v3, func = 1
;; check: @llvm.canonicalize.v2f64
;; check: fadd <2 x double>

;;! emit = llvm-ir, cpu = x86-64-v3, func = 2
;; check: @llvm.fabs.v2f64
;; check: @llvm.canonicalize.v2f64

;;! emit = llvm-ir, cpu = x86-64-v3, func = 3
;; not: canonicalize
;; check: ret <16 x i8>
;; not: canonicalize

;;! emit = llvm-ir, cpu = x86-64-v3, func = 4
;; check: fpext
;; check: canonicalize
;; check: fptrunc

;;! emit = llvm-ir, opt = O0, cpu = x86-64-v3, func = 5
;; check: fdiv <2 x double>
;; not: fcmp
;; check: ret

;;! emit = llvm-ir, opt = O0, cpu = x86-64-v3, nans = canonical, func = 5
;; check: fdiv <2 x double>
;; check: fcmp uno <2 x double>
;; check: splat (i64 9221120237041090560)

;;! emit = asm, cpu = x86-64-v3, nans = canonical, func = 5
;; check: prologue_end
;; check: vdivpd
;; check: vcmpunordpd
;; check: vblendvpd
;; check: retq

;;! emit = llvm-ir, opt = O0, cpu = x86-64-v3, nans = canonical, func = 6
;; check: fadd float
;; check: fcmp uno float
;; check: select i1 $(=.*) i32 2143289344

;;! emit = llvm-ir, cpu = x86-64-v3, func = 7
;; check: @llvm.fabs.f32
;; check: @llvm.canonicalize.f32
