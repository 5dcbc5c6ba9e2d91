;; A loop that ends where the next begins, inside of another: the values of the first go to the second's check through its exit, and
;; the second's exit leads back to the outer header.
;;! optimise
(module
  (memory 1)
  (func $f (param $p i32) (param $n i32) (result i32) (local $i i32)
    (loop $outer
      (local.set $i (i32.const 0))
      (loop $first
        (i32.store8 (i32.add (local.get $p) (local.get $i)) (i32.const 1))
        (br_if $first (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (loop $second
        (i32.store8 (i32.add (local.get $p) (local.get $i)) (i32.const 2))
        (br_if $second (i32.gt_s (local.tee $i (i32.sub (local.get $i) (i32.const 1))) (i32.const 0))))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $i)))

;; ---- expected ----
;; function func0"f" (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   21:  jump block1(v1)
;; block1(v2: i32):
;;   23:  v3 = i32.const 0
;;   27:  jump block2(v3)
;; block2(v44: i32):
;;   2d:  v45 = i32.const 1
;;   2d:  v46 = i64.extend_i32_u v45
;;   2d:  v47 = i64.extend_i32_u v2
;;   2d:  v48 = i64.sub v47, v46
;;   2d:  v49 = i64.const 0
;;   2d:  v50 = i64.gt_s v48, v49
;;   2d:  v51 = select v48, v49, v50
;;   2d:  v52 = i64.extend_i32_u v0
;;   2d:  v53 = i64.add v52, v51
;;   2d:  v54 = i64.const 1
;;   2d:  v55 = i64.add v53, v54
;;   2d:  v56 = memory.length memory0
;;   2d:  v57 = i64.le_u v55, v56
;;   2d:  v58 = likely v57
;;   2d:  branch v58, block3, block5(v44)
;; block3:
;;   2d:  effect_barrier
;;   2d:  v59 = i64.const 0
;;   2d:  jump block4(v44, v59)
;; block4(v60: i32, v61: i64):
;;   2d:  v62 = i64.add v52, v61
;;   2d:  v63 = i64.const 1
;;   2d:  v64 = i64.add v61, v63
;;   2d:  v65 = i32.add v0, v60
;;   2e:  v66 = i32.const 1
;;   30:  i32.store8 memory0[v62] group1, v66
;;   35:  v67 = i32.const 1
;;   37:  v68 = i32.add v60, v67
;;   3c:  v69 = i32.lt_u v68, v2
;;   3d:  v70 = i64.ne v61, v51
;;   3d:  branch v70, block4(v68, v64), block6(v68)
;; block5(v4: i32):
;;   2d:  v5 = i32.add v0, v4
;;   2e:  v6 = i32.const 1
;;   30:  i32.store8 memory0[v5], v6
;;   35:  v7 = i32.const 1
;;   37:  v8 = i32.add v4, v7
;;   3c:  v9 = i32.lt_u v8, v2
;;   3d:  branch v9, block5(v8), block6(v8)
;; block6(v19: i32):
;;   3d:  effect_barrier
;;   3d:  jump block7
;; block7:
;;   40:  jump block8(v19)
;; block8(v21: i32):
;;   46:  v22 = i32.const -1
;;   46:  v23 = i32.add v21, v22
;;   46:  v24 = i32.const 0
;;   46:  v25 = i64.extend_i32_s v23
;;   46:  v26 = i64.extend_i32_s v24
;;   46:  v27 = i64.sub v25, v26
;;   46:  v28 = i64.const 0
;;   46:  v29 = i64.gt_s v27, v28
;;   46:  v30 = select v27, v28, v29
;;   46:  v31 = i32.add v0, v21
;;   46:  v32 = i64.extend_i32_u v31
;;   46:  v33 = i64.const -1
;;   46:  v34 = i64.mul v30, v33
;;   46:  v35 = i64.add v32, v34
;;   46:  v36 = i64.const 0
;;   46:  v37 = i64.ge_s v35, v36
;;   46:  v38 = i64.const 1
;;   46:  v39 = i64.add v32, v38
;;   46:  v40 = memory.length memory0
;;   46:  v41 = i64.le_u v39, v40
;;   46:  v42 = i32.and v37, v41
;;   46:  v43 = likely v42
;;   46:  branch v43, block9, block11(v21)
;; block9:
;;   46:  effect_barrier
;;   46:  v71 = i64.const 0
;;   46:  jump block10(v21, v71)
;; block10(v72: i32, v73: i64):
;;   46:  v74 = i64.const -1
;;   46:  v75 = i64.mul v73, v74
;;   46:  v76 = i64.add v32, v75
;;   46:  v77 = i64.const 1
;;   46:  v78 = i64.add v73, v77
;;   46:  v79 = i32.add v0, v72
;;   47:  v80 = i32.const 2
;;   49:  i32.store8 memory0[v76] group0, v80
;;   4e:  v81 = i32.const 1
;;   50:  v82 = i32.sub v72, v81
;;   53:  v83 = i32.const 0
;;   55:  v84 = i32.gt_s v82, v83
;;   56:  v85 = i64.ne v73, v30
;;   56:  branch v85, block10(v82, v78), block12(v82)
;; block11(v10: i32):
;;   46:  v11 = i32.add v0, v10
;;   47:  v12 = i32.const 2
;;   49:  i32.store8 memory0[v11], v12
;;   4e:  v13 = i32.const 1
;;   50:  v14 = i32.sub v10, v13
;;   53:  v15 = i32.const 0
;;   55:  v16 = i32.gt_s v14, v15
;;   56:  branch v16, block11(v14), block12(v14)
;; block12(v20: i32):
;;   56:  effect_barrier
;;   56:  jump block13
;; block13:
;;   5b:  v17 = i32.const 1
;;   5d:  v18 = i32.sub v2, v17
;;   60:  branch v18, block1(v18), block14
;; block14:
;;   65:  return v20
;; }
