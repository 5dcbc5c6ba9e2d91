;; Truncations that trap.
(module
  (func (param f32 f64)
    (drop (i32.trunc_f32_s (local.get 0)))
    (drop (i32.trunc_f32_u (local.get 0)))
    (drop (i32.trunc_f64_s (local.get 1)))
    (drop (i32.trunc_f64_u (local.get 1)))
    (drop (i64.trunc_f32_s (local.get 0)))
    (drop (i64.trunc_f32_u (local.get 0)))
    (drop (i64.trunc_f64_s (local.get 1)))
    (drop (i64.trunc_f64_u (local.get 1)))))

;; ---- expected ----
;; function func0 (f32, f64) -> () {
;; block0(v0: f32, v1: f64):
;;   1b:  v2 = i32.trunc_f32_s v0
;;   1f:  v3 = i32.trunc_f32_u v0
;;   23:  v4 = i32.trunc_f64_s v1
;;   27:  v5 = i32.trunc_f64_u v1
;;   2b:  v6 = i64.trunc_f32_s v0
;;   2f:  v7 = i64.trunc_f32_u v0
;;   33:  v8 = i64.trunc_f64_s v1
;;   37:  v9 = i64.trunc_f64_u v1
;;   39:  return
;; }
