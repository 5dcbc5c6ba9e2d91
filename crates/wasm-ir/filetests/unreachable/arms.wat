;; Arms that do not reach the join; with one left there is nothing to join.
(module
  (func (param $c i32) (result i32) (local $x i32)
    (if (local.get $c)
      (then (unreachable))
      (else (local.set $x (i32.const 1))))
    (if (local.get $c)
      (then (local.set $x (i32.const 2)))
      (else (return (i32.const 3))))
    (if (result i32) (local.get $c)
      (then (return (i32.const 4)))
      (else (unreachable)))
    (i32.add (local.get $x))))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   1d:  branch v0, block1, block2
;; block1:
;;   1f:  unreachable
;; block2:
;;   21:  v1 = i32.const 1
;;   28:  branch v0, block3, block4
;; block3:
;;   2a:  v2 = i32.const 2
;;   35:  branch v0, block5, block6
;; block4:
;;   2f:  v3 = i32.const 3
;;   31:  return v3
;; block5:
;;   37:  v4 = i32.const 4
;;   39:  return v4
;; block6:
;;   3b:  unreachable
;; }
