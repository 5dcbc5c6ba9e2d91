;; Integers to floating point.
(module
  (func (param i32 i64)
    (drop (f32.convert_i32_s (local.get 0)))
    (drop (f32.convert_i32_u (local.get 0)))
    (drop (f32.convert_i64_s (local.get 1)))
    (drop (f32.convert_i64_u (local.get 1)))
    (drop (f64.convert_i32_s (local.get 0)))
    (drop (f64.convert_i32_u (local.get 0)))
    (drop (f64.convert_i64_s (local.get 1)))
    (drop (f64.convert_i64_u (local.get 1)))))

;; ---- expected ----
;; function func0 (i32, i64) -> () {
;; block0(v0: i32, v1: i64):
;;   1b:  v2 = f32.convert_i32_s v0
;;   1f:  v3 = f32.convert_i32_u v0
;;   23:  v4 = f32.convert_i64_s v1
;;   27:  v5 = f32.convert_i64_u v1
;;   2b:  v6 = f64.convert_i32_s v0
;;   2f:  v7 = f64.convert_i32_u v0
;;   33:  v8 = f64.convert_i64_s v1
;;   37:  v9 = f64.convert_i64_u v1
;;   39:  return
;; }
