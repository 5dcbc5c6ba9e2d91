;; Truncations that saturate.
(module
  (func (param f32 f64)
    (drop (i32.trunc_sat_f32_s (local.get 0)))
    (drop (i32.trunc_sat_f32_u (local.get 0)))
    (drop (i32.trunc_sat_f64_s (local.get 1)))
    (drop (i32.trunc_sat_f64_u (local.get 1)))
    (drop (i64.trunc_sat_f32_s (local.get 0)))
    (drop (i64.trunc_sat_f32_u (local.get 0)))
    (drop (i64.trunc_sat_f64_s (local.get 1)))
    (drop (i64.trunc_sat_f64_u (local.get 1)))))

;; ---- expected ----
;; function func0 (f32, f64) -> () {
;; block0(v0: f32, v1: f64):
;;   1b:  v2 = i32.trunc_sat_f32_s v0
;;   20:  v3 = i32.trunc_sat_f32_u v0
;;   25:  v4 = i32.trunc_sat_f64_s v1
;;   2a:  v5 = i32.trunc_sat_f64_u v1
;;   2f:  v6 = i64.trunc_sat_f32_s v0
;;   34:  v7 = i64.trunc_sat_f32_u v0
;;   39:  v8 = i64.trunc_sat_f64_s v1
;;   3e:  v9 = i64.trunc_sat_f64_u v1
;;   41:  return
;; }
