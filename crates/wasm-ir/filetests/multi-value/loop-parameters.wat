;; A loop with parameters of its own: operands feed the header from outside and from the back edge.
(module
  (func $factorial (param $n i64) (result i64)
    (i64.const 1)
    (local.get $n)
    (loop $l (param i64 i64) (result i64)
      (local.set $n)
      (local.get $n)
      (i64.mul)
      (local.get $n) (i64.const 1) (i64.sub)
      (local.tee $n)
      (local.get $n) (i64.const 1) (i64.gt_u)
      (br_if $l)
      (drop))))

;; ---- expected ----
;; function func0"factorial" (i64) -> (i64) {
;; block0(v0: i64):
;;   1f:  v1 = i64.const 1
;;   23:  jump block1(v1, v0)
;; block1(v2: i64, v3: i64):
;;   29:  v4 = i64.mul v2, v3
;;   2c:  v5 = i64.const 1
;;   2e:  v6 = i64.sub v3, v5
;;   33:  v7 = i64.const 1
;;   35:  v8 = i64.gt_u v6, v7
;;   36:  branch v8, block1(v4, v6), block2
;; block2:
;;   3a:  return v4
;; }
