;; An if with two arms is a diamond; the local that differs becomes a parameter of the join, the other does not.
(module
  (func $pick (param $c i32) (param $other i32) (result i32) (local $x i32)
    (if (local.get $c)
      (then (local.set $x (i32.const 10)))
      (else (local.set $x (i32.const 20))))
    (i32.add (local.get $x) (local.get $other))))

;; ---- expected ----
;; function func0"pick" (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   1e:  branch v0, block1, block2
;; block1:
;;   20:  v2 = i32.const 10
;;   24:  jump block3(v2)
;; block2:
;;   25:  v3 = i32.const 20
;;   29:  jump block3(v3)
;; block3(v4: i32):
;;   2e:  v5 = i32.add v4, v1
;;   2f:  return v5
;; }
