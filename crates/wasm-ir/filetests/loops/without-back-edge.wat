;; A loop that nothing branches back to is straight-line code.
(module
  (func (param $x i32) (result i32)
    (loop (result i32)
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (local.get $x))))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   1d:  v1 = i32.const 1
;;   1f:  v2 = i32.add v0, v1
;;   25:  return v2
;; }
