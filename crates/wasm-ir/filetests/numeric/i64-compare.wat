;; Every comparison of i64: the results are i32.
(module
  (func (param i64 i64)
    (drop (i64.eq (local.get 0) (local.get 1)))
    (drop (i64.ne (local.get 0) (local.get 1)))
    (drop (i64.lt_s (local.get 0) (local.get 1)))
    (drop (i64.lt_u (local.get 0) (local.get 1)))
    (drop (i64.gt_s (local.get 0) (local.get 1)))
    (drop (i64.gt_u (local.get 0) (local.get 1)))
    (drop (i64.le_s (local.get 0) (local.get 1)))
    (drop (i64.le_u (local.get 0) (local.get 1)))
    (drop (i64.ge_s (local.get 0) (local.get 1)))
    (drop (i64.ge_u (local.get 0) (local.get 1)))
    (drop (i64.eqz (local.get 0)))))

;; ---- expected ----
;; function func0 (i64, i64) -> () {
;; block0(v0: i64, v1: i64):
;;   1d:  v2 = i64.eq v0, v1
;;   23:  v3 = i64.ne v0, v1
;;   29:  v4 = i64.lt_s v0, v1
;;   2f:  v5 = i64.lt_u v0, v1
;;   35:  v6 = i64.gt_s v0, v1
;;   3b:  v7 = i64.gt_u v0, v1
;;   41:  v8 = i64.le_s v0, v1
;;   47:  v9 = i64.le_u v0, v1
;;   4d:  v10 = i64.ge_s v0, v1
;;   53:  v11 = i64.ge_u v0, v1
;;   57:  v12 = i64.eqz v0
;;   59:  return
;; }
