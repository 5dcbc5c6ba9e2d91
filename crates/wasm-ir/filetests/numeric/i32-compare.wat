;; Every comparison of i32: the results are i32.
(module
  (func (param i32 i32)
    (drop (i32.eq (local.get 0) (local.get 1)))
    (drop (i32.ne (local.get 0) (local.get 1)))
    (drop (i32.lt_s (local.get 0) (local.get 1)))
    (drop (i32.lt_u (local.get 0) (local.get 1)))
    (drop (i32.gt_s (local.get 0) (local.get 1)))
    (drop (i32.gt_u (local.get 0) (local.get 1)))
    (drop (i32.le_s (local.get 0) (local.get 1)))
    (drop (i32.le_u (local.get 0) (local.get 1)))
    (drop (i32.ge_s (local.get 0) (local.get 1)))
    (drop (i32.ge_u (local.get 0) (local.get 1)))
    (drop (i32.eqz (local.get 0)))))

;; ---- expected ----
;; function func0 (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   1d:  v2 = i32.eq v0, v1
;;   23:  v3 = i32.ne v0, v1
;;   29:  v4 = i32.lt_s v0, v1
;;   2f:  v5 = i32.lt_u v0, v1
;;   35:  v6 = i32.gt_s v0, v1
;;   3b:  v7 = i32.gt_u v0, v1
;;   41:  v8 = i32.le_s v0, v1
;;   47:  v9 = i32.le_u v0, v1
;;   4d:  v10 = i32.ge_s v0, v1
;;   53:  v11 = i32.ge_u v0, v1
;;   57:  v12 = i32.eqz v0
;;   59:  return
;; }
