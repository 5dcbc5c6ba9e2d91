;; Operators with results that are open in part.
(module
  (func (param v128 v128 v128)
    (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))
    (drop (i32x4.relaxed_trunc_f32x4_s (local.get 0)))
    (drop (i32x4.relaxed_trunc_f32x4_u (local.get 0)))
    (drop (i32x4.relaxed_trunc_f64x2_s_zero (local.get 0)))
    (drop (i32x4.relaxed_trunc_f64x2_u_zero (local.get 0)))
    (drop (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
    (drop (f32x4.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2)))
    (drop (f64x2.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
    (drop (f64x2.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2)))
    (drop (i8x16.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
    (drop (i16x8.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
    (drop (i32x4.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
    (drop (i64x2.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
    (drop (f32x4.relaxed_min (local.get 0) (local.get 1)))
    (drop (f32x4.relaxed_max (local.get 0) (local.get 1)))
    (drop (f64x2.relaxed_min (local.get 0) (local.get 1)))
    (drop (f64x2.relaxed_max (local.get 0) (local.get 1)))
    (drop (i16x8.relaxed_q15mulr_s (local.get 0) (local.get 1)))
    (drop (i16x8.relaxed_dot_i8x16_i7x16_s (local.get 0) (local.get 1)))
    (drop (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get 0) (local.get 1) (local.get 2)))))

;; ---- expected ----
;; function func0 (v128, v128, v128) -> () {
;; block0(v0: v128, v1: v128, v2: v128):
;;   20:  v3 = i8x16.relaxed_swizzle v0, v1
;;   26:  v4 = i32x4.relaxed_trunc_f32x4_s v0
;;   2c:  v5 = i32x4.relaxed_trunc_f32x4_u v0
;;   32:  v6 = i32x4.relaxed_trunc_f64x2_s_zero v0
;;   38:  v7 = i32x4.relaxed_trunc_f64x2_u_zero v0
;;   42:  v8 = f32x4.relaxed_madd v0, v1, v2
;;   4c:  v9 = f32x4.relaxed_nmadd v0, v1, v2
;;   56:  v10 = f64x2.relaxed_madd v0, v1, v2
;;   60:  v11 = f64x2.relaxed_nmadd v0, v1, v2
;;   6a:  v12 = i8x16.relaxed_laneselect v0, v1, v2
;;   74:  v13 = i16x8.relaxed_laneselect v0, v1, v2
;;   7e:  v14 = i32x4.relaxed_laneselect v0, v1, v2
;;   88:  v15 = i64x2.relaxed_laneselect v0, v1, v2
;;   90:  v16 = f32x4.relaxed_min v0, v1
;;   98:  v17 = f32x4.relaxed_max v0, v1
;;   a0:  v18 = f64x2.relaxed_min v0, v1
;;   a8:  v19 = f64x2.relaxed_max v0, v1
;;   b0:  v20 = i16x8.relaxed_q15mulr_s v0, v1
;;   b8:  v21 = i16x8.relaxed_dot_i8x16_i7x16_s v0, v1
;;   c2:  v22 = i32x4.relaxed_dot_i8x16_i7x16_add_s v0, v1, v2
;;   c6:  return
;; }
