;; A local that both arms give the same value needs no parameter.
(module
  (func (param $c i32) (param $v i32) (result i32) (local $x i32)
    (if (local.get $c)
      (then (local.set $x (local.get $v)))
      (else (local.set $x (local.get $v)) (local.set $c (i32.const 1))))
    (local.get $x)))

;; ---- expected ----
;; function func0 (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   1e:  branch v0, block1, block2
;; block1:
;;   24:  jump block3
;; block2:
;;   29:  v2 = i32.const 1
;;   2d:  jump block3
;; block3:
;;   30:  return v1
;; }
