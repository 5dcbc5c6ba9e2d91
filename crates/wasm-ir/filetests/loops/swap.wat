;; Two parameters that exchange their values on the back edge need each other: neither is redundant.
(module
  (func (param $n i32) (param $a i32) (param $b i32) (result i32) (local $t i32)
    (loop $l
      (local.set $t (local.get $a))
      (local.set $a (local.get $b))
      (local.set $b (local.get $t))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $a)))

;; ---- expected ----
;; function func0 (i32, i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32, v2: i32):
;;   1d:  jump block1(v0, v1, v2)
;; block1(v3: i32, v4: i32, v5: i32):
;;   2d:  v6 = i32.const 1
;;   2f:  v7 = i32.sub v3, v6
;;   32:  branch v7, block1(v7, v5, v4), block2
;; block2:
;;   37:  return v5
;; }
