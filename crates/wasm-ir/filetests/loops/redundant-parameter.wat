;; Assigned in the loop, but only on the way out, or always to the value it has: no parameter.
(module
  (func (param $n i32) (param $a i32) (result i32) (local $t i32)
    (loop $l
      (local.set $t (local.get $a))
      (local.set $a (local.get $t))
      (if (i32.eqz (local.get $n)) (then (local.set $a (i32.const 9)) (return (local.get $a))))
      (local.set $n (i32.sub (local.get $n) (local.get $a)))
      (br $l))
    (unreachable)))

;; ---- expected ----
;; function func0 (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   1c:  jump block1(v0)
;; block1(v2: i32):
;;   28:  v3 = i32.eqz v2
;;   29:  branch v3, block2, block3
;; block2:
;;   2b:  v4 = i32.const 9
;;   31:  return v4
;; block3:
;;   37:  v5 = i32.sub v2, v1
;;   3a:  jump block1(v5)
;; }
