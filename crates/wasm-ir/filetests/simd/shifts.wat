;; Shifts.
(module
  (func (param v128 i32)
    (drop (i8x16.shl (local.get 0) (local.get 1)))
    (drop (i8x16.shr_s (local.get 0) (local.get 1)))
    (drop (i8x16.shr_u (local.get 0) (local.get 1)))
    (drop (i16x8.shl (local.get 0) (local.get 1)))
    (drop (i16x8.shr_s (local.get 0) (local.get 1)))
    (drop (i16x8.shr_u (local.get 0) (local.get 1)))
    (drop (i32x4.shl (local.get 0) (local.get 1)))
    (drop (i32x4.shr_s (local.get 0) (local.get 1)))
    (drop (i32x4.shr_u (local.get 0) (local.get 1)))
    (drop (i64x2.shl (local.get 0) (local.get 1)))
    (drop (i64x2.shr_s (local.get 0) (local.get 1)))
    (drop (i64x2.shr_u (local.get 0) (local.get 1)))))

;; ---- expected ----
;; function func0 (v128, i32) -> () {
;; block0(v0: v128, v1: i32):
;;   1d:  v2 = i8x16.shl v0, v1
;;   24:  v3 = i8x16.shr_s v0, v1
;;   2b:  v4 = i8x16.shr_u v0, v1
;;   32:  v5 = i16x8.shl v0, v1
;;   3a:  v6 = i16x8.shr_s v0, v1
;;   42:  v7 = i16x8.shr_u v0, v1
;;   4a:  v8 = i32x4.shl v0, v1
;;   52:  v9 = i32x4.shr_s v0, v1
;;   5a:  v10 = i32x4.shr_u v0, v1
;;   62:  v11 = i64x2.shl v0, v1
;;   6a:  v12 = i64x2.shr_s v0, v1
;;   72:  v13 = i64x2.shr_u v0, v1
;;   76:  return
;; }
