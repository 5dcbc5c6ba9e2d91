;; Returns from the middle, by name and by label.
(module
  (func (param $c i32) (result i32)
    (if (local.get $c) (then (return (i32.const 1))))
    (if (i32.eqz (local.get $c)) (then (br 1 (i32.const 2))))
    (br_if 0 (i32.const 3) (local.get $c))
    (drop)
    (i32.const 4)))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   1b:  branch v0, block1, block2
;; block1:
;;   1d:  v1 = i32.const 1
;;   1f:  return v1
;; block2:
;;   23:  v2 = i32.eqz v0
;;   24:  branch v2, block3, block4
;; block3:
;;   26:  v3 = i32.const 2
;;   28:  return v3
;; block4:
;;   2b:  v4 = i32.const 3
;;   2f:  branch v0, block6(v4), block5
;; block5:
;;   32:  v5 = i32.const 4
;;   34:  jump block6(v5)
;; block6(v6: i32):
;;   34:  return v6
;; }
