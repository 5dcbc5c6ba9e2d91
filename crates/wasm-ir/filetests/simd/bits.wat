;; Operators on all bits, and tests.
(module
  (func (param v128 v128 v128)
    (drop (v128.not (local.get 0)))
    (drop (v128.and (local.get 0) (local.get 1)))
    (drop (v128.andnot (local.get 0) (local.get 1)))
    (drop (v128.or (local.get 0) (local.get 1)))
    (drop (v128.xor (local.get 0) (local.get 1)))
    (drop (v128.bitselect (local.get 0) (local.get 1) (local.get 2)))
    (drop (v128.any_true (local.get 0)))
    (drop (i8x16.all_true (local.get 0)))
    (drop (i8x16.bitmask (local.get 0)))
    (drop (i16x8.all_true (local.get 0)))
    (drop (i16x8.bitmask (local.get 0)))
    (drop (i32x4.all_true (local.get 0)))
    (drop (i32x4.bitmask (local.get 0)))
    (drop (i64x2.all_true (local.get 0)))
    (drop (i64x2.bitmask (local.get 0)))))

;; ---- expected ----
;; function func0 (v128, v128, v128) -> () {
;; block0(v0: v128, v1: v128, v2: v128):
;;   1c:  v3 = v128.not v0
;;   23:  v4 = v128.and v0, v1
;;   2a:  v5 = v128.andnot v0, v1
;;   31:  v6 = v128.or v0, v1
;;   38:  v7 = v128.xor v0, v1
;;   41:  v8 = v128.bitselect v0, v1, v2
;;   46:  v9 = v128.any_true v0
;;   4b:  v10 = i8x16.all_true v0
;;   50:  v11 = i8x16.bitmask v0
;;   55:  v12 = i16x8.all_true v0
;;   5b:  v13 = i16x8.bitmask v0
;;   61:  v14 = i32x4.all_true v0
;;   67:  v15 = i32x4.bitmask v0
;;   6d:  v16 = i64x2.all_true v0
;;   73:  v17 = i64x2.bitmask v0
;;   77:  return
;; }
