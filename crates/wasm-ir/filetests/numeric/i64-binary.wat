;; Every binary operator of i64.
(module
  (func (param i64 i64)
    (drop (i64.add (local.get 0) (local.get 1)))
    (drop (i64.sub (local.get 0) (local.get 1)))
    (drop (i64.mul (local.get 0) (local.get 1)))
    (drop (i64.div_s (local.get 0) (local.get 1)))
    (drop (i64.div_u (local.get 0) (local.get 1)))
    (drop (i64.rem_s (local.get 0) (local.get 1)))
    (drop (i64.rem_u (local.get 0) (local.get 1)))
    (drop (i64.and (local.get 0) (local.get 1)))
    (drop (i64.or (local.get 0) (local.get 1)))
    (drop (i64.xor (local.get 0) (local.get 1)))
    (drop (i64.shl (local.get 0) (local.get 1)))
    (drop (i64.shr_s (local.get 0) (local.get 1)))
    (drop (i64.shr_u (local.get 0) (local.get 1)))
    (drop (i64.rotl (local.get 0) (local.get 1)))
    (drop (i64.rotr (local.get 0) (local.get 1)))))

;; ---- expected ----
;; function func0 (i64, i64) -> () {
;; block0(v0: i64, v1: i64):
;;   1d:  v2 = i64.add v0, v1
;;   23:  v3 = i64.sub v0, v1
;;   29:  v4 = i64.mul v0, v1
;;   2f:  v5 = i64.div_s v0, v1
;;   35:  v6 = i64.div_u v0, v1
;;   3b:  v7 = i64.rem_s v0, v1
;;   41:  v8 = i64.rem_u v0, v1
;;   47:  v9 = i64.and v0, v1
;;   4d:  v10 = i64.or v0, v1
;;   53:  v11 = i64.xor v0, v1
;;   59:  v12 = i64.shl v0, v1
;;   5f:  v13 = i64.shr_s v0, v1
;;   65:  v14 = i64.shr_u v0, v1
;;   6b:  v15 = i64.rotl v0, v1
;;   71:  v16 = i64.rotr v0, v1
;;   73:  return
;; }
