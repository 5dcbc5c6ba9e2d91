;; Constants keep their bits: payloads, signs of zero, extremes.
(module
  (func (result i32 i64 i32 i64)
    i32.const 0x80000000 i64.const -9223372036854775808 i32.const 7 i64.const 8)
  (func (result f32 f32 f32 f32 f32)
    f32.const -0 f32.const nan f32.const -nan:0x200001 f32.const inf f32.const 0x1p-149)
  (func (result f64 f64 f64 f64)
    f64.const -0 f64.const nan:0x4000000000001 f64.const -inf f64.const 0.1))

;; ---- expected ----
;; function func0 () -> (i32, i64, i32, i64) {
;; block0:
;;   2c:  v0 = i32.const -2147483648
;;   32:  v1 = i64.const -9223372036854775808
;;   3d:  v2 = i32.const 7
;;   3f:  v3 = i64.const 8
;;   41:  return v0, v1, v2, v3
;; }
;; function func1 () -> (f32, f32, f32, f32, f32) {
;; block0:
;;   44:  v0 = f32.const -0.0
;;   49:  v1 = f32.const nan:0x400000
;;   4e:  v2 = f32.const -nan:0x200001
;;   53:  v3 = f32.const inf
;;   58:  v4 = f32.const 1e-45
;;   5d:  return v0, v1, v2, v3, v4
;; }
;; function func2 () -> (f64, f64, f64, f64) {
;; block0:
;;   60:  v0 = f64.const -0.0
;;   69:  v1 = f64.const nan:0x4000000000001
;;   72:  v2 = f64.const -inf
;;   7b:  v3 = f64.const 0.1
;;   84:  return v0, v1, v2, v3
;; }
