;; Integer arithmetic.
(module
  (func (param v128 v128)
    (drop (i8x16.abs (local.get 0)))
    (drop (i8x16.neg (local.get 0)))
    (drop (i16x8.abs (local.get 0)))
    (drop (i16x8.neg (local.get 0)))
    (drop (i32x4.abs (local.get 0)))
    (drop (i32x4.neg (local.get 0)))
    (drop (i64x2.abs (local.get 0)))
    (drop (i64x2.neg (local.get 0)))
    (drop (i8x16.popcnt (local.get 0)))
    (drop (i8x16.add (local.get 0) (local.get 1)))
    (drop (i8x16.sub (local.get 0) (local.get 1)))
    (drop (i8x16.add_sat_s (local.get 0) (local.get 1)))
    (drop (i8x16.add_sat_u (local.get 0) (local.get 1)))
    (drop (i8x16.sub_sat_s (local.get 0) (local.get 1)))
    (drop (i8x16.sub_sat_u (local.get 0) (local.get 1)))
    (drop (i8x16.avgr_u (local.get 0) (local.get 1)))
    (drop (i8x16.min_s (local.get 0) (local.get 1)))
    (drop (i8x16.min_u (local.get 0) (local.get 1)))
    (drop (i8x16.max_s (local.get 0) (local.get 1)))
    (drop (i8x16.max_u (local.get 0) (local.get 1)))
    (drop (i16x8.add (local.get 0) (local.get 1)))
    (drop (i16x8.sub (local.get 0) (local.get 1)))
    (drop (i16x8.mul (local.get 0) (local.get 1)))
    (drop (i16x8.add_sat_s (local.get 0) (local.get 1)))
    (drop (i16x8.add_sat_u (local.get 0) (local.get 1)))
    (drop (i16x8.sub_sat_s (local.get 0) (local.get 1)))
    (drop (i16x8.sub_sat_u (local.get 0) (local.get 1)))
    (drop (i16x8.avgr_u (local.get 0) (local.get 1)))
    (drop (i16x8.min_s (local.get 0) (local.get 1)))
    (drop (i16x8.min_u (local.get 0) (local.get 1)))
    (drop (i16x8.max_s (local.get 0) (local.get 1)))
    (drop (i16x8.max_u (local.get 0) (local.get 1)))
    (drop (i32x4.add (local.get 0) (local.get 1)))
    (drop (i32x4.sub (local.get 0) (local.get 1)))
    (drop (i32x4.mul (local.get 0) (local.get 1)))
    (drop (i32x4.min_s (local.get 0) (local.get 1)))
    (drop (i32x4.min_u (local.get 0) (local.get 1)))
    (drop (i32x4.max_s (local.get 0) (local.get 1)))
    (drop (i32x4.max_u (local.get 0) (local.get 1)))
    (drop (i64x2.add (local.get 0) (local.get 1)))
    (drop (i64x2.sub (local.get 0) (local.get 1)))
    (drop (i64x2.mul (local.get 0) (local.get 1)))
    (drop (i16x8.q15mulr_sat_s (local.get 0) (local.get 1)))
    (drop (i32x4.dot_i16x8_s (local.get 0) (local.get 1)))))

;; ---- expected ----
;; function func0 (v128, v128) -> () {
;; block0(v0: v128, v1: v128):
;;   01d:  v2 = i8x16.abs v0
;;   022:  v3 = i8x16.neg v0
;;   027:  v4 = i16x8.abs v0
;;   02d:  v5 = i16x8.neg v0
;;   033:  v6 = i32x4.abs v0
;;   039:  v7 = i32x4.neg v0
;;   03f:  v8 = i64x2.abs v0
;;   045:  v9 = i64x2.neg v0
;;   04b:  v10 = i8x16.popcnt v0
;;   052:  v11 = i8x16.add v0, v1
;;   059:  v12 = i8x16.sub v0, v1
;;   060:  v13 = i8x16.add_sat_s v0, v1
;;   067:  v14 = i8x16.add_sat_u v0, v1
;;   06e:  v15 = i8x16.sub_sat_s v0, v1
;;   075:  v16 = i8x16.sub_sat_u v0, v1
;;   07c:  v17 = i8x16.avgr_u v0, v1
;;   083:  v18 = i8x16.min_s v0, v1
;;   08a:  v19 = i8x16.min_u v0, v1
;;   091:  v20 = i8x16.max_s v0, v1
;;   098:  v21 = i8x16.max_u v0, v1
;;   09f:  v22 = i16x8.add v0, v1
;;   0a7:  v23 = i16x8.sub v0, v1
;;   0af:  v24 = i16x8.mul v0, v1
;;   0b7:  v25 = i16x8.add_sat_s v0, v1
;;   0bf:  v26 = i16x8.add_sat_u v0, v1
;;   0c7:  v27 = i16x8.sub_sat_s v0, v1
;;   0cf:  v28 = i16x8.sub_sat_u v0, v1
;;   0d7:  v29 = i16x8.avgr_u v0, v1
;;   0df:  v30 = i16x8.min_s v0, v1
;;   0e7:  v31 = i16x8.min_u v0, v1
;;   0ef:  v32 = i16x8.max_s v0, v1
;;   0f7:  v33 = i16x8.max_u v0, v1
;;   0ff:  v34 = i32x4.add v0, v1
;;   107:  v35 = i32x4.sub v0, v1
;;   10f:  v36 = i32x4.mul v0, v1
;;   117:  v37 = i32x4.min_s v0, v1
;;   11f:  v38 = i32x4.min_u v0, v1
;;   127:  v39 = i32x4.max_s v0, v1
;;   12f:  v40 = i32x4.max_u v0, v1
;;   137:  v41 = i64x2.add v0, v1
;;   13f:  v42 = i64x2.sub v0, v1
;;   147:  v43 = i64x2.mul v0, v1
;;   14f:  v44 = i16x8.q15mulr_sat_s v0, v1
;;   157:  v45 = i32x4.dot_i16x8_s v0, v1
;;   15b:  return
;; }
