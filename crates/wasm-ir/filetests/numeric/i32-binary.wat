;; Every binary operator of i32.
(module
  (func (param i32 i32)
    (drop (i32.add (local.get 0) (local.get 1)))
    (drop (i32.sub (local.get 0) (local.get 1)))
    (drop (i32.mul (local.get 0) (local.get 1)))
    (drop (i32.div_s (local.get 0) (local.get 1)))
    (drop (i32.div_u (local.get 0) (local.get 1)))
    (drop (i32.rem_s (local.get 0) (local.get 1)))
    (drop (i32.rem_u (local.get 0) (local.get 1)))
    (drop (i32.and (local.get 0) (local.get 1)))
    (drop (i32.or (local.get 0) (local.get 1)))
    (drop (i32.xor (local.get 0) (local.get 1)))
    (drop (i32.shl (local.get 0) (local.get 1)))
    (drop (i32.shr_s (local.get 0) (local.get 1)))
    (drop (i32.shr_u (local.get 0) (local.get 1)))
    (drop (i32.rotl (local.get 0) (local.get 1)))
    (drop (i32.rotr (local.get 0) (local.get 1)))))

;; ---- expected ----
;; function func0 (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   1d:  v2 = i32.add v0, v1
;;   23:  v3 = i32.sub v0, v1
;;   29:  v4 = i32.mul v0, v1
;;   2f:  v5 = i32.div_s v0, v1
;;   35:  v6 = i32.div_u v0, v1
;;   3b:  v7 = i32.rem_s v0, v1
;;   41:  v8 = i32.rem_u v0, v1
;;   47:  v9 = i32.and v0, v1
;;   4d:  v10 = i32.or v0, v1
;;   53:  v11 = i32.xor v0, v1
;;   59:  v12 = i32.shl v0, v1
;;   5f:  v13 = i32.shr_s v0, v1
;;   65:  v14 = i32.shr_u v0, v1
;;   6b:  v15 = i32.rotl v0, v1
;;   71:  v16 = i32.rotr v0, v1
;;   73:  return
;; }
