;; Comparisons.
(module
  (func (param v128 v128)
    (drop (i8x16.eq (local.get 0) (local.get 1)))
    (drop (i8x16.ne (local.get 0) (local.get 1)))
    (drop (i8x16.lt_s (local.get 0) (local.get 1)))
    (drop (i8x16.lt_u (local.get 0) (local.get 1)))
    (drop (i8x16.gt_s (local.get 0) (local.get 1)))
    (drop (i8x16.gt_u (local.get 0) (local.get 1)))
    (drop (i8x16.le_s (local.get 0) (local.get 1)))
    (drop (i8x16.le_u (local.get 0) (local.get 1)))
    (drop (i8x16.ge_s (local.get 0) (local.get 1)))
    (drop (i8x16.ge_u (local.get 0) (local.get 1)))
    (drop (i16x8.eq (local.get 0) (local.get 1)))
    (drop (i16x8.ne (local.get 0) (local.get 1)))
    (drop (i16x8.lt_s (local.get 0) (local.get 1)))
    (drop (i16x8.lt_u (local.get 0) (local.get 1)))
    (drop (i16x8.gt_s (local.get 0) (local.get 1)))
    (drop (i16x8.gt_u (local.get 0) (local.get 1)))
    (drop (i16x8.le_s (local.get 0) (local.get 1)))
    (drop (i16x8.le_u (local.get 0) (local.get 1)))
    (drop (i16x8.ge_s (local.get 0) (local.get 1)))
    (drop (i16x8.ge_u (local.get 0) (local.get 1)))
    (drop (i32x4.eq (local.get 0) (local.get 1)))
    (drop (i32x4.ne (local.get 0) (local.get 1)))
    (drop (i32x4.lt_s (local.get 0) (local.get 1)))
    (drop (i32x4.lt_u (local.get 0) (local.get 1)))
    (drop (i32x4.gt_s (local.get 0) (local.get 1)))
    (drop (i32x4.gt_u (local.get 0) (local.get 1)))
    (drop (i32x4.le_s (local.get 0) (local.get 1)))
    (drop (i32x4.le_u (local.get 0) (local.get 1)))
    (drop (i32x4.ge_s (local.get 0) (local.get 1)))
    (drop (i32x4.ge_u (local.get 0) (local.get 1)))
    (drop (i64x2.eq (local.get 0) (local.get 1)))
    (drop (i64x2.ne (local.get 0) (local.get 1)))
    (drop (i64x2.lt_s (local.get 0) (local.get 1)))
    (drop (i64x2.gt_s (local.get 0) (local.get 1)))
    (drop (i64x2.le_s (local.get 0) (local.get 1)))
    (drop (i64x2.ge_s (local.get 0) (local.get 1)))
    (drop (f32x4.eq (local.get 0) (local.get 1)))
    (drop (f32x4.ne (local.get 0) (local.get 1)))
    (drop (f32x4.lt (local.get 0) (local.get 1)))
    (drop (f32x4.gt (local.get 0) (local.get 1)))
    (drop (f32x4.le (local.get 0) (local.get 1)))
    (drop (f32x4.ge (local.get 0) (local.get 1)))
    (drop (f64x2.eq (local.get 0) (local.get 1)))
    (drop (f64x2.ne (local.get 0) (local.get 1)))
    (drop (f64x2.lt (local.get 0) (local.get 1)))
    (drop (f64x2.gt (local.get 0) (local.get 1)))
    (drop (f64x2.le (local.get 0) (local.get 1)))
    (drop (f64x2.ge (local.get 0) (local.get 1)))))

;; ---- expected ----
;; function func0 (v128, v128) -> () {
;; block0(v0: v128, v1: v128):
;;   01f:  v2 = i8x16.eq v0, v1
;;   026:  v3 = i8x16.ne v0, v1
;;   02d:  v4 = i8x16.lt_s v0, v1
;;   034:  v5 = i8x16.lt_u v0, v1
;;   03b:  v6 = i8x16.gt_s v0, v1
;;   042:  v7 = i8x16.gt_u v0, v1
;;   049:  v8 = i8x16.le_s v0, v1
;;   050:  v9 = i8x16.le_u v0, v1
;;   057:  v10 = i8x16.ge_s v0, v1
;;   05e:  v11 = i8x16.ge_u v0, v1
;;   065:  v12 = i16x8.eq v0, v1
;;   06c:  v13 = i16x8.ne v0, v1
;;   073:  v14 = i16x8.lt_s v0, v1
;;   07a:  v15 = i16x8.lt_u v0, v1
;;   081:  v16 = i16x8.gt_s v0, v1
;;   088:  v17 = i16x8.gt_u v0, v1
;;   08f:  v18 = i16x8.le_s v0, v1
;;   096:  v19 = i16x8.le_u v0, v1
;;   09d:  v20 = i16x8.ge_s v0, v1
;;   0a4:  v21 = i16x8.ge_u v0, v1
;;   0ab:  v22 = i32x4.eq v0, v1
;;   0b2:  v23 = i32x4.ne v0, v1
;;   0b9:  v24 = i32x4.lt_s v0, v1
;;   0c0:  v25 = i32x4.lt_u v0, v1
;;   0c7:  v26 = i32x4.gt_s v0, v1
;;   0ce:  v27 = i32x4.gt_u v0, v1
;;   0d5:  v28 = i32x4.le_s v0, v1
;;   0dc:  v29 = i32x4.le_u v0, v1
;;   0e3:  v30 = i32x4.ge_s v0, v1
;;   0ea:  v31 = i32x4.ge_u v0, v1
;;   0f1:  v32 = i64x2.eq v0, v1
;;   0f9:  v33 = i64x2.ne v0, v1
;;   101:  v34 = i64x2.lt_s v0, v1
;;   109:  v35 = i64x2.gt_s v0, v1
;;   111:  v36 = i64x2.le_s v0, v1
;;   119:  v37 = i64x2.ge_s v0, v1
;;   121:  v38 = f32x4.eq v0, v1
;;   128:  v39 = f32x4.ne v0, v1
;;   12f:  v40 = f32x4.lt v0, v1
;;   136:  v41 = f32x4.gt v0, v1
;;   13d:  v42 = f32x4.le v0, v1
;;   144:  v43 = f32x4.ge v0, v1
;;   14b:  v44 = f64x2.eq v0, v1
;;   152:  v45 = f64x2.ne v0, v1
;;   159:  v46 = f64x2.lt v0, v1
;;   160:  v47 = f64x2.gt v0, v1
;;   167:  v48 = f64x2.le v0, v1
;;   16e:  v49 = f64x2.ge v0, v1
;;   171:  return
;; }
