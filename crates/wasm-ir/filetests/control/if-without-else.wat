;; Without an else the branch leads straight to the join, with the operands of the if.
(module
  (func $clear (param $c i32) (param $x i32) (result i32)
    (local.get $x)
    (if (param i32) (result i32) (local.get $c)
      (then (drop) (i32.const 0))))
  (func $empty (param $c i32)
    (if (local.get $c) (then))))

;; ---- expected ----
;; function func0"clear" (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   28:  branch v0, block1, block2(v1)
;; block1:
;;   2b:  v2 = i32.const 0
;;   2d:  jump block2(v2)
;; block2(v3: i32):
;;   2e:  return v3
;; }
;; function func1"empty" (i32) -> () {
;; block0(v0: i32):
;;   33:  branch v0, block1, block2
;; block1:
;;   35:  jump block2
;; block2:
;;   36:  return
;; }
