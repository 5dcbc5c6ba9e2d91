;; Two arrays, one of which is stored to: they must not overlap. The test stands at the top, so that the accesses happen once less
;; than it is made.
;;! optimise
(module
  (memory 1)
  (func $axpy (param $y i32) (param $x i32) (param $n i32) (param $a f64) (local $i i32)
    (block $out
      (loop $l
        (br_if $out (i32.ge_s (local.get $i) (local.get $n)))
        (f64.store offset=8 (i32.add (local.get $y) (i32.shl (local.get $i) (i32.const 3)))
          (f64.add
            (f64.load offset=8 (i32.add (local.get $y) (i32.shl (local.get $i) (i32.const 3))))
            (f64.mul (local.get $a) (f64.load (i32.add (local.get $x) (i32.shl (local.get $i) (i32.const 3)))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $l)))))

;; ---- expected ----
;; function func0"axpy" (i32, i32, i32, f64) -> () {
;; block0(v0: i32, v1: i32, v2: i32, v3: f64):
;;   1f:  v4 = i32.const 0
;;   24:  jump block1(v4)
;; block1(v22: i32):
;;   2a:  v23 = i32.const 0
;;   2a:  v24 = i64.extend_i32_s v23
;;   2a:  v25 = i64.extend_i32_s v2
;;   2a:  v26 = i64.sub v25, v24
;;   2a:  v27 = i64.const 0
;;   2a:  v28 = i64.gt_s v26, v27
;;   2a:  v29 = select v26, v27, v28
;;   2a:  v30 = i64.extend_i32_u v0
;;   2a:  v31 = i64.const -1
;;   2a:  v32 = i64.add v29, v31
;;   2a:  v33 = i64.const 8
;;   2a:  v34 = i64.mul v32, v33
;;   2a:  v35 = i64.add v30, v34
;;   2a:  v36 = i64.const 8
;;   2a:  v37 = i64.add v30, v36
;;   2a:  v38 = i64.const 16
;;   2a:  v39 = i64.add v35, v38
;;   2a:  v40 = memory.length memory0
;;   2a:  v41 = i64.le_u v39, v40
;;   2a:  v42 = i64.extend_i32_u v1
;;   2a:  v43 = i64.const -1
;;   2a:  v44 = i64.add v29, v43
;;   2a:  v45 = i64.const 8
;;   2a:  v46 = i64.mul v44, v45
;;   2a:  v47 = i64.add v42, v46
;;   2a:  v48 = i64.const 8
;;   2a:  v49 = i64.add v47, v48
;;   2a:  v50 = i64.le_u v49, v40
;;   2a:  v51 = i32.and v41, v50
;;   2a:  v52 = i64.le_u v39, v42
;;   2a:  v53 = i64.le_u v49, v37
;;   2a:  v54 = i32.or v52, v53
;;   2a:  v55 = i32.and v51, v54
;;   2a:  v56 = likely v55
;;   2a:  branch v56, block2, block5(v22)
;; block2:
;;   2a:  effect_barrier
;;   2a:  v57 = i64.const 0
;;   2a:  jump block3(v22, v57)
;; block3(v58: i32, v59: i64):
;;   2a:  v60 = i64.const 8
;;   2a:  v61 = i64.mul v59, v60
;;   2a:  v62 = i64.add v30, v61
;;   2a:  v63 = i64.const 8
;;   2a:  v64 = i64.mul v59, v63
;;   2a:  v65 = i64.add v42, v64
;;   2a:  v66 = i64.const 1
;;   2a:  v67 = i64.add v59, v66
;;   2a:  v68 = i32.ge_s v58, v2
;;   2b:  v69 = i64.eq v59, v29
;;   2b:  branch v69, block7, block4
;; block4:
;;   31:  v70 = i32.const 3
;;   33:  v71 = i32.shl v58, v70
;;   34:  v72 = i32.add v0, v71
;;   39:  v73 = i32.const 3
;;   3b:  v74 = i32.shl v58, v73
;;   3c:  v75 = i32.add v0, v74
;;   3d:  v76 = f64.load memory0[v62 + 8] group0
;;   46:  v77 = i32.const 3
;;   48:  v78 = i32.shl v58, v77
;;   49:  v79 = i32.add v1, v78
;;   4a:  v80 = f64.load memory0[v65] group1
;;   4d:  v81 = f64.mul v3, v80
;;   4e:  v82 = f64.add v76, v81
;;   4f:  f64.store memory0[v62 + 8] group0, v82
;;   54:  v83 = i32.const 1
;;   56:  v84 = i32.add v58, v83
;;   59:  jump block3(v84, v67)
;; block5(v5: i32):
;;   2a:  v6 = i32.ge_s v5, v2
;;   2b:  branch v6, block7, block6
;; block6:
;;   31:  v7 = i32.const 3
;;   33:  v8 = i32.shl v5, v7
;;   34:  v9 = i32.add v0, v8
;;   39:  v10 = i32.const 3
;;   3b:  v11 = i32.shl v5, v10
;;   3c:  v12 = i32.add v0, v11
;;   3d:  v13 = f64.load memory0[v12 + 8]
;;   46:  v14 = i32.const 3
;;   48:  v15 = i32.shl v5, v14
;;   49:  v16 = i32.add v1, v15
;;   4a:  v17 = f64.load memory0[v16]
;;   4d:  v18 = f64.mul v3, v17
;;   4e:  v19 = f64.add v13, v18
;;   4f:  f64.store memory0[v9 + 8], v19
;;   54:  v20 = i32.const 1
;;   56:  v21 = i32.add v5, v20
;;   59:  jump block5(v21)
;; block7:
;;   2b:  effect_barrier
;;   2b:  jump block8
;; block8:
;;   5d:  return
;; }
