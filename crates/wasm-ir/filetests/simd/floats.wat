;; Floating-point arithmetic.
(module
  (func (param v128 v128)
    (drop (f32x4.abs (local.get 0)))
    (drop (f32x4.neg (local.get 0)))
    (drop (f32x4.ceil (local.get 0)))
    (drop (f32x4.floor (local.get 0)))
    (drop (f32x4.trunc (local.get 0)))
    (drop (f32x4.nearest (local.get 0)))
    (drop (f32x4.sqrt (local.get 0)))
    (drop (f32x4.add (local.get 0) (local.get 1)))
    (drop (f32x4.sub (local.get 0) (local.get 1)))
    (drop (f32x4.mul (local.get 0) (local.get 1)))
    (drop (f32x4.div (local.get 0) (local.get 1)))
    (drop (f32x4.min (local.get 0) (local.get 1)))
    (drop (f32x4.max (local.get 0) (local.get 1)))
    (drop (f32x4.pmin (local.get 0) (local.get 1)))
    (drop (f32x4.pmax (local.get 0) (local.get 1)))
    (drop (f64x2.abs (local.get 0)))
    (drop (f64x2.neg (local.get 0)))
    (drop (f64x2.ceil (local.get 0)))
    (drop (f64x2.floor (local.get 0)))
    (drop (f64x2.trunc (local.get 0)))
    (drop (f64x2.nearest (local.get 0)))
    (drop (f64x2.sqrt (local.get 0)))
    (drop (f64x2.add (local.get 0) (local.get 1)))
    (drop (f64x2.sub (local.get 0) (local.get 1)))
    (drop (f64x2.mul (local.get 0) (local.get 1)))
    (drop (f64x2.div (local.get 0) (local.get 1)))
    (drop (f64x2.min (local.get 0) (local.get 1)))
    (drop (f64x2.max (local.get 0) (local.get 1)))
    (drop (f64x2.pmin (local.get 0) (local.get 1)))
    (drop (f64x2.pmax (local.get 0) (local.get 1)))))

;; ---- expected ----
;; function func0 (v128, v128) -> () {
;; block0(v0: v128, v1: v128):
;;   1d:  v2 = f32x4.abs v0
;;   23:  v3 = f32x4.neg v0
;;   29:  v4 = f32x4.ceil v0
;;   2e:  v5 = f32x4.floor v0
;;   33:  v6 = f32x4.trunc v0
;;   38:  v7 = f32x4.nearest v0
;;   3d:  v8 = f32x4.sqrt v0
;;   45:  v9 = f32x4.add v0, v1
;;   4d:  v10 = f32x4.sub v0, v1
;;   55:  v11 = f32x4.mul v0, v1
;;   5d:  v12 = f32x4.div v0, v1
;;   65:  v13 = f32x4.min v0, v1
;;   6d:  v14 = f32x4.max v0, v1
;;   75:  v15 = f32x4.pmin v0, v1
;;   7d:  v16 = f32x4.pmax v0, v1
;;   83:  v17 = f64x2.abs v0
;;   89:  v18 = f64x2.neg v0
;;   8f:  v19 = f64x2.ceil v0
;;   94:  v20 = f64x2.floor v0
;;   99:  v21 = f64x2.trunc v0
;;   9e:  v22 = f64x2.nearest v0
;;   a4:  v23 = f64x2.sqrt v0
;;   ac:  v24 = f64x2.add v0, v1
;;   b4:  v25 = f64x2.sub v0, v1
;;   bc:  v26 = f64x2.mul v0, v1
;;   c4:  v27 = f64x2.div v0, v1
;;   cc:  v28 = f64x2.min v0, v1
;;   d4:  v29 = f64x2.max v0, v1
;;   dc:  v30 = f64x2.pmin v0, v1
;;   e4:  v31 = f64x2.pmax v0, v1
;;   e8:  return
;; }
