;; A loop that adds up elements until a pointer reaches the end: its distance to the end says how often it goes on.
;;! optimise
(module
  (memory 1)
  (func $sum (param $p i32) (param $end i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
      (br_if $l (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $end))))
    (local.get $sum)))

;; ---- expected ----
;; function func0"sum" (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   1e:  v2 = i32.const 0
;;   21:  jump block1(v0, v2)
;; block1(v11: i32, v12: i32):
;;   27:  v13 = i32.const -1
;;   27:  v14 = i32.mul v0, v13
;;   27:  v15 = i32.add v14, v1
;;   27:  v16 = i32.const -4
;;   27:  v17 = i32.add v15, v16
;;   27:  v18 = i64.extend_i32_u v17
;;   27:  v19 = i64.const 4
;;   27:  v20 = i64.rem_u v18, v19
;;   27:  v21 = i64.const 0
;;   27:  v22 = i64.eq v20, v21
;;   27:  v23 = i64.const 4
;;   27:  v24 = i64.div_u v18, v23
;;   27:  v25 = i64.extend_i32_u v0
;;   27:  v26 = i64.const 4
;;   27:  v27 = i64.mul v24, v26
;;   27:  v28 = i64.add v25, v27
;;   27:  v29 = i64.const 4
;;   27:  v30 = i64.add v28, v29
;;   27:  v31 = memory.length memory0
;;   27:  v32 = i64.le_u v30, v31
;;   27:  v33 = i32.and v22, v32
;;   27:  v34 = likely v33
;;   27:  branch v34, block2, block4(v11, v12)
;; block2:
;;   27:  effect_barrier
;;   27:  v35 = i64.const 0
;;   27:  jump block3(v11, v12, v35)
;; block3(v36: i32, v37: i32, v38: i64):
;;   27:  v39 = i64.const 4
;;   27:  v40 = i64.mul v38, v39
;;   27:  v41 = i64.add v25, v40
;;   27:  v42 = i64.const 1
;;   27:  v43 = i64.add v38, v42
;;   27:  v44 = i32.load memory0[v41] group0
;;   2a:  v45 = i32.add v37, v44
;;   2f:  v46 = i32.const 4
;;   31:  v47 = i32.add v36, v46
;;   36:  v48 = i32.ne v47, v1
;;   37:  v49 = i64.ne v38, v24
;;   37:  branch v49, block3(v47, v45, v43), block5(v45)
;; block4(v3: i32, v4: i32):
;;   27:  v5 = i32.load memory0[v3]
;;   2a:  v6 = i32.add v4, v5
;;   2f:  v7 = i32.const 4
;;   31:  v8 = i32.add v3, v7
;;   36:  v9 = i32.ne v8, v1
;;   37:  branch v9, block4(v8, v6), block5(v6)
;; block5(v10: i32):
;;   37:  effect_barrier
;;   37:  jump block6
;; block6:
;;   3c:  return v10
;; }
