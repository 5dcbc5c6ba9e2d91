;; A loop that ends where the next begins, inside of another: the values of the first go to both copies of the second through its
;; exit, and the second's exit leads back to the outer header.
;;! optimise
(module
  (memory 1)
  (func $f (param $p i32) (param $n i32) (result i32) (local $i i32) (local $last i32)
    (loop $outer
      (local.set $i (i32.const 0))
      (loop $first
        (local.set $last (i32.load8_u offset=1 (i32.add (local.get $p) (local.get $i))))
        (i32.store8 (i32.add (local.get $p) (local.get $i)) (i32.const 1))
        (br_if $first (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (loop $second
        (i32.store8 (i32.add (local.get $p) (local.get $i)) (local.get $last))
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
;; block2(v46: i32):
;;   2d:  v47 = i32.const 1
;;   2d:  v48 = i64.extend_i32_u v47
;;   2d:  v49 = i64.extend_i32_u v2
;;   2d:  v50 = i64.sub v49, v48
;;   2d:  v51 = i64.const 0
;;   2d:  v52 = i64.gt_s v50, v51
;;   2d:  v53 = select v50, v51, v52
;;   2d:  v54 = i64.extend_i32_u v0
;;   2d:  v55 = i64.add v54, v53
;;   2d:  v56 = i64.const 2
;;   2d:  v57 = i64.add v55, v56
;;   2d:  v58 = memory.length memory0
;;   2d:  v59 = i64.le_u v57, v58
;;   2d:  v60 = likely v59
;;   2d:  branch v60, block3, block5(v46)
;; block3:
;;   2d:  effect_barrier
;;   2d:  v61 = i64.const 0
;;   2d:  jump block4(v46, v61)
;; block4(v62: i32, v63: i64):
;;   2d:  v64 = i64.add v54, v63
;;   2d:  v65 = i64.const 1
;;   2d:  v66 = i64.add v63, v65
;;   2d:  v67 = i32.add v0, v62
;;   2e:  v68 = i32.load8_u memory0[v64 + 1] group1
;;   37:  v69 = i32.add v0, v62
;;   38:  v70 = i32.const 1
;;   3a:  i32.store8 memory0[v64] group1, v70
;;   3f:  v71 = i32.const 1
;;   41:  v72 = i32.add v62, v71
;;   46:  v73 = i32.lt_u v72, v2
;;   47:  v74 = i64.ne v63, v53
;;   47:  branch v74, block4(v72, v66), block6(v72, v68)
;; block5(v4: i32):
;;   2d:  v5 = i32.add v0, v4
;;   2e:  v6 = i32.load8_u memory0[v5 + 1]
;;   37:  v7 = i32.add v0, v4
;;   38:  v8 = i32.const 1
;;   3a:  i32.store8 memory0[v7], v8
;;   3f:  v9 = i32.const 1
;;   41:  v10 = i32.add v4, v9
;;   46:  v11 = i32.lt_u v10, v2
;;   47:  branch v11, block5(v10), block6(v10, v6)
;; block6(v20: i32, v21: i32):
;;   47:  effect_barrier
;;   47:  jump block7
;; block7:
;;   4a:  jump block8(v20)
;; block8(v23: i32):
;;   50:  v24 = i32.const -1
;;   50:  v25 = i32.add v23, v24
;;   50:  v26 = i64.extend_i32_s v25
;;   50:  v27 = i32.const 0
;;   50:  v28 = i64.extend_i32_s v27
;;   50:  v29 = i64.sub v26, v28
;;   50:  v30 = i64.const 0
;;   50:  v31 = i64.gt_s v29, v30
;;   50:  v32 = select v29, v30, v31
;;   50:  v33 = i32.add v0, v23
;;   50:  v34 = i64.extend_i32_u v33
;;   50:  v35 = i64.const -1
;;   50:  v36 = i64.mul v32, v35
;;   50:  v37 = i64.add v34, v36
;;   50:  v38 = i64.const 0
;;   50:  v39 = i64.ge_s v37, v38
;;   50:  v40 = i64.const 1
;;   50:  v41 = i64.add v34, v40
;;   50:  v42 = memory.length memory0
;;   50:  v43 = i64.le_u v41, v42
;;   50:  v44 = i32.and v39, v43
;;   50:  v45 = likely v44
;;   50:  branch v45, block9, block11(v23)
;; block9:
;;   50:  effect_barrier
;;   50:  v75 = i64.const 0
;;   50:  jump block10(v23, v75)
;; block10(v76: i32, v77: i64):
;;   50:  v78 = i64.const -1
;;   50:  v79 = i64.mul v77, v78
;;   50:  v80 = i64.add v34, v79
;;   50:  v81 = i64.const 1
;;   50:  v82 = i64.add v77, v81
;;   50:  v83 = i32.add v0, v76
;;   53:  i32.store8 memory0[v80] group0, v21
;;   58:  v84 = i32.const 1
;;   5a:  v85 = i32.sub v76, v84
;;   5d:  v86 = i32.const 0
;;   5f:  v87 = i32.gt_s v85, v86
;;   60:  v88 = i64.ne v77, v32
;;   60:  branch v88, block10(v85, v82), block12(v85)
;; block11(v12: i32):
;;   50:  v13 = i32.add v0, v12
;;   53:  i32.store8 memory0[v13], v21
;;   58:  v14 = i32.const 1
;;   5a:  v15 = i32.sub v12, v14
;;   5d:  v16 = i32.const 0
;;   5f:  v17 = i32.gt_s v15, v16
;;   60:  branch v17, block11(v15), block12(v15)
;; block12(v22: i32):
;;   60:  effect_barrier
;;   60:  jump block13
;; block13:
;;   65:  v18 = i32.const 1
;;   67:  v19 = i32.sub v2, v18
;;   6a:  branch v19, block1(v19), block14
;; block14:
;;   6f:  return v22
;; }
