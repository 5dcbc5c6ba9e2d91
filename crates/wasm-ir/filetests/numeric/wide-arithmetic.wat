;; Operators with two results: the low half first.
(module
  (func (param i64 i64 i64 i64) (result i64 i64)
    (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3))
    (i64.sub128 (local.get 0) (local.get 1))
    (i64.mul_wide_s)
    (i64.mul_wide_u)))

;; ---- expected ----
;; function func0 (i64, i64, i64, i64) -> (i64, i64) {
;; block0(v0: i64, v1: i64, v2: i64, v3: i64):
;;   25:  v4, v5 = i64.add128 v0, v1, v2, v3
;;   2b:  v6, v7 = i64.sub128 v4, v5, v0, v1
;;   2d:  v8, v9 = i64.mul_wide_s v6, v7
;;   2f:  v10, v11 = i64.mul_wide_u v8, v9
;;   31:  return v10, v11
;; }
