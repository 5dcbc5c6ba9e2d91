;; Lanes and bytes.
(module
  (func (param v128 i32 i64 f32 f64)
    (drop (i8x16.splat (local.get 1)))
    (drop (i8x16.extract_lane_s 15 (local.get 0)))
    (drop (i8x16.extract_lane_u 15 (local.get 0)))
    (drop (i8x16.replace_lane 15 (local.get 0) (local.get 1)))
    (drop (i16x8.splat (local.get 1)))
    (drop (i16x8.extract_lane_s 7 (local.get 0)))
    (drop (i16x8.extract_lane_u 7 (local.get 0)))
    (drop (i16x8.replace_lane 7 (local.get 0) (local.get 1)))
    (drop (i32x4.splat (local.get 1)))
    (drop (i32x4.extract_lane 3 (local.get 0)))
    (drop (i32x4.replace_lane 3 (local.get 0) (local.get 1)))
    (drop (i64x2.splat (local.get 2)))
    (drop (i64x2.extract_lane 1 (local.get 0)))
    (drop (i64x2.replace_lane 1 (local.get 0) (local.get 2)))
    (drop (f32x4.splat (local.get 3)))
    (drop (f32x4.extract_lane 3 (local.get 0)))
    (drop (f32x4.replace_lane 3 (local.get 0) (local.get 3)))
    (drop (f64x2.splat (local.get 4)))
    (drop (f64x2.extract_lane 1 (local.get 0)))
    (drop (f64x2.replace_lane 1 (local.get 0) (local.get 4)))
    (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 24 25 26 27 28 29 30 31 (local.get 0) (local.get 0)))
    (drop (i8x16.swizzle (local.get 0) (local.get 0)))))

;; ---- expected ----
;; function func0 (v128, i32, i64, f32, f64) -> () {
;; block0(v0: v128, v1: i32, v2: i64, v3: f32, v4: f64):
;;   20:  v5 = i8x16.splat v1
;;   25:  v6 = i8x16.extract_lane_s 15 v0
;;   2b:  v7 = i8x16.extract_lane_u 15 v0
;;   33:  v8 = i8x16.replace_lane 15 v0, v1
;;   39:  v9 = i16x8.splat v1
;;   3e:  v10 = i16x8.extract_lane_s 7 v0
;;   44:  v11 = i16x8.extract_lane_u 7 v0
;;   4c:  v12 = i16x8.replace_lane 7 v0, v1
;;   52:  v13 = i32x4.splat v1
;;   57:  v14 = i32x4.extract_lane 3 v0
;;   5f:  v15 = i32x4.replace_lane 3 v0, v1
;;   65:  v16 = i64x2.splat v2
;;   6a:  v17 = i64x2.extract_lane 1 v0
;;   72:  v18 = i64x2.replace_lane 1 v0, v2
;;   78:  v19 = f32x4.splat v3
;;   7d:  v20 = f32x4.extract_lane 3 v0
;;   85:  v21 = f32x4.replace_lane 3 v0, v3
;;   8b:  v22 = f64x2.splat v4
;;   90:  v23 = f64x2.extract_lane 1 v0
;;   98:  v24 = f64x2.replace_lane 1 v0, v4
;;   a0:  v25 = i8x16.shuffle 0 1 2 3 4 5 6 7 24 25 26 27 28 29 30 31 v0, v0
;;   b7:  v26 = i8x16.swizzle v0, v0
;;   ba:  return
;; }
