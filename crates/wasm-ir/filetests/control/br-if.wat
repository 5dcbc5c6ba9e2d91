;; A conditional branch out of nested blocks carries a result; what follows is a block of its own.
(module
  (func (param $c i32) (param $d i32) (result i32)
    (block $outer (result i32)
      (block $inner (result i32)
        (br_if $outer (i32.const 1) (local.get $c))
        (drop)
        (br_if $inner (i32.const 2) (local.get $d))
        (i32.const 3)
        (i32.add))
      (i32.const 4)
      (i32.mul))))

;; ---- expected ----
;; function func0 (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   1e:  v2 = i32.const 1
;;   22:  branch v0, block4(v2), block1
;; block1:
;;   25:  v3 = i32.const 2
;;   29:  branch v1, block3(v3), block2
;; block2:
;;   2b:  v4 = i32.const 3
;;   2d:  v5 = i32.add v3, v4
;;   2e:  jump block3(v5)
;; block3(v6: i32):
;;   2f:  v7 = i32.const 4
;;   31:  v8 = i32.mul v6, v7
;;   32:  jump block4(v8)
;; block4(v9: i32):
;;   33:  return v9
;; }
