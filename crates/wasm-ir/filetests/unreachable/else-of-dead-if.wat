;; The then arm ends in a branch; the else arm starts with the operands the if had.
(module
  (func (param $c i32) (result i32)
    (block $out (result i32)
      (i32.const 1)
      (if (param i32) (result i32) (local.get $c)
        (then (br $out))
        (else (i32.const 2) (i32.add)))
      (i32.const 3)
      (i32.mul))))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   1b:  v1 = i32.const 1
;;   1f:  branch v0, block1, block2
;; block1:
;;   21:  jump block3(v1)
;; block2:
;;   24:  v2 = i32.const 2
;;   26:  v3 = i32.add v1, v2
;;   28:  v4 = i32.const 3
;;   2a:  v5 = i32.mul v3, v4
;;   2b:  jump block3(v5)
;; block3(v6: i32):
;;   2c:  return v6
;; }
