;; The ways to end a loop from which the number of repetitions follows: growing and falling, signed and not, with and without the
;; limit, missed or not; and a step that is a parameter.
;;! optimise
(module
  (memory 1)
  (func $falls_to_zero (param $p i32) (param $i i32)
    (loop $l
      (i32.store8 (i32.add (local.get $p) (local.get $i)) (i32.const 0))
      (br_if $l (i32.ge_s (local.tee $i (i32.sub (local.get $i) (i32.const 3))) (i32.const 0)))))
  (func $inclusive (param $p i32) (param $end i32)
    (loop $l
      (i32.store (local.get $p) (i32.const 0))
      (br_if $l (i32.ge_u (local.get $end) (local.tee $p (i32.add (local.get $p) (i32.const 4)))))))
  (func $exact (param $p i32) (param $end i32)
    (loop $l
      (i32.store (local.get $p) (i32.const 0))
      (br_if $l (i32.eqz (i32.eq (local.tee $p (i32.add (local.get $p) (i32.const 12))) (local.get $end))))))
  (func $step (param $p i32) (param $step i32) (param $n i32)
    (loop $l
      (i32.store (local.get $p) (i32.const 0))
      (local.set $p (i32.add (local.get $p) (local.get $step)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))

;; ---- expected ----
;; function func0"falls_to_zero" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   27:  jump block1(v1)
;; block1(v9: i32):
;;   2d:  v10 = i32.const -3
;;   2d:  v11 = i32.add v1, v10
;;   2d:  v12 = i64.extend_i32_s v11
;;   2d:  v13 = i32.const 0
;;   2d:  v14 = i64.extend_i32_s v13
;;   2d:  v15 = i64.sub v12, v14
;;   2d:  v16 = i64.const 1
;;   2d:  v17 = i64.add v15, v16
;;   2d:  v18 = i64.const 0
;;   2d:  v19 = i64.gt_s v17, v18
;;   2d:  v20 = select v17, v18, v19
;;   2d:  v21 = i64.const 2
;;   2d:  v22 = i64.add v20, v21
;;   2d:  v23 = i64.const 3
;;   2d:  v24 = i64.div_u v22, v23
;;   2d:  v25 = i64.const -3
;;   2d:  v26 = i64.mul v24, v25
;;   2d:  v27 = i64.add v12, v26
;;   2d:  v28 = i64.const -2147483648
;;   2d:  v29 = i64.ge_s v27, v28
;;   2d:  v30 = i32.add v0, v1
;;   2d:  v31 = i64.extend_i32_u v30
;;   2d:  v32 = i64.const -3
;;   2d:  v33 = i64.mul v24, v32
;;   2d:  v34 = i64.add v31, v33
;;   2d:  v35 = i64.const 0
;;   2d:  v36 = i64.ge_s v34, v35
;;   2d:  v37 = i32.and v29, v36
;;   2d:  v38 = i64.const 1
;;   2d:  v39 = i64.add v31, v38
;;   2d:  v40 = memory.length memory0
;;   2d:  v41 = i64.le_u v39, v40
;;   2d:  v42 = i32.and v37, v41
;;   2d:  v43 = likely v42
;;   2d:  branch v43, block2, block4(v9)
;; block2:
;;   2d:  effect_barrier
;;   2d:  v44 = i64.const 0
;;   2d:  jump block3(v9, v44)
;; block3(v45: i32, v46: i64):
;;   2d:  v47 = i64.const -3
;;   2d:  v48 = i64.mul v46, v47
;;   2d:  v49 = i64.add v31, v48
;;   2d:  v50 = i64.const 1
;;   2d:  v51 = i64.add v46, v50
;;   2d:  v52 = i32.add v0, v45
;;   2e:  v53 = i32.const 0
;;   30:  i32.store8 memory0[v49] group0, v53
;;   35:  v54 = i32.const 3
;;   37:  v55 = i32.sub v45, v54
;;   3a:  v56 = i32.const 0
;;   3c:  v57 = i32.ge_s v55, v56
;;   3d:  v58 = i64.ne v46, v24
;;   3d:  branch v58, block3(v55, v51), block5
;; block4(v2: i32):
;;   2d:  v3 = i32.add v0, v2
;;   2e:  v4 = i32.const 0
;;   30:  i32.store8 memory0[v3], v4
;;   35:  v5 = i32.const 3
;;   37:  v6 = i32.sub v2, v5
;;   3a:  v7 = i32.const 0
;;   3c:  v8 = i32.ge_s v6, v7
;;   3d:  branch v8, block4(v6), block5
;; block5:
;;   3d:  effect_barrier
;;   3d:  jump block6
;; block6:
;;   40:  return
;; }
;; function func1"inclusive" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   43:  jump block1(v0)
;; block1(v7: i32):
;;   47:  v8 = i32.const 4
;;   47:  v9 = i32.add v0, v8
;;   47:  v10 = i64.extend_i32_u v9
;;   47:  v11 = i64.extend_i32_u v1
;;   47:  v12 = i64.sub v11, v10
;;   47:  v13 = i64.const 1
;;   47:  v14 = i64.add v12, v13
;;   47:  v15 = i64.const 0
;;   47:  v16 = i64.gt_s v14, v15
;;   47:  v17 = select v14, v15, v16
;;   47:  v18 = i64.const 3
;;   47:  v19 = i64.add v17, v18
;;   47:  v20 = i64.const 4
;;   47:  v21 = i64.div_u v19, v20
;;   47:  v22 = i64.const 4
;;   47:  v23 = i64.mul v21, v22
;;   47:  v24 = i64.add v10, v23
;;   47:  v25 = i64.const 4294967295
;;   47:  v26 = i64.le_s v24, v25
;;   47:  v27 = i64.extend_i32_u v0
;;   47:  v28 = i64.const 4
;;   47:  v29 = i64.mul v21, v28
;;   47:  v30 = i64.add v27, v29
;;   47:  v31 = i64.const 4
;;   47:  v32 = i64.add v30, v31
;;   47:  v33 = memory.length memory0
;;   47:  v34 = i64.le_u v32, v33
;;   47:  v35 = i32.and v26, v34
;;   47:  v36 = likely v35
;;   47:  branch v36, block2, block4(v7)
;; block2:
;;   47:  effect_barrier
;;   47:  v37 = i64.const 0
;;   47:  jump block3(v7, v37)
;; block3(v38: i32, v39: i64):
;;   47:  v40 = i64.const 4
;;   47:  v41 = i64.mul v39, v40
;;   47:  v42 = i64.add v27, v41
;;   47:  v43 = i64.const 1
;;   47:  v44 = i64.add v39, v43
;;   47:  v45 = i32.const 0
;;   49:  i32.store memory0[v42] group0, v45
;;   50:  v46 = i32.const 4
;;   52:  v47 = i32.add v38, v46
;;   55:  v48 = i32.ge_u v1, v47
;;   56:  v49 = i64.ne v39, v21
;;   56:  branch v49, block3(v47, v44), block5
;; block4(v2: i32):
;;   47:  v3 = i32.const 0
;;   49:  i32.store memory0[v2], v3
;;   50:  v4 = i32.const 4
;;   52:  v5 = i32.add v2, v4
;;   55:  v6 = i32.ge_u v1, v5
;;   56:  branch v6, block4(v5), block5
;; block5:
;;   56:  effect_barrier
;;   56:  jump block6
;; block6:
;;   59:  return
;; }
;; function func2"exact" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   5c:  jump block1(v0)
;; block1(v8: i32):
;;   60:  v9 = i32.const -1
;;   60:  v10 = i32.mul v0, v9
;;   60:  v11 = i32.add v10, v1
;;   60:  v12 = i32.const -12
;;   60:  v13 = i32.add v11, v12
;;   60:  v14 = i64.extend_i32_u v13
;;   60:  v15 = i64.const 12
;;   60:  v16 = i64.rem_u v14, v15
;;   60:  v17 = i64.const 0
;;   60:  v18 = i64.eq v16, v17
;;   60:  v19 = i64.const 12
;;   60:  v20 = i64.div_u v14, v19
;;   60:  v21 = i64.extend_i32_u v0
;;   60:  v22 = i64.const 12
;;   60:  v23 = i64.mul v20, v22
;;   60:  v24 = i64.add v21, v23
;;   60:  v25 = i64.const 4
;;   60:  v26 = i64.add v24, v25
;;   60:  v27 = memory.length memory0
;;   60:  v28 = i64.le_u v26, v27
;;   60:  v29 = i32.and v18, v28
;;   60:  v30 = likely v29
;;   60:  branch v30, block2, block4(v8)
;; block2:
;;   60:  effect_barrier
;;   60:  v31 = i64.const 0
;;   60:  jump block3(v8, v31)
;; block3(v32: i32, v33: i64):
;;   60:  v34 = i64.const 12
;;   60:  v35 = i64.mul v33, v34
;;   60:  v36 = i64.add v21, v35
;;   60:  v37 = i64.const 1
;;   60:  v38 = i64.add v33, v37
;;   60:  v39 = i32.const 0
;;   62:  i32.store memory0[v36] group0, v39
;;   67:  v40 = i32.const 12
;;   69:  v41 = i32.add v32, v40
;;   6e:  v42 = i32.eq v41, v1
;;   6f:  v43 = i32.eqz v42
;;   70:  v44 = i64.ne v33, v20
;;   70:  branch v44, block3(v41, v38), block5
;; block4(v2: i32):
;;   60:  v3 = i32.const 0
;;   62:  i32.store memory0[v2], v3
;;   67:  v4 = i32.const 12
;;   69:  v5 = i32.add v2, v4
;;   6e:  v6 = i32.eq v5, v1
;;   6f:  v7 = i32.eqz v6
;;   70:  branch v7, block4(v5), block5
;; block5:
;;   70:  effect_barrier
;;   70:  jump block6
;; block6:
;;   73:  return
;; }
;; function func3"step" (i32, i32, i32) -> () {
;; block0(v0: i32, v1: i32, v2: i32):
;;   76:  jump block1(v0, v2)
;; block1(v9: i32, v10: i32):
;;   7a:  v11 = i32.const -1
;;   7a:  v12 = i32.add v2, v11
;;   7a:  v13 = i64.extend_i32_u v12
;;   7a:  v14 = i64.extend_i32_u v0
;;   7a:  v15 = i64.extend_i32_s v1
;;   7a:  v16 = i64.mul v13, v15
;;   7a:  v17 = i64.const 0
;;   7a:  v18 = i64.lt_s v16, v17
;;   7a:  v19 = select v16, v17, v18
;;   7a:  v20 = i64.const 0
;;   7a:  v21 = i64.gt_s v16, v20
;;   7a:  v22 = select v16, v20, v21
;;   7a:  v23 = i64.add v14, v19
;;   7a:  v24 = i64.add v14, v22
;;   7a:  v25 = i64.const 0
;;   7a:  v26 = i64.ge_s v23, v25
;;   7a:  v27 = i64.const 4
;;   7a:  v28 = i64.add v24, v27
;;   7a:  v29 = memory.length memory0
;;   7a:  v30 = i64.le_u v28, v29
;;   7a:  v31 = i32.and v26, v30
;;   7a:  v32 = likely v31
;;   7a:  branch v32, block2, block4(v9, v10)
;; block2:
;;   7a:  effect_barrier
;;   7a:  v33 = i64.const 0
;;   7a:  jump block3(v9, v10, v33)
;; block3(v34: i32, v35: i32, v36: i64):
;;   7a:  v37 = i64.mul v36, v15
;;   7a:  v38 = i64.add v14, v37
;;   7a:  v39 = i64.const 1
;;   7a:  v40 = i64.add v36, v39
;;   7a:  v41 = i32.const 0
;;   7c:  i32.store memory0[v38] group0, v41
;;   83:  v42 = i32.add v34, v1
;;   88:  v43 = i32.const 1
;;   8a:  v44 = i32.sub v35, v43
;;   8d:  v45 = i64.ne v36, v13
;;   8d:  branch v45, block3(v42, v44, v40), block5
;; block4(v3: i32, v4: i32):
;;   7a:  v5 = i32.const 0
;;   7c:  i32.store memory0[v3], v5
;;   83:  v6 = i32.add v3, v1
;;   88:  v7 = i32.const 1
;;   8a:  v8 = i32.sub v4, v7
;;   8d:  branch v8, block4(v6, v8), block5
;; block5:
;;   8d:  effect_barrier
;;   8d:  jump block6
;; block6:
;;   90:  return
;; }
