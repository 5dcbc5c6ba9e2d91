;; Vectors as parameters, results, locals, globals, operands of select, and constants in every spelling.
(module
  (global $g (mut v128) (v128.const i64x2 1 2))
  (func (param v128 i32) (result v128) (local v128)
    (global.set $g (select (local.get 0) (local.get 2) (local.get 1)))
    (select (result v128) (global.get $g) (v128.const f32x4 1 -0 inf nan:0x1) (local.get 1)))
  (func (result v128 v128 v128 v128)
    (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    (v128.const i16x8 0 -1 2 -3 4 -5 6 -7)
    (v128.const i32x4 0x12345678 -1 0 1)
    (v128.const f64x2 1 -nan))
  (func (param v128) (result v128)
    (loop (result v128) (local.set 0 (v128.not (local.get 0))) (br_if 0 (v128.any_true (local.get 0))) (local.get 0))))

;; ---- expected ----
;; function func0 (v128, i32) -> (v128) {
;; block0(v0: v128, v1: i32):
;;   40:  v2 = v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
;;   49:  v3 = select v0, v2, v1
;;   4a:  global.set global0"g" v3
;;   4c:  v4 = global.get global0"g"
;;   4e:  v5 = v128.const i32x4 0x3f800000 0x80000000 0x7f800000 0x7f800001
;;   62:  v6 = select v4, v5, v1
;;   65:  return v6
;; }
;; function func1 () -> (v128, v128, v128, v128) {
;; block0:
;;   68:  v0 = v128.const i32x4 0x03020100 0x07060504 0x0b0a0908 0x0f0e0d0c
;;   7a:  v1 = v128.const i32x4 0xffff0000 0xfffd0002 0xfffb0004 0xfff90006
;;   8c:  v2 = v128.const i32x4 0x12345678 0xffffffff 0x00000000 0x00000001
;;   9e:  v3 = v128.const i32x4 0x00000000 0x3ff00000 0x00000000 0xfff80000
;;   b0:  return v0, v1, v2, v3
;; }
;; function func2 (v128) -> (v128) {
;; block0(v0: v128):
;;   b3:  jump block1(v0)
;; block1(v1: v128):
;;   b7:  v2 = v128.not v1
;;   bd:  v3 = v128.any_true v2
;;   bf:  branch v3, block1(v2), block2
;; block2:
;;   c4:  return v2
;; }
