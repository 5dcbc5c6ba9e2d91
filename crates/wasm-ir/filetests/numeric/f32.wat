;; Every operator of f32.
(module
  (func (param f32 f32)
    (drop (f32.add (local.get 0) (local.get 1)))
    (drop (f32.sub (local.get 0) (local.get 1)))
    (drop (f32.mul (local.get 0) (local.get 1)))
    (drop (f32.div (local.get 0) (local.get 1)))
    (drop (f32.min (local.get 0) (local.get 1)))
    (drop (f32.max (local.get 0) (local.get 1)))
    (drop (f32.copysign (local.get 0) (local.get 1)))
    (drop (f32.abs (local.get 0)))
    (drop (f32.neg (local.get 0)))
    (drop (f32.ceil (local.get 0)))
    (drop (f32.floor (local.get 0)))
    (drop (f32.trunc (local.get 0)))
    (drop (f32.nearest (local.get 0)))
    (drop (f32.sqrt (local.get 0)))
    (drop (f32.eq (local.get 0) (local.get 1)))
    (drop (f32.ne (local.get 0) (local.get 1)))
    (drop (f32.lt (local.get 0) (local.get 1)))
    (drop (f32.gt (local.get 0) (local.get 1)))
    (drop (f32.le (local.get 0) (local.get 1)))
    (drop (f32.ge (local.get 0) (local.get 1)))))

;; ---- expected ----
;; function func0 (f32, f32) -> () {
;; block0(v0: f32, v1: f32):
;;   1d:  v2 = f32.add v0, v1
;;   23:  v3 = f32.sub v0, v1
;;   29:  v4 = f32.mul v0, v1
;;   2f:  v5 = f32.div v0, v1
;;   35:  v6 = f32.min v0, v1
;;   3b:  v7 = f32.max v0, v1
;;   41:  v8 = f32.copysign v0, v1
;;   45:  v9 = f32.abs v0
;;   49:  v10 = f32.neg v0
;;   4d:  v11 = f32.ceil v0
;;   51:  v12 = f32.floor v0
;;   55:  v13 = f32.trunc v0
;;   59:  v14 = f32.nearest v0
;;   5d:  v15 = f32.sqrt v0
;;   63:  v16 = f32.eq v0, v1
;;   69:  v17 = f32.ne v0, v1
;;   6f:  v18 = f32.lt v0, v1
;;   75:  v19 = f32.gt v0, v1
;;   7b:  v20 = f32.le v0, v1
;;   81:  v21 = f32.ge v0, v1
;;   83:  return
;; }
