;; Code after a branch, a return or a trap is dropped, nested constructs and all.
(module
  (func (param i32) (result i32)
    (block $b
      (br $b)
      (loop $l (if (i32.const 1) (then (br $l)) (else (br $b))))
      (drop (i32.add)))
    (return (local.get 0))
    (block (result i32) (unreachable)))
  (func (result i64) (unreachable) (i64.add) (drop) (f32.abs) (drop) (i64.const 1)))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   34:  return v0
;; }
;; function func1 () -> (i64) {
;; block0:
;;   3c:  unreachable
;; }
