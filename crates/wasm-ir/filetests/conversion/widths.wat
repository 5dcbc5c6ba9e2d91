;; Widths and bits.
(module
  (func (param i32 i64 f32 f64)
    (drop (i32.wrap_i64 (local.get 1)))
    (drop (i64.extend_i32_s (local.get 0)))
    (drop (i64.extend_i32_u (local.get 0)))
    (drop (f32.demote_f64 (local.get 3)))
    (drop (f64.promote_f32 (local.get 2)))
    (drop (i32.reinterpret_f32 (local.get 2)))
    (drop (i64.reinterpret_f64 (local.get 3)))
    (drop (f32.reinterpret_i32 (local.get 0)))
    (drop (f64.reinterpret_i64 (local.get 1)))))

;; ---- expected ----
;; function func0 (i32, i64, f32, f64) -> () {
;; block0(v0: i32, v1: i64, v2: f32, v3: f64):
;;   1d:  v4 = i32.wrap_i64 v1
;;   21:  v5 = i64.extend_i32_s v0
;;   25:  v6 = i64.extend_i32_u v0
;;   29:  v7 = f32.demote_f64 v3
;;   2d:  v8 = f64.promote_f32 v2
;;   31:  v9 = i32.reinterpret_f32 v2
;;   35:  v10 = i64.reinterpret_f64 v3
;;   39:  v11 = f32.reinterpret_i32 v0
;;   3d:  v12 = f64.reinterpret_i64 v1
;;   3f:  return
;; }
