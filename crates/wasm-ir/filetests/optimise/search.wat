;; Loops that search: of what is skipped, and how much.
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
    (i64.const 0)))

;; ---- expected ----
;; function func0"strlen" (i32) -> (i32) {
;; block0(v0: i32):
;;   30:  v1 = i32.const 0
;;   35:  jump block1(v1)
;; block1(v10: i32):
;;   3c:  v11 = i32.const 8
;;   3c:  v12 = i32.add v10, v11
;;   3c:  jump block2(v10)
;; block2(v2: i32):
;;   3b:  v3 = i32.add v0, v2
;;   3c:  v4 = i32.load8_u memory0[v3]
;;   3f:  v5 = i32.eqz v4
;;   40:  branch v5, block10, block3
;; block3:
;;   44:  v6 = i32.const 1
;;   46:  v7 = i32.add v2, v6
;;   49:  jump block4(v7)
;; block4(v13: i32):
;;   3c:  v14 = i32.ne v13, v12
;;   3c:  v15 = likely v14
;;   3c:  branch v15, block2(v13), block5(v13)
;; block5(v9: i32):
;;   3c:  v16 = i32.add v0, v9
;;   3c:  v17 = i64.extend_i32_u v16
;;   3c:  v18 = memory.length memory0
;;   3c:  v19 = i64.sub v18, v17
;;   3c:  v20 = i64.const -16
;;   3c:  v21 = i64.add v19, v20
;;   3c:  v22 = i64.const 0
;;   3c:  v23 = i64.ge_s v21, v22
;;   3c:  v24 = i32.const 0
;;   3c:  v25 = i8x16.splat v24
;;   3c:  v26 = likely v23
;;   3c:  v27 = i64.const 0
;;   3c:  branch v26, block6(v27), block2(v9)
;; block6(v8: i64):
;;   3c:  v28 = i64.add v17, v8
;;   3c:  v29 = v128.load memory0[v28] align=1 group0
;;   3c:  v30 = i8x16.eq v29, v25
;;   3c:  v31 = v128.any_true v30
;;   3c:  v32 = i32.eqz v31
;;   3c:  v33 = likely v32
;;   3c:  branch v33, block7, block8
;; block7:
;;   3c:  v34 = i64.const 16
;;   3c:  v35 = i64.add v8, v34
;;   3c:  v36 = i64.le_s v35, v21
;;   3c:  v37 = likely v36
;;   3c:  branch v37, block6(v35), block9(v35)
;; block8:
;;   3c:  v38 = i8x16.bitmask v30
;;   3c:  v39 = i32.ctz v38
;;   3c:  v40 = i64.extend_i32_u v39
;;   3c:  v41 = i64.add v8, v40
;;   3c:  jump block9(v41)
;; block9(v42: i64):
;;   3c:  v43 = i32.wrap_i64 v42
;;   3c:  v44 = i32.add v9, v43
;;   3c:  jump block2(v44)
;; block10:
;;   4f:  return v2
;; }
;; function func1"memcmp" (i32, i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32, v2: i32):
;;   56:  jump block1(v0, v1, v2)
;; block1(v21: i32, v22: i32, v23: i32):
;;   5a:  v24 = i32.const 8
;;   5a:  v25 = i32.add v21, v24
;;   5a:  jump block2(v21, v22, v23)
;; block2(v3: i32, v4: i32, v5: i32):
;;   5a:  v6 = i32.load8_u memory0[v3]
;;   61:  v7 = i32.load8_u memory0[v4]
;;   66:  v8 = i32.ne v6, v7
;;   67:  branch v8, block11, block3
;; block3:
;;   6b:  v9 = i32.const 1
;;   6d:  v10 = i32.add v3, v9
;;   72:  v11 = i32.const 1
;;   74:  v12 = i32.add v4, v11
;;   79:  v13 = i32.const 1
;;   7b:  v14 = i32.sub v5, v13
;;   7e:  branch v14, block4(v10, v12, v14), block10
;; block4(v26: i32, v27: i32, v28: i32):
;;   5a:  v29 = i32.ne v26, v25
;;   5a:  v30 = likely v29
;;   5a:  branch v30, block2(v26, v27, v28), block5(v26, v27, v28)
;; block5(v18: i32, v19: i32, v20: i32):
;;   5a:  v31 = i64.extend_i32_u v18
;;   5a:  v32 = memory.length memory0
;;   5a:  v33 = i64.sub v32, v31
;;   5a:  v34 = i64.const -16
;;   5a:  v35 = i64.add v33, v34
;;   5a:  v36 = i64.extend_i32_u v19
;;   5a:  v37 = i64.sub v32, v36
;;   5a:  v38 = i64.const -16
;;   5a:  v39 = i64.add v37, v38
;;   5a:  v40 = i64.lt_s v35, v39
;;   5a:  v41 = select v35, v39, v40
;;   5a:  v42 = i64.const 0
;;   5a:  v43 = i64.ge_s v41, v42
;;   5a:  v44 = i32.const -1
;;   5a:  v45 = i32.add v20, v44
;;   5a:  v46 = i64.extend_i32_u v45
;;   5a:  v47 = i64.const -1
;;   5a:  v48 = i64.add v46, v47
;;   5a:  v49 = i64.lt_s v41, v48
;;   5a:  v50 = select v41, v48, v49
;;   5a:  v51 = likely v43
;;   5a:  v52 = i64.const 0
;;   5a:  branch v51, block6(v52), block2(v18, v19, v20)
;; block6(v17: i64):
;;   5a:  v53 = i64.add v31, v17
;;   5a:  v54 = i64.add v36, v17
;;   5a:  v55 = v128.load memory0[v53] align=1 group0
;;   5a:  v56 = v128.load memory0[v54] align=1 group0
;;   5a:  v57 = i8x16.ne v55, v56
;;   5a:  v58 = v128.any_true v57
;;   5a:  v59 = i32.eqz v58
;;   5a:  v60 = likely v59
;;   5a:  branch v60, block7, block8
;; block7:
;;   5a:  v61 = i64.const 16
;;   5a:  v62 = i64.add v17, v61
;;   5a:  v63 = i64.le_s v62, v50
;;   5a:  v64 = likely v63
;;   5a:  branch v64, block6(v62), block9(v62)
;; block8:
;;   5a:  v65 = i8x16.bitmask v57
;;   5a:  v66 = i32.ctz v65
;;   5a:  v67 = i64.extend_i32_u v66
;;   5a:  v68 = i64.add v17, v67
;;   5a:  jump block9(v68)
;; block9(v69: i64):
;;   5a:  v70 = i64.lt_u v69, v46
;;   5a:  v71 = select v69, v46, v70
;;   5a:  v72 = i32.wrap_i64 v71
;;   5a:  v73 = i32.add v18, v72
;;   5a:  v74 = i32.wrap_i64 v71
;;   5a:  v75 = i32.add v19, v74
;;   5a:  v76 = i32.wrap_i64 v71
;;   5a:  v77 = i32.const -1
;;   5a:  v78 = i32.mul v76, v77
;;   5a:  v79 = i32.add v20, v78
;;   5a:  jump block2(v73, v75, v79)
;; block10:
;;   81:  v15 = i32.const 0
;;   83:  return v15
;; block11:
;;   89:  v16 = i32.sub v6, v7
;;   8a:  return v16
;; }
;; function func2"find" (i64, i32, i32) -> (i64) {
;; block0(v0: i64, v1: i32, v2: i32):
;;   8d:  jump block1(v0, v2)
;; block1(v15: i64, v16: i32):
;;   91:  v17 = i64.const 32
;;   91:  v18 = i64.add v15, v17
;;   91:  jump block2(v15, v16)
;; block2(v3: i64, v4: i32):
;;   91:  v5 = i32.load memory1"wide"[v3]
;;   97:  v6 = i32.eq v5, v1
;;   98:  branch v6, block3, block4
;; block3:
;;   9c:  return v3
;; block4:
;;   a0:  v7 = i64.const 4
;;   a2:  v8 = i64.add v3, v7
;;   a7:  v9 = i32.const 1
;;   a9:  v10 = i32.sub v4, v9
;;   ac:  branch v10, block5(v8, v10), block11
;; block5(v19: i64, v20: i32):
;;   91:  v21 = i64.ne v19, v18
;;   91:  v22 = likely v21
;;   91:  branch v22, block2(v19, v20), block6(v19, v20)
;; block6(v13: i64, v14: i32):
;;   91:  v23 = i64.const 4611686018427387903
;;   91:  v24 = i64.le_u v13, v23
;;   91:  v25 = memory.length memory1"wide"
;;   91:  v26 = i64.sub v25, v13
;;   91:  v27 = i64.const -64
;;   91:  v28 = i64.add v26, v27
;;   91:  v29 = i64.const 0
;;   91:  v30 = i64.ge_s v28, v29
;;   91:  v31 = i32.and v24, v30
;;   91:  v32 = i32.const -1
;;   91:  v33 = i32.add v14, v32
;;   91:  v34 = i64.extend_i32_u v33
;;   91:  v35 = i64.const 4
;;   91:  v36 = i64.mul v34, v35
;;   91:  v37 = i64.const -1
;;   91:  v38 = i64.add v36, v37
;;   91:  v39 = i64.lt_s v28, v38
;;   91:  v40 = select v28, v38, v39
;;   91:  v41 = i32x4.splat v1
;;   91:  v42 = likely v31
;;   91:  v43 = i64.const 0
;;   91:  branch v42, block7(v43), block2(v13, v14)
;; block7(v12: i64):
;;   91:  v44 = i64.add v13, v12
;;   91:  v45 = v128.load memory1"wide"[v44] align=1 group0
;;   91:  v46 = i32x4.eq v45, v41
;;   91:  v47 = v128.load memory1"wide"[v44 + 16] align=1 group0
;;   91:  v48 = i32x4.eq v47, v41
;;   91:  v49 = v128.load memory1"wide"[v44 + 32] align=1 group0
;;   91:  v50 = i32x4.eq v49, v41
;;   91:  v51 = v128.load memory1"wide"[v44 + 48] align=1 group0
;;   91:  v52 = i32x4.eq v51, v41
;;   91:  v53 = v128.or v46, v48
;;   91:  v54 = v128.or v53, v50
;;   91:  v55 = v128.or v54, v52
;;   91:  v56 = v128.any_true v55
;;   91:  v57 = i32.eqz v56
;;   91:  v58 = likely v57
;;   91:  branch v58, block8, block9
;; block8:
;;   91:  v59 = i64.const 64
;;   91:  v60 = i64.add v12, v59
;;   91:  v61 = i64.le_s v60, v40
;;   91:  v62 = likely v61
;;   91:  v63 = i64.const 2
;;   91:  v64 = i64.shr_u v60, v63
;;   91:  branch v62, block7(v60), block10(v64)
;; block9:
;;   91:  v65 = i32x4.bitmask v46
;;   91:  v66 = i32x4.bitmask v48
;;   91:  v67 = i32.const 4
;;   91:  v68 = i32.shl v66, v67
;;   91:  v69 = i32.or v65, v68
;;   91:  v70 = i32x4.bitmask v50
;;   91:  v71 = i32.const 8
;;   91:  v72 = i32.shl v70, v71
;;   91:  v73 = i32.or v69, v72
;;   91:  v74 = i32x4.bitmask v52
;;   91:  v75 = i32.const 12
;;   91:  v76 = i32.shl v74, v75
;;   91:  v77 = i32.or v73, v76
;;   91:  v78 = i32.ctz v77
;;   91:  v79 = i64.extend_i32_u v78
;;   91:  v80 = i64.const 2
;;   91:  v81 = i64.shr_u v12, v80
;;   91:  v82 = i64.add v81, v79
;;   91:  jump block10(v82)
;; block10(v83: i64):
;;   91:  v84 = i64.lt_u v83, v34
;;   91:  v85 = select v83, v34, v84
;;   91:  v86 = i64.const 4
;;   91:  v87 = i64.mul v85, v86
;;   91:  v88 = i64.add v13, v87
;;   91:  v89 = i32.wrap_i64 v85
;;   91:  v90 = i32.const -1
;;   91:  v91 = i32.mul v89, v90
;;   91:  v92 = i32.add v14, v91
;;   91:  jump block2(v88, v92)
;; block11:
;;   af:  v11 = i64.const 0
;;   b1:  return v11
;; }
