;; More results than come back in registers, at a branch to the function's label.
(module
  (func (param i32) (result i32 i64 f32 f64 i32)
    (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 5)
    (br_if 0 (local.get 0))
    (br_if 0 (i32.eqz (local.get 0)))))

;; ---- expected ----
;; function func0 (i32) -> (i32, i64, f32, f64, i32) {
;; block0(v0: i32):
;;   1d:  v1 = i32.const 1
;;   1f:  v2 = i64.const 2
;;   21:  v3 = f32.const 3.0
;;   26:  v4 = f64.const 4.0
;;   2f:  v5 = i32.const 5
;;   33:  branch v0, block3, block1
;; block1:
;;   37:  v6 = i32.eqz v0
;;   38:  branch v6, block3, block2
;; block2:
;;   3a:  jump block3
;; block3:
;;   3a:  return v1, v2, v3, v4, v5
;; }
