;; Every store.
(module
  (memory 1)
  (func (param i32 i32 i64 f32 f64)
    (i32.store (local.get 0) (local.get 1))
    (i64.store (local.get 0) (local.get 2))
    (f32.store (local.get 0) (local.get 3))
    (f64.store (local.get 0) (local.get 4))
    (i32.store8 (local.get 0) (local.get 1))
    (i32.store16 (local.get 0) (local.get 1))
    (i64.store8 (local.get 0) (local.get 2))
    (i64.store16 (local.get 0) (local.get 2))
    (i64.store32 (local.get 0) (local.get 2))))

;; ---- expected ----
;; function func0 (i32, i32, i64, f32, f64) -> () {
;; block0(v0: i32, v1: i32, v2: i64, v3: f32, v4: f64):
;;   25:  i32.store memory0[v0], v1
;;   2c:  i64.store memory0[v0], v2
;;   33:  f32.store memory0[v0], v3
;;   3a:  f64.store memory0[v0], v4
;;   41:  i32.store8 memory0[v0], v1
;;   48:  i32.store16 memory0[v0], v1
;;   4f:  i64.store8 memory0[v0], v2
;;   56:  i64.store16 memory0[v0], v2
;;   5d:  i64.store32 memory0[v0], v2
;;   60:  return
;; }
