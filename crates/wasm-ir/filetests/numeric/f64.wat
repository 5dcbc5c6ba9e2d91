;; Every operator of f64.
(module
  (func (param f64 f64)
    (drop (f64.add (local.get 0) (local.get 1)))
    (drop (f64.sub (local.get 0) (local.get 1)))
    (drop (f64.mul (local.get 0) (local.get 1)))
    (drop (f64.div (local.get 0) (local.get 1)))
    (drop (f64.min (local.get 0) (local.get 1)))
    (drop (f64.max (local.get 0) (local.get 1)))
    (drop (f64.copysign (local.get 0) (local.get 1)))
    (drop (f64.abs (local.get 0)))
    (drop (f64.neg (local.get 0)))
    (drop (f64.ceil (local.get 0)))
    (drop (f64.floor (local.get 0)))
    (drop (f64.trunc (local.get 0)))
    (drop (f64.nearest (local.get 0)))
    (drop (f64.sqrt (local.get 0)))
    (drop (f64.eq (local.get 0) (local.get 1)))
    (drop (f64.ne (local.get 0) (local.get 1)))
    (drop (f64.lt (local.get 0) (local.get 1)))
    (drop (f64.gt (local.get 0) (local.get 1)))
    (drop (f64.le (local.get 0) (local.get 1)))
    (drop (f64.ge (local.get 0) (local.get 1)))))

;; ---- expected ----
;; function func0 (f64, f64) -> () {
;; block0(v0: f64, v1: f64):
;;   1d:  v2 = f64.add v0, v1
;;   23:  v3 = f64.sub v0, v1
;;   29:  v4 = f64.mul v0, v1
;;   2f:  v5 = f64.div v0, v1
;;   35:  v6 = f64.min v0, v1
;;   3b:  v7 = f64.max v0, v1
;;   41:  v8 = f64.copysign v0, v1
;;   45:  v9 = f64.abs v0
;;   49:  v10 = f64.neg v0
;;   4d:  v11 = f64.ceil v0
;;   51:  v12 = f64.floor v0
;;   55:  v13 = f64.trunc v0
;;   59:  v14 = f64.nearest v0
;;   5d:  v15 = f64.sqrt v0
;;   63:  v16 = f64.eq v0, v1
;;   69:  v17 = f64.ne v0, v1
;;   6f:  v18 = f64.lt v0, v1
;;   75:  v19 = f64.gt v0, v1
;;   7b:  v20 = f64.le v0, v1
;;   81:  v21 = f64.ge v0, v1
;;   83:  return
;; }
