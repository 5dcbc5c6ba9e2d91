;; Operators between shapes.
(module
  (func (param v128 v128)
    (drop (i8x16.narrow_i16x8_s (local.get 0) (local.get 1)))
    (drop (i8x16.narrow_i16x8_u (local.get 0) (local.get 1)))
    (drop (i16x8.narrow_i32x4_s (local.get 0) (local.get 1)))
    (drop (i16x8.narrow_i32x4_u (local.get 0) (local.get 1)))
    (drop (i16x8.extend_low_i8x16_s (local.get 0)))
    (drop (i16x8.extend_low_i8x16_u (local.get 0)))
    (drop (i16x8.extend_high_i8x16_s (local.get 0)))
    (drop (i16x8.extend_high_i8x16_u (local.get 0)))
    (drop (i32x4.extend_low_i16x8_s (local.get 0)))
    (drop (i32x4.extend_low_i16x8_u (local.get 0)))
    (drop (i32x4.extend_high_i16x8_s (local.get 0)))
    (drop (i32x4.extend_high_i16x8_u (local.get 0)))
    (drop (i64x2.extend_low_i32x4_s (local.get 0)))
    (drop (i64x2.extend_low_i32x4_u (local.get 0)))
    (drop (i64x2.extend_high_i32x4_s (local.get 0)))
    (drop (i64x2.extend_high_i32x4_u (local.get 0)))
    (drop (i16x8.extmul_low_i8x16_s (local.get 0) (local.get 1)))
    (drop (i16x8.extmul_low_i8x16_u (local.get 0) (local.get 1)))
    (drop (i16x8.extmul_high_i8x16_s (local.get 0) (local.get 1)))
    (drop (i16x8.extmul_high_i8x16_u (local.get 0) (local.get 1)))
    (drop (i32x4.extmul_low_i16x8_s (local.get 0) (local.get 1)))
    (drop (i32x4.extmul_low_i16x8_u (local.get 0) (local.get 1)))
    (drop (i32x4.extmul_high_i16x8_s (local.get 0) (local.get 1)))
    (drop (i32x4.extmul_high_i16x8_u (local.get 0) (local.get 1)))
    (drop (i64x2.extmul_low_i32x4_s (local.get 0) (local.get 1)))
    (drop (i64x2.extmul_low_i32x4_u (local.get 0) (local.get 1)))
    (drop (i64x2.extmul_high_i32x4_s (local.get 0) (local.get 1)))
    (drop (i64x2.extmul_high_i32x4_u (local.get 0) (local.get 1)))
    (drop (i16x8.extadd_pairwise_i8x16_s (local.get 0)))
    (drop (i16x8.extadd_pairwise_i8x16_u (local.get 0)))
    (drop (i32x4.extadd_pairwise_i16x8_s (local.get 0)))
    (drop (i32x4.extadd_pairwise_i16x8_u (local.get 0)))
    (drop (i32x4.trunc_sat_f32x4_s (local.get 0)))
    (drop (i32x4.trunc_sat_f32x4_u (local.get 0)))
    (drop (i32x4.trunc_sat_f64x2_s_zero (local.get 0)))
    (drop (i32x4.trunc_sat_f64x2_u_zero (local.get 0)))
    (drop (f32x4.convert_i32x4_s (local.get 0)))
    (drop (f32x4.convert_i32x4_u (local.get 0)))
    (drop (f64x2.convert_low_i32x4_s (local.get 0)))
    (drop (f64x2.convert_low_i32x4_u (local.get 0)))
    (drop (f32x4.demote_f64x2_zero (local.get 0)))
    (drop (f64x2.promote_low_f32x4 (local.get 0)))))

;; ---- expected ----
;; function func0 (v128, v128) -> () {
;; block0(v0: v128, v1: v128):
;;   01f:  v2 = i8x16.narrow_i16x8_s v0, v1
;;   026:  v3 = i8x16.narrow_i16x8_u v0, v1
;;   02d:  v4 = i16x8.narrow_i32x4_s v0, v1
;;   035:  v5 = i16x8.narrow_i32x4_u v0, v1
;;   03b:  v6 = i16x8.extend_low_i8x16_s v0
;;   041:  v7 = i16x8.extend_low_i8x16_u v0
;;   047:  v8 = i16x8.extend_high_i8x16_s v0
;;   04d:  v9 = i16x8.extend_high_i8x16_u v0
;;   053:  v10 = i32x4.extend_low_i16x8_s v0
;;   059:  v11 = i32x4.extend_low_i16x8_u v0
;;   05f:  v12 = i32x4.extend_high_i16x8_s v0
;;   065:  v13 = i32x4.extend_high_i16x8_u v0
;;   06b:  v14 = i64x2.extend_low_i32x4_s v0
;;   071:  v15 = i64x2.extend_low_i32x4_u v0
;;   077:  v16 = i64x2.extend_high_i32x4_s v0
;;   07d:  v17 = i64x2.extend_high_i32x4_u v0
;;   085:  v18 = i16x8.extmul_low_i8x16_s v0, v1
;;   08d:  v19 = i16x8.extmul_low_i8x16_u v0, v1
;;   095:  v20 = i16x8.extmul_high_i8x16_s v0, v1
;;   09d:  v21 = i16x8.extmul_high_i8x16_u v0, v1
;;   0a5:  v22 = i32x4.extmul_low_i16x8_s v0, v1
;;   0ad:  v23 = i32x4.extmul_low_i16x8_u v0, v1
;;   0b5:  v24 = i32x4.extmul_high_i16x8_s v0, v1
;;   0bd:  v25 = i32x4.extmul_high_i16x8_u v0, v1
;;   0c5:  v26 = i64x2.extmul_low_i32x4_s v0, v1
;;   0cd:  v27 = i64x2.extmul_low_i32x4_u v0, v1
;;   0d5:  v28 = i64x2.extmul_high_i32x4_s v0, v1
;;   0dd:  v29 = i64x2.extmul_high_i32x4_u v0, v1
;;   0e3:  v30 = i16x8.extadd_pairwise_i8x16_s v0
;;   0e8:  v31 = i16x8.extadd_pairwise_i8x16_u v0
;;   0ed:  v32 = i32x4.extadd_pairwise_i16x8_s v0
;;   0f2:  v33 = i32x4.extadd_pairwise_i16x8_u v0
;;   0f7:  v34 = i32x4.trunc_sat_f32x4_s v0
;;   0fd:  v35 = i32x4.trunc_sat_f32x4_u v0
;;   103:  v36 = i32x4.trunc_sat_f64x2_s_zero v0
;;   109:  v37 = i32x4.trunc_sat_f64x2_u_zero v0
;;   10f:  v38 = f32x4.convert_i32x4_s v0
;;   115:  v39 = f32x4.convert_i32x4_u v0
;;   11b:  v40 = f64x2.convert_low_i32x4_s v0
;;   121:  v41 = f64x2.convert_low_i32x4_u v0
;;   127:  v42 = f32x4.demote_f64x2_zero v0
;;   12c:  v43 = f64x2.promote_low_f32x4 v0
;;   12f:  return
;; }
