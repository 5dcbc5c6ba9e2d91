;; Loops that search: without a count, with one, in a memory of 64-bit addresses, and one that stores.
;;! optimise
(module
  (memory 1)
  (memory $wide i64 1)
  (func $strlen (param $p i32) (result i32) (local $n i32)
    (block $out (loop $l
      (br_if $out (i32.eqz (i32.load8_u (i32.add (local.get $p) (local.get $n)))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br $l)))
    (local.get $n))
  (func $memcmp (param $a i32) (param $b i32) (param $n i32) (result i32) (local $x i32) (local $y i32)
    (block $differ
      (loop $l
        (br_if $differ (i32.ne (local.tee $x (i32.load8_u (local.get $a))) (local.tee $y (i32.load8_u (local.get $b)))))
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 1)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (return (i32.const 0)))
    (i32.sub (local.get $x) (local.get $y)))
  (func $find (param $p i64) (param $x i32) (param $n i32) (result i64)
    (loop $l
      (if (i32.eq (i32.load $wide (local.get $p)) (local.get $x)) (then (return (local.get $p))))
      (local.set $p (i64.add (local.get $p) (i64.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.const 0))
  (func $copy (param $to i32) (param $from i32) (param $n i32) (local $c i32)
    (loop $l
      (i32.store8 (local.get $to) (local.tee $c (i32.load8_s (local.get $from))))
      (if (i32.eq (local.get $c) (i32.const -1)) (then (return)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))

;; ---- expected ----
;; function func0"strlen" (i32) -> (i32) {
;; block0(v0: i32):
;;   37:  v1 = i32.const 0
;;   3c:  jump block1(v1)
;; block1(v10: i32):
;;   43:  v11 = i32.const 4
;;   43:  v12 = i32.add v10, v11
;;   43:  jump block2(v10)
;; block2(v2: i32):
;;   42:  v3 = i32.add v0, v2
;;   43:  v4 = i32.load8_u memory0[v3]
;;   46:  v5 = i32.eqz v4
;;   47:  branch v5, block10, block3
;; block3:
;;   4b:  v6 = i32.const 1
;;   4d:  v7 = i32.add v2, v6
;;   50:  jump block4(v7)
;; block4(v13: i32):
;;   43:  v14 = i32.ne v13, v12
;;   43:  v15 = likely v14
;;   43:  branch v15, block2(v13), block5(v13)
;; block5(v9: i32):
;;   43:  v16 = i32.add v0, v9
;;   43:  v17 = i64.extend_i32_u v16
;;   43:  v18 = memory.length memory0
;;   43:  v19 = i64.sub v18, v17
;;   43:  v20 = i64.const -16
;;   43:  v21 = i64.add v19, v20
;;   43:  v22 = i64.const 0
;;   43:  v23 = i64.ge_s v21, v22
;;   43:  v24 = i32.const 0
;;   43:  v25 = i8x16.splat v24
;;   43:  v26 = likely v23
;;   43:  v27 = i64.const 0
;;   43:  branch v26, block6(v27), block2(v9)
;; block6(v8: i64):
;;   43:  v28 = i64.add v17, v8
;;   43:  v29 = v128.load memory0[v28] align=1 group0
;;   43:  v30 = i8x16.eq v29, v25
;;   43:  v31 = v128.any_true v30
;;   43:  v32 = i32.eqz v31
;;   43:  v33 = likely v32
;;   43:  branch v33, block7, block8
;; block7:
;;   43:  v34 = i64.const 16
;;   43:  v35 = i64.add v8, v34
;;   43:  v36 = i64.le_s v35, v21
;;   43:  v37 = likely v36
;;   43:  branch v37, block6(v35), block9(v35)
;; block8:
;;   43:  v38 = i8x16.bitmask v30
;;   43:  v39 = i32.ctz v38
;;   43:  v40 = i64.extend_i32_u v39
;;   43:  v41 = i64.add v8, v40
;;   43:  jump block9(v41)
;; block9(v42: i64):
;;   43:  v43 = i32.wrap_i64 v42
;;   43:  v44 = i32.add v9, v43
;;   43:  jump block2(v44)
;; block10:
;;   56:  return v2
;; }
;; function func1"memcmp" (i32, i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32, v2: i32):
;;   5d:  jump block1(v0, v1, v2)
;; block1(v21: i32, v22: i32, v23: i32):
;;   61:  v24 = i32.const 4
;;   61:  v25 = i32.add v21, v24
;;   61:  jump block2(v21, v22, v23)
;; block2(v3: i32, v4: i32, v5: i32):
;;   61:  v6 = i32.load8_u memory0[v3]
;;   68:  v7 = i32.load8_u memory0[v4]
;;   6d:  v8 = i32.ne v6, v7
;;   6e:  branch v8, block11, block3
;; block3:
;;   72:  v9 = i32.const 1
;;   74:  v10 = i32.add v3, v9
;;   79:  v11 = i32.const 1
;;   7b:  v12 = i32.add v4, v11
;;   80:  v13 = i32.const 1
;;   82:  v14 = i32.sub v5, v13
;;   85:  branch v14, block4(v10, v12, v14), block10
;; block4(v26: i32, v27: i32, v28: i32):
;;   61:  v29 = i32.ne v26, v25
;;   61:  v30 = likely v29
;;   61:  branch v30, block2(v26, v27, v28), block5(v26, v27, v28)
;; block5(v18: i32, v19: i32, v20: i32):
;;   61:  v31 = i64.extend_i32_u v18
;;   61:  v32 = memory.length memory0
;;   61:  v33 = i64.sub v32, v31
;;   61:  v34 = i64.const -16
;;   61:  v35 = i64.add v33, v34
;;   61:  v36 = i64.extend_i32_u v19
;;   61:  v37 = i64.sub v32, v36
;;   61:  v38 = i64.const -16
;;   61:  v39 = i64.add v37, v38
;;   61:  v40 = i64.lt_s v35, v39
;;   61:  v41 = select v35, v39, v40
;;   61:  v42 = i64.const 0
;;   61:  v43 = i64.ge_s v41, v42
;;   61:  v44 = i32.const -1
;;   61:  v45 = i32.add v20, v44
;;   61:  v46 = i64.extend_i32_u v45
;;   61:  v47 = i64.const -1
;;   61:  v48 = i64.add v46, v47
;;   61:  v49 = i64.lt_s v41, v48
;;   61:  v50 = select v41, v48, v49
;;   61:  v51 = likely v43
;;   61:  v52 = i64.const 0
;;   61:  branch v51, block6(v52), block2(v18, v19, v20)
;; block6(v17: i64):
;;   61:  v53 = i64.add v31, v17
;;   61:  v54 = i64.add v36, v17
;;   61:  v55 = v128.load memory0[v53] align=1 group0
;;   61:  v56 = v128.load memory0[v54] align=1 group0
;;   61:  v57 = i8x16.ne v55, v56
;;   61:  v58 = v128.any_true v57
;;   61:  v59 = i32.eqz v58
;;   61:  v60 = likely v59
;;   61:  branch v60, block7, block8
;; block7:
;;   61:  v61 = i64.const 16
;;   61:  v62 = i64.add v17, v61
;;   61:  v63 = i64.le_s v62, v50
;;   61:  v64 = likely v63
;;   61:  branch v64, block6(v62), block9(v62)
;; block8:
;;   61:  v65 = i8x16.bitmask v57
;;   61:  v66 = i32.ctz v65
;;   61:  v67 = i64.extend_i32_u v66
;;   61:  v68 = i64.add v17, v67
;;   61:  jump block9(v68)
;; block9(v69: i64):
;;   61:  v70 = i64.lt_u v69, v46
;;   61:  v71 = select v69, v46, v70
;;   61:  v72 = i32.wrap_i64 v71
;;   61:  v73 = i32.add v18, v72
;;   61:  v74 = i32.wrap_i64 v71
;;   61:  v75 = i32.add v19, v74
;;   61:  v76 = i32.wrap_i64 v71
;;   61:  v77 = i32.const -1
;;   61:  v78 = i32.mul v76, v77
;;   61:  v79 = i32.add v20, v78
;;   61:  jump block2(v73, v75, v79)
;; block10:
;;   88:  v15 = i32.const 0
;;   8a:  return v15
;; block11:
;;   90:  v16 = i32.sub v6, v7
;;   91:  return v16
;; }
;; function func2"find" (i64, i32, i32) -> (i64) {
;; block0(v0: i64, v1: i32, v2: i32):
;;   94:  jump block1(v0, v2)
;; block1(v15: i64, v16: i32):
;;   98:  v17 = i64.const 16
;;   98:  v18 = i64.add v15, v17
;;   98:  jump block2(v15, v16)
;; block2(v3: i64, v4: i32):
;;   98:  v5 = i32.load memory1"wide"[v3]
;;   9e:  v6 = i32.eq v5, v1
;;   9f:  branch v6, block3, block4
;; block3:
;;   a3:  return v3
;; block4:
;;   a7:  v7 = i64.const 4
;;   a9:  v8 = i64.add v3, v7
;;   ae:  v9 = i32.const 1
;;   b0:  v10 = i32.sub v4, v9
;;   b3:  branch v10, block5(v8, v10), block11
;; block5(v19: i64, v20: i32):
;;   98:  v21 = i64.ne v19, v18
;;   98:  v22 = likely v21
;;   98:  branch v22, block2(v19, v20), block6(v19, v20)
;; block6(v13: i64, v14: i32):
;;   98:  v23 = i64.const 4611686018427387903
;;   98:  v24 = i64.le_u v13, v23
;;   98:  v25 = memory.length memory1"wide"
;;   98:  v26 = i64.sub v25, v13
;;   98:  v27 = i64.const -64
;;   98:  v28 = i64.add v26, v27
;;   98:  v29 = i64.const 0
;;   98:  v30 = i64.ge_s v28, v29
;;   98:  v31 = i32.and v24, v30
;;   98:  v32 = i32.const -1
;;   98:  v33 = i32.add v14, v32
;;   98:  v34 = i64.extend_i32_u v33
;;   98:  v35 = i64.const 4
;;   98:  v36 = i64.mul v34, v35
;;   98:  v37 = i64.const -1
;;   98:  v38 = i64.add v36, v37
;;   98:  v39 = i64.lt_s v28, v38
;;   98:  v40 = select v28, v38, v39
;;   98:  v41 = i32x4.splat v1
;;   98:  v42 = likely v31
;;   98:  v43 = i64.const 0
;;   98:  branch v42, block7(v43), block2(v13, v14)
;; block7(v12: i64):
;;   98:  v44 = i64.add v13, v12
;;   98:  v45 = v128.load memory1"wide"[v44] align=1 group0
;;   98:  v46 = i32x4.eq v45, v41
;;   98:  v47 = v128.load memory1"wide"[v44 + 16] align=1 group0
;;   98:  v48 = i32x4.eq v47, v41
;;   98:  v49 = v128.load memory1"wide"[v44 + 32] align=1 group0
;;   98:  v50 = i32x4.eq v49, v41
;;   98:  v51 = v128.load memory1"wide"[v44 + 48] align=1 group0
;;   98:  v52 = i32x4.eq v51, v41
;;   98:  v53 = v128.or v46, v48
;;   98:  v54 = v128.or v53, v50
;;   98:  v55 = v128.or v54, v52
;;   98:  v56 = v128.any_true v55
;;   98:  v57 = i32.eqz v56
;;   98:  v58 = likely v57
;;   98:  branch v58, block8, block9
;; block8:
;;   98:  v59 = i64.const 64
;;   98:  v60 = i64.add v12, v59
;;   98:  v61 = i64.le_s v60, v40
;;   98:  v62 = likely v61
;;   98:  v63 = i64.const 2
;;   98:  v64 = i64.shr_u v60, v63
;;   98:  branch v62, block7(v60), block10(v64)
;; block9:
;;   98:  v65 = i64.const 2
;;   98:  v66 = i64.shr_u v12, v65
;;   98:  v67 = i32x4.bitmask v46
;;   98:  v68 = i32x4.bitmask v48
;;   98:  v69 = i32.const 4
;;   98:  v70 = i32.shl v68, v69
;;   98:  v71 = i32.or v67, v70
;;   98:  v72 = i32x4.bitmask v50
;;   98:  v73 = i32.const 8
;;   98:  v74 = i32.shl v72, v73
;;   98:  v75 = i32.or v71, v74
;;   98:  v76 = i32x4.bitmask v52
;;   98:  v77 = i32.const 12
;;   98:  v78 = i32.shl v76, v77
;;   98:  v79 = i32.or v75, v78
;;   98:  v80 = i32.ctz v79
;;   98:  v81 = i64.extend_i32_u v80
;;   98:  v82 = i64.add v66, v81
;;   98:  jump block10(v82)
;; block10(v83: i64):
;;   98:  v84 = i64.lt_u v83, v34
;;   98:  v85 = select v83, v34, v84
;;   98:  v86 = i64.const 4
;;   98:  v87 = i64.mul v85, v86
;;   98:  v88 = i64.add v13, v87
;;   98:  v89 = i32.wrap_i64 v85
;;   98:  v90 = i32.const -1
;;   98:  v91 = i32.mul v89, v90
;;   98:  v92 = i32.add v14, v91
;;   98:  jump block2(v88, v92)
;; block11:
;;   b6:  v11 = i64.const 0
;;   b8:  return v11
;; }
;; function func3"copy" (i32, i32, i32) -> () {
;; block0(v0: i32, v1: i32, v2: i32):
;;   bd:  jump block1(v0, v1, v2)
;; block1(v19: i32, v20: i32, v21: i32):
;;   c3:  v22 = i32.const 4
;;   c3:  v23 = i32.add v19, v22
;;   c3:  jump block2(v19, v20, v21)
;; block2(v3: i32, v4: i32, v5: i32):
;;   c3:  v6 = i32.load8_s memory0[v4]
;;   c8:  i32.store8 memory0[v3], v6
;;   cd:  v7 = i32.const -1
;;   cf:  v8 = i32.eq v6, v7
;;   d0:  branch v8, block3, block4
;; block3:
;;   d2:  return
;; block4:
;;   d6:  v9 = i32.const 1
;;   d8:  v10 = i32.add v4, v9
;;   dd:  v11 = i32.const 1
;;   df:  v12 = i32.add v3, v11
;;   e4:  v13 = i32.const 1
;;   e6:  v14 = i32.sub v5, v13
;;   e9:  branch v14, block5(v12, v10, v14), block11
;; block5(v24: i32, v25: i32, v26: i32):
;;   c3:  v27 = i32.ne v24, v23
;;   c3:  v28 = likely v27
;;   c3:  branch v28, block2(v24, v25, v26), block6(v24, v25, v26)
;; block6(v16: i32, v17: i32, v18: i32):
;;   c3:  v29 = i64.extend_i32_u v17
;;   c3:  v30 = memory.length memory0
;;   c3:  v31 = i64.sub v30, v29
;;   c3:  v32 = i64.const -16
;;   c3:  v33 = i64.add v31, v32
;;   c3:  v34 = i64.extend_i32_u v16
;;   c3:  v35 = i64.sub v30, v34
;;   c3:  v36 = i64.const -16
;;   c3:  v37 = i64.add v35, v36
;;   c3:  v38 = i64.lt_s v33, v37
;;   c3:  v39 = select v33, v37, v38
;;   c3:  v40 = i64.const 0
;;   c3:  v41 = i64.ge_s v39, v40
;;   c3:  v42 = i32.const -1
;;   c3:  v43 = i32.add v18, v42
;;   c3:  v44 = i64.extend_i32_u v43
;;   c3:  v45 = i64.const -16
;;   c3:  v46 = i64.add v44, v45
;;   c3:  v47 = i64.lt_s v39, v46
;;   c3:  v48 = select v39, v46, v47
;;   c3:  v49 = i64.const 0
;;   c3:  v50 = i64.ge_s v48, v49
;;   c3:  v51 = i32.and v41, v50
;;   c3:  v52 = i64.sub v34, v29
;;   c3:  v53 = i64.const -1
;;   c3:  v54 = i64.add v52, v53
;;   c3:  v55 = i64.const 16
;;   c3:  v56 = i64.ge_u v54, v55
;;   c3:  v57 = i32.and v51, v56
;;   c3:  v58 = i32.const 255
;;   c3:  v59 = i8x16.splat v58
;;   c3:  v60 = likely v57
;;   c3:  v61 = i64.const 0
;;   c3:  branch v60, block7(v61), block2(v16, v17, v18)
;; block7(v15: i64):
;;   c3:  v62 = i64.add v29, v15
;;   c3:  v63 = i64.add v34, v15
;;   c3:  v64 = v128.load memory0[v62] align=1 group0
;;   c3:  v65 = i8x16.eq v64, v59
;;   c3:  v66 = v128.any_true v65
;;   c3:  v67 = i32.eqz v66
;;   c3:  v68 = likely v67
;;   c3:  branch v68, block8, block9
;; block8:
;;   c3:  v69 = i32.wrap_i64 v63
;;   c3:  v128.store memory0[v69] align=1 dominated, v64
;;   c3:  v70 = i64.const 16
;;   c3:  v71 = i64.add v15, v70
;;   c3:  v72 = i64.le_s v71, v48
;;   c3:  v73 = likely v72
;;   c3:  branch v73, block7(v71), block10(v71)
;; block9:
;;   c3:  jump block10(v15)
;; block10(v74: i64):
;;   c3:  v75 = i64.lt_u v74, v44
;;   c3:  v76 = select v74, v44, v75
;;   c3:  v77 = i32.wrap_i64 v76
;;   c3:  v78 = i32.add v16, v77
;;   c3:  v79 = i32.wrap_i64 v76
;;   c3:  v80 = i32.add v17, v79
;;   c3:  v81 = i32.wrap_i64 v76
;;   c3:  v82 = i32.const -1
;;   c3:  v83 = i32.mul v81, v82
;;   c3:  v84 = i32.add v18, v83
;;   c3:  jump block2(v78, v80, v84)
;; block11:
;;   ec:  return
;; }
