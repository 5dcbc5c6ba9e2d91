;; A local that differs but is not read afterwards needs no parameter.
(module
  (func (param $c i32) (result i32) (local $x i32)
    (if (local.get $c) (then (local.set $x (i32.const 1))))
    (local.set $x (i32.const 2))
    (local.get $x)))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   1d:  branch v0, block1, block2
;; block1:
;;   1f:  v1 = i32.const 1
;;   23:  jump block2
;; block2:
;;   24:  v2 = i32.const 2
;;   2a:  return v2
;; }
