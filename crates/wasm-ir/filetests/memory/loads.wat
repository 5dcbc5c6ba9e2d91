;; Every load.
(module
  (memory $m 1)
  (func (param i32)
    (drop (i32.load offset=8 (local.get 0)))
    (drop (i64.load offset=8 (local.get 0)))
    (drop (f32.load offset=8 (local.get 0)))
    (drop (f64.load offset=8 (local.get 0)))
    (drop (i32.load8_s offset=8 (local.get 0)))
    (drop (i32.load8_u offset=8 (local.get 0)))
    (drop (i32.load16_s offset=8 (local.get 0)))
    (drop (i32.load16_u offset=8 (local.get 0)))
    (drop (i64.load8_s offset=8 (local.get 0)))
    (drop (i64.load8_u offset=8 (local.get 0)))
    (drop (i64.load16_s offset=8 (local.get 0)))
    (drop (i64.load16_u offset=8 (local.get 0)))
    (drop (i64.load32_s offset=8 (local.get 0)))
    (drop (i64.load32_u offset=8 (local.get 0)))))

;; ---- expected ----
;; function func0 (i32) -> () {
;; block0(v0: i32):
;;   1f:  v1 = i32.load memory0"m"[v0 + 8]
;;   25:  v2 = i64.load memory0"m"[v0 + 8]
;;   2b:  v3 = f32.load memory0"m"[v0 + 8]
;;   31:  v4 = f64.load memory0"m"[v0 + 8]
;;   37:  v5 = i32.load8_s memory0"m"[v0 + 8]
;;   3d:  v6 = i32.load8_u memory0"m"[v0 + 8]
;;   43:  v7 = i32.load16_s memory0"m"[v0 + 8]
;;   49:  v8 = i32.load16_u memory0"m"[v0 + 8]
;;   4f:  v9 = i64.load8_s memory0"m"[v0 + 8]
;;   55:  v10 = i64.load8_u memory0"m"[v0 + 8]
;;   5b:  v11 = i64.load16_s memory0"m"[v0 + 8]
;;   61:  v12 = i64.load16_u memory0"m"[v0 + 8]
;;   67:  v13 = i64.load32_s memory0"m"[v0 + 8]
;;   6d:  v14 = i64.load32_u memory0"m"[v0 + 8]
;;   71:  return
;; }
