;; Nested loops: the inner one gets a parameter for the outer counter only if it assigns it.
(module
  (func (param $n i32) (result i32) (local $i i32) (local $j i32) (local $count i32)
    (loop $rows
      (local.set $j (i32.const 0))
      (loop $columns
        (local.set $count (i32.add (local.get $count) (local.get $i)))
        (br_if $columns (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
      (br_if $rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $count)))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   18:  v1 = i32.const 0
;;   1b:  jump block1(v1, v1)
;; block1(v2: i32, v3: i32):
;;   1d:  v4 = i32.const 0
;;   21:  jump block2(v4, v3)
;; block2(v5: i32, v6: i32):
;;   27:  v7 = i32.add v6, v2
;;   2c:  v8 = i32.const 1
;;   2e:  v9 = i32.add v5, v8
;;   33:  v10 = i32.lt_u v9, v0
;;   34:  branch v10, block2(v9, v7), block3
;; block3:
;;   39:  v11 = i32.const 1
;;   3b:  v12 = i32.add v2, v11
;;   40:  v13 = i32.lt_u v12, v0
;;   41:  branch v13, block1(v12, v7), block4
;; block4:
;;   46:  return v7
;; }
