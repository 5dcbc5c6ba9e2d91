;; keep locals
;; What the locals hold is known in both copies, and after them what they share.
;;! optimise
(module
  (memory 1)
  (func $fill (param $p i32) (param $n i32) (result i32) (local $i i32)
    (loop $l
      (i32.store8 (i32.add (local.get $p) (local.get $i)) (i32.const 7))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $n (local.get $i))
    (local.get $n)))

;; ---- expected ----
;; function func0"fill" (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   1e:  v2 = i32.const 0
;;        local0"p" := v0
;;        local1"n" := v1
;;        local2"i" := v2
;;   21:  jump block1(v2)
;; block1(v10: i32):
;;   27:  v11 = i32.const 1
;;   27:  v12 = i64.extend_i32_u v11
;;   27:  v13 = i64.extend_i32_u v1
;;   27:  v14 = i64.sub v13, v12
;;   27:  v15 = i64.const 0
;;   27:  v16 = i64.gt_s v14, v15
;;   27:  v17 = select v14, v15, v16
;;   27:  v18 = i64.extend_i32_u v0
;;   27:  v19 = i64.add v18, v17
;;   27:  v20 = i64.const 1
;;   27:  v21 = i64.add v19, v20
;;   27:  v22 = memory.length memory0
;;   27:  v23 = i64.le_u v21, v22
;;   27:  v24 = likely v23
;;   27:  branch v24, block2, block4(v10)
;; block2:
;;   27:  effect_barrier
;;   27:  v25 = i64.const 0
;;   27:  jump block3(v10, v25)
;; block3(v26: i32, v27: i64):
;;   27:  v28 = i64.add v18, v27
;;   27:  v29 = i64.const 1
;;   27:  v30 = i64.add v27, v29
;;        local2"i" := v26
;;   27:  v31 = i32.add v0, v26
;;   28:  v32 = i32.const 7
;;   2a:  i32.store8 memory0[v28] group0, v32
;;   2f:  v33 = i32.const 1
;;   31:  v34 = i32.add v26, v33
;;        local2"i" := v34
;;   36:  v35 = i32.lt_u v34, v1
;;   37:  v36 = i64.ne v27, v17
;;   37:  branch v36, block3(v34, v30), block5(v34)
;; block4(v3: i32):
;;        local2"i" := v3
;;   27:  v4 = i32.add v0, v3
;;   28:  v5 = i32.const 7
;;   2a:  i32.store8 memory0[v4], v5
;;   2f:  v6 = i32.const 1
;;   31:  v7 = i32.add v3, v6
;;        local2"i" := v7
;;   36:  v8 = i32.lt_u v7, v1
;;   37:  branch v8, block4(v7), block5(v7)
;; block5(v9: i32):
;;   37:  effect_barrier
;;   37:  jump block6
;; block6:
;;        local1"n" := v9
;;   40:  return v9
;; }
