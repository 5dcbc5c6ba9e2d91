;; keep locals
;; What a loop assigns is a parameter of it; a join without differences says nothing.
(module
  (func $f (param $n i32) (result i32) (local $sum i32)
    (block
      (br_if 0 (i32.eqz (local.get $n)))
      (loop $l
        (local.set $sum (i32.add (local.get $sum) (local.get $n)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $sum)))

;; ---- expected ----
;; function func0"f" (i32) -> (i32) {
;; block0(v0: i32):
;;   18:  v1 = i32.const 0
;;        local0"n" := v0
;;        local1"sum" := v1
;;   1f:  v2 = i32.eqz v0
;;   20:  branch v2, block4(v1), block1
;; block1:
;;   22:  jump block2(v0, v1)
;; block2(v3: i32, v4: i32):
;;        local0"n" := v3
;;        local1"sum" := v4
;;   28:  v5 = i32.add v4, v3
;;        local1"sum" := v5
;;   2d:  v6 = i32.const 1
;;   2f:  v7 = i32.sub v3, v6
;;        local0"n" := v7
;;   32:  branch v7, block2(v7, v5), block3
;; block3:
;;   35:  jump block4(v5)
;; block4(v8: i32):
;;        local0"n" := unknown
;;        local1"sum" := v8
;;   38:  return v8
;; }
