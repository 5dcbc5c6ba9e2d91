;; keep locals
;; What a producer unrolled is rolled up in the fast copy, if the copies have branches in them. The loop itself stays.
;;! optimise
(module
  (memory 1)
  ;; for (i = 0; i < n; i++) if (from[i] > limit) to[i] = from[i] - limit; two at a time. The second branch is written the other way round.
  (func $store (param $to i32) (param $from i32) (param $limit i32) (param $n i32) (local $i i32) (local $x i32)
    (loop $l
      (block $small
        (br_if $small (i32.le_s (local.tee $x (i32.load (local.get $from))) (local.get $limit)))
        (i32.store (local.get $to) (i32.sub (local.get $x) (local.get $limit))))
      (if (i32.gt_s (local.tee $x (i32.load (i32.add (local.get $from) (i32.const 4)))) (local.get $limit))
        (then (i32.store (i32.add (local.get $to) (i32.const 4)) (i32.sub (local.get $x) (local.get $limit)))))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 2))) (local.get $n)))))
  ;; A sum is carried from copy to copy, and out of the loop with the index.
  (func $sum (param $a i32) (param $b i32) (param $n i32) (result i32 i32) (local $i i32) (local $sum i32)
    (loop $l
      (if (i32.load8_u (local.get $a))
        (then (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $b))))))
      (if (i32.load8_u offset=1 (local.get $a))
        (then (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $b))))))
      (if (i32.load8_u offset=2 (local.get $a))
        (then (local.set $sum (i32.add (local.get $sum) (i32.load offset=8 (local.get $b))))))
      (local.set $a (i32.add (local.get $a) (i32.const 3)))
      (local.set $b (i32.add (local.get $b) (i32.const 12)))
      (br_if $l (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 3))) (local.get $n))))
    (local.get $i) (local.get $sum))
  ;; These are no copies: the second stores elsewhere.
  (func $elsewhere (param $p i32) (param $n i32)
    (loop $l
      (if (i32.load8_u (local.get $p)) (then (i32.store8 offset=100 (local.get $p) (i32.const 1))))
      (if (i32.load8_u offset=1 (local.get $p)) (then (i32.store8 offset=102 (local.get $p) (i32.const 1))))
      (local.set $p (i32.add (local.get $p) (i32.const 2)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; What the first of two copies computes is used behind the loop.
  (func $first (param $p i32) (param $n i32) (result i32) (local $x i32)
    (loop $l
      (if (local.tee $x (i32.load8_u (local.get $p))) (then (i32.store8 offset=100 (local.get $p) (i32.const 1))))
      (if (i32.load8_u offset=1 (local.get $p)) (then (i32.store8 offset=101 (local.get $p) (i32.const 1))))
      (local.set $p (i32.add (local.get $p) (i32.const 2)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))
)

;; ---- expected ----
;; function func0"store" (i32, i32, i32, i32) -> () {
;; block0(v0: i32, v1: i32, v2: i32, v3: i32):
;;   36:  v4 = i32.const 0
;;        local0"to" := v0
;;        local1"from" := v1
;;        local2"limit" := v2
;;        local3"n" := v3
;;        local4"i" := v4
;;        local5"x" := v4
;;   39:  jump block1(v0, v1, v4)
;; block1(v25: i32, v26: i32, v27: i32):
;;   3f:  v28 = i32.const -2
;;   3f:  v29 = i32.add v3, v28
;;   3f:  v30 = i64.extend_i32_u v29
;;   3f:  v31 = i64.const 2
;;   3f:  v32 = i64.rem_u v30, v31
;;   3f:  v33 = i64.const 0
;;   3f:  v34 = i64.eq v32, v33
;;   3f:  v35 = i64.const 2
;;   3f:  v36 = i64.div_u v30, v35
;;   3f:  v37 = i64.extend_i32_u v1
;;   3f:  v38 = i64.const 8
;;   3f:  v39 = i64.mul v36, v38
;;   3f:  v40 = i64.add v37, v39
;;   3f:  v41 = i64.const 8
;;   3f:  v42 = i64.add v40, v41
;;   3f:  v43 = memory.length memory0
;;   3f:  v44 = i64.const 12
;;   3f:  v45 = i64.add v40, v44
;;   3f:  v46 = i64.le_u v45, v43
;;   3f:  v47 = i32.and v34, v46
;;   3f:  v48 = i64.extend_i32_u v0
;;   3f:  v49 = i64.const 8
;;   3f:  v50 = i64.mul v36, v49
;;   3f:  v51 = i64.add v48, v50
;;   3f:  v52 = i64.const 8
;;   3f:  v53 = i64.add v51, v52
;;   3f:  v54 = i64.le_u v53, v43
;;   3f:  v55 = i32.and v47, v54
;;   3f:  v56 = i64.le_u v42, v48
;;   3f:  v57 = i64.le_u v53, v37
;;   3f:  v58 = i32.or v56, v57
;;   3f:  v59 = i32.and v55, v58
;;   3f:  v60 = likely v59
;;   3f:  v61 = i64.const 2
;;   3f:  v62 = i64.mul v36, v61
;;   3f:  v63 = i64.const 1
;;   3f:  v64 = i64.add v62, v63
;;   3f:  branch v60, block2, block6(v25, v26, v27)
;; block2:
;;   3f:  effect_barrier
;;   3f:  v65 = i64.const 0
;;   3f:  jump block3(v25, v26, v27, v65)
;; block3(v66: i32, v67: i32, v68: i32, v69: i64):
;;   3f:  v70 = i64.const 4
;;   3f:  v71 = i64.mul v69, v70
;;   3f:  v72 = i64.add v37, v71
;;   3f:  v73 = i64.const 4
;;   3f:  v74 = i64.mul v69, v73
;;   3f:  v75 = i64.add v48, v74
;;   3f:  v76 = i64.const 1
;;   3f:  v77 = i64.add v69, v76
;;        local0"to" := v66
;;        local1"from" := v67
;;        local4"i" := v68
;;        local5"x" := unknown
;;   3f:  v78 = i32.load memory0[v72] group0
;;        local5"x" := v78
;;   46:  v79 = i32.le_s v78, v2
;;   47:  branch v79, block5, block4
;; block4:
;;   4f:  v80 = i32.sub v78, v2
;;   50:  i32.store memory0[v75] group1, v80
;;   53:  jump block5
;; block5:
;;   56:  v81 = i32.const 4
;;   58:  v82 = i32.add v67, v81
;;   73:  v83 = i32.const 8
;;   7a:  v84 = i32.const 8
;;   81:  v85 = i32.const 2
;;   89:  v86 = i32.const 4
;;   89:  v87 = i32.add v67, v86
;;   89:  v88 = i32.const 4
;;   89:  v89 = i32.add v66, v88
;;   89:  v90 = i32.const 1
;;   89:  v91 = i32.add v68, v90
;;   89:  v92 = i64.ne v69, v64
;;   89:  branch v92, block3(v89, v87, v91, v77), block11
;; block6(v5: i32, v6: i32, v7: i32):
;;        local0"to" := v5
;;        local1"from" := v6
;;        local4"i" := v7
;;        local5"x" := unknown
;;   3f:  v8 = i32.load memory0[v6]
;;        local5"x" := v8
;;   46:  v9 = i32.le_s v8, v2
;;   47:  branch v9, block8, block7
;; block7:
;;   4f:  v10 = i32.sub v8, v2
;;   50:  i32.store memory0[v5], v10
;;   53:  jump block8
;; block8:
;;   56:  v11 = i32.const 4
;;   58:  v12 = i32.add v6, v11
;;   59:  v13 = i32.load memory0[v12]
;;        local5"x" := v13
;;   60:  v14 = i32.gt_s v13, v2
;;   61:  branch v14, block9, block10
;; block9:
;;   65:  v15 = i32.const 4
;;   67:  v16 = i32.add v5, v15
;;   6c:  v17 = i32.sub v13, v2
;;   6d:  i32.store memory0[v16], v17
;;   70:  jump block10
;; block10:
;;   73:  v18 = i32.const 8
;;   75:  v19 = i32.add v6, v18
;;        local1"from" := v19
;;   7a:  v20 = i32.const 8
;;   7c:  v21 = i32.add v5, v20
;;        local0"to" := v21
;;   81:  v22 = i32.const 2
;;   83:  v23 = i32.add v7, v22
;;        local4"i" := v23
;;   88:  v24 = i32.ne v23, v3
;;   89:  branch v24, block6(v21, v19, v23), block11
;; block11:
;;   89:  effect_barrier
;;   89:  jump block12
;; block12:
;;   8c:  return
;; }
;; function func1"sum" (i32, i32, i32) -> (i32, i32) {
;; block0(v0: i32, v1: i32, v2: i32):
;;   8e:  v3 = i32.const 0
;;        local0"a" := v0
;;        local1"b" := v1
;;        local2"n" := v2
;;        local3"i" := v3
;;        local4"sum" := v3
;;   91:  jump block1(v0, v1, v3, v3)
;; block1(v29: i32, v30: i32, v31: i32, v32: i32):
;;   95:  v33 = i32.const 3
;;   95:  v34 = i64.extend_i32_s v33
;;   95:  v35 = i64.extend_i32_s v2
;;   95:  v36 = i64.sub v35, v34
;;   95:  v37 = i64.const 0
;;   95:  v38 = i64.gt_s v36, v37
;;   95:  v39 = select v36, v37, v38
;;   95:  v40 = i64.const 2
;;   95:  v41 = i64.add v39, v40
;;   95:  v42 = i64.const 3
;;   95:  v43 = i64.div_u v41, v42
;;   95:  v44 = i64.const 3
;;   95:  v45 = i64.mul v43, v44
;;   95:  v46 = i64.add v34, v45
;;   95:  v47 = i64.const 2147483647
;;   95:  v48 = i64.le_s v46, v47
;;   95:  v49 = i64.extend_i32_u v0
;;   95:  v50 = i64.const 3
;;   95:  v51 = i64.mul v43, v50
;;   95:  v52 = i64.add v49, v51
;;   95:  v53 = i64.const 3
;;   95:  v54 = i64.add v52, v53
;;   95:  v55 = memory.length memory0
;;   95:  v56 = i64.const 5
;;   95:  v57 = i64.add v52, v56
;;   95:  v58 = i64.le_u v57, v55
;;   95:  v59 = i32.and v48, v58
;;   95:  v60 = i64.extend_i32_u v1
;;   95:  v61 = i64.const 12
;;   95:  v62 = i64.mul v43, v61
;;   95:  v63 = i64.add v60, v62
;;   95:  v64 = i64.const 12
;;   95:  v65 = i64.add v63, v64
;;   95:  v66 = i64.const 20
;;   95:  v67 = i64.add v63, v66
;;   95:  v68 = i64.le_u v67, v55
;;   95:  v69 = i32.and v59, v68
;;   95:  v70 = likely v69
;;   95:  v71 = i64.const 3
;;   95:  v72 = i64.mul v43, v71
;;   95:  v73 = i64.const 2
;;   95:  v74 = i64.add v72, v73
;;   95:  branch v70, block2, block6(v29, v30, v31, v32)
;; block2:
;;   95:  effect_barrier
;;   95:  v75 = i64.const 0
;;   95:  jump block3(v29, v30, v31, v32, v75)
;; block3(v76: i32, v77: i32, v78: i32, v79: i32, v80: i64):
;;   95:  v81 = i64.add v49, v80
;;   95:  v82 = i64.const 4
;;   95:  v83 = i64.mul v80, v82
;;   95:  v84 = i64.add v60, v83
;;   95:  v85 = i64.const 1
;;   95:  v86 = i64.add v80, v85
;;        local0"a" := v76
;;        local1"b" := v77
;;        local3"i" := v78
;;        local4"sum" := v79
;;   95:  v87 = i32.load8_u memory0[v81] group0
;;   98:  branch v87, block4, block5(v79)
;; block4:
;;   9e:  v88 = i32.load memory0[v84] group1
;;   a1:  v89 = i32.add v79, v88
;;        local4"sum" := v89
;;   a4:  jump block5(v89)
;; block5(v90: i32):
;;        local4"sum" := v90
;;   cb:  v91 = i32.const 3
;;   d2:  v92 = i32.const 12
;;   d9:  v93 = i32.const 3
;;   e1:  v94 = i32.const 1
;;   e1:  v95 = i32.add v76, v94
;;   e1:  v96 = i32.const 4
;;   e1:  v97 = i32.add v77, v96
;;   e1:  v98 = i32.const 1
;;   e1:  v99 = i32.add v78, v98
;;   e1:  v100 = i64.ne v80, v74
;;   e1:  branch v100, block3(v95, v97, v99, v90, v86), block13(v99, v90)
;; block6(v4: i32, v5: i32, v6: i32, v7: i32):
;;        local0"a" := v4
;;        local1"b" := v5
;;        local3"i" := v6
;;        local4"sum" := v7
;;   95:  v8 = i32.load8_u memory0[v4]
;;   98:  branch v8, block7, block8(v7)
;; block7:
;;   9e:  v9 = i32.load memory0[v5]
;;   a1:  v10 = i32.add v7, v9
;;        local4"sum" := v10
;;   a4:  jump block8(v10)
;; block8(v11: i32):
;;        local4"sum" := v11
;;   a7:  v12 = i32.load8_u memory0[v4 + 1]
;;   aa:  branch v12, block9, block10(v11)
;; block9:
;;   b0:  v13 = i32.load memory0[v5 + 4]
;;   b3:  v14 = i32.add v11, v13
;;        local4"sum" := v14
;;   b6:  jump block10(v14)
;; block10(v15: i32):
;;        local4"sum" := v15
;;   b9:  v16 = i32.load8_u memory0[v4 + 2]
;;   bc:  branch v16, block11, block12(v15)
;; block11:
;;   c2:  v17 = i32.load memory0[v5 + 8]
;;   c5:  v18 = i32.add v15, v17
;;        local4"sum" := v18
;;   c8:  jump block12(v18)
;; block12(v19: i32):
;;        local4"sum" := v19
;;   cb:  v20 = i32.const 3
;;   cd:  v21 = i32.add v4, v20
;;        local0"a" := v21
;;   d2:  v22 = i32.const 12
;;   d4:  v23 = i32.add v5, v22
;;        local1"b" := v23
;;   d9:  v24 = i32.const 3
;;   db:  v25 = i32.add v6, v24
;;        local3"i" := v25
;;   e0:  v26 = i32.lt_s v25, v2
;;   e1:  branch v26, block6(v21, v23, v25, v19), block13(v25, v19)
;; block13(v27: i32, v28: i32):
;;   e1:  effect_barrier
;;   e1:  jump block14
;; block14:
;;   e8:  return v27, v28
;; }
;; function func2"elsewhere" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;         local0"p" := v0
;;         local1"n" := v1
;;   0eb:  jump block1(v0, v1)
;; block1(v12: i32, v13: i32):
;;   0ef:  v14 = i32.const -1
;;   0ef:  v15 = i32.add v1, v14
;;   0ef:  v16 = i64.extend_i32_u v15
;;   0ef:  v17 = i64.extend_i32_u v0
;;   0ef:  v18 = i64.const 2
;;   0ef:  v19 = i64.mul v16, v18
;;   0ef:  v20 = i64.add v17, v19
;;   0ef:  v21 = i64.const 103
;;   0ef:  v22 = i64.add v20, v21
;;   0ef:  v23 = memory.length memory0
;;   0ef:  v24 = i64.le_u v22, v23
;;   0ef:  v25 = likely v24
;;   0ef:  branch v25, block2, block8(v12, v13)
;; block2:
;;   0ef:  effect_barrier
;;   0ef:  v26 = i64.const 0
;;   0ef:  jump block3(v12, v13, v26)
;; block3(v27: i32, v28: i32, v29: i64):
;;   0ef:  v30 = i64.const 2
;;   0ef:  v31 = i64.mul v29, v30
;;   0ef:  v32 = i64.add v17, v31
;;   0ef:  v33 = i64.const 1
;;   0ef:  v34 = i64.add v29, v33
;;         local0"p" := v27
;;         local1"n" := v28
;;   0ef:  v35 = i32.load8_u memory0[v32] group0
;;   0f2:  branch v35, block4, block5
;; block4:
;;   0f6:  v36 = i32.const 1
;;   0f8:  i32.store8 memory0[v32 + 100] group0, v36
;;   0fb:  jump block5
;; block5:
;;   0fe:  v37 = i32.load8_u memory0[v32 + 1] group0
;;   101:  branch v37, block6, block7
;; block6:
;;   105:  v38 = i32.const 1
;;   107:  i32.store8 memory0[v32 + 102] group0, v38
;;   10a:  jump block7
;; block7:
;;   10d:  v39 = i32.const 2
;;   10f:  v40 = i32.add v27, v39
;;         local0"p" := v40
;;   114:  v41 = i32.const 1
;;   116:  v42 = i32.sub v28, v41
;;         local1"n" := v42
;;   119:  v43 = i64.ne v29, v16
;;   119:  branch v43, block3(v40, v42, v34), block13
;; block8(v2: i32, v3: i32):
;;         local0"p" := v2
;;         local1"n" := v3
;;   0ef:  v4 = i32.load8_u memory0[v2]
;;   0f2:  branch v4, block9, block10
;; block9:
;;   0f6:  v5 = i32.const 1
;;   0f8:  i32.store8 memory0[v2 + 100], v5
;;   0fb:  jump block10
;; block10:
;;   0fe:  v6 = i32.load8_u memory0[v2 + 1]
;;   101:  branch v6, block11, block12
;; block11:
;;   105:  v7 = i32.const 1
;;   107:  i32.store8 memory0[v2 + 102], v7
;;   10a:  jump block12
;; block12:
;;   10d:  v8 = i32.const 2
;;   10f:  v9 = i32.add v2, v8
;;         local0"p" := v9
;;   114:  v10 = i32.const 1
;;   116:  v11 = i32.sub v3, v10
;;         local1"n" := v11
;;   119:  branch v11, block8(v9, v11), block13
;; block13:
;;   119:  effect_barrier
;;   119:  jump block14
;; block14:
;;   11c:  return
;; }
;; function func3"first" (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;         local0"p" := v0
;;         local1"n" := v1
;;         local2"x" := default
;;   121:  jump block1(v0, v1)
;; block1(v13: i32, v14: i32):
;;   125:  v15 = i32.const -1
;;   125:  v16 = i32.add v1, v15
;;   125:  v17 = i64.extend_i32_u v16
;;   125:  v18 = i64.extend_i32_u v0
;;   125:  v19 = i64.const 2
;;   125:  v20 = i64.mul v17, v19
;;   125:  v21 = i64.add v18, v20
;;   125:  v22 = i64.const 102
;;   125:  v23 = i64.add v21, v22
;;   125:  v24 = memory.length memory0
;;   125:  v25 = i64.le_u v23, v24
;;   125:  v26 = likely v25
;;   125:  branch v26, block2, block8(v13, v14)
;; block2:
;;   125:  effect_barrier
;;   125:  v27 = i64.const 0
;;   125:  jump block3(v13, v14, v27)
;; block3(v28: i32, v29: i32, v30: i64):
;;   125:  v31 = i64.const 2
;;   125:  v32 = i64.mul v30, v31
;;   125:  v33 = i64.add v18, v32
;;   125:  v34 = i64.const 1
;;   125:  v35 = i64.add v30, v34
;;         local0"p" := v28
;;         local1"n" := v29
;;         local2"x" := unknown
;;   125:  v36 = i32.load8_u memory0[v33] group0
;;         local2"x" := v36
;;   12a:  branch v36, block4, block5
;; block4:
;;   12e:  v37 = i32.const 1
;;   130:  i32.store8 memory0[v33 + 100] group0, v37
;;   133:  jump block5
;; block5:
;;   136:  v38 = i32.load8_u memory0[v33 + 1] group0
;;   139:  branch v38, block6, block7
;; block6:
;;   13d:  v39 = i32.const 1
;;   13f:  i32.store8 memory0[v33 + 101] group0, v39
;;   142:  jump block7
;; block7:
;;   145:  v40 = i32.const 2
;;   147:  v41 = i32.add v28, v40
;;         local0"p" := v41
;;   14c:  v42 = i32.const 1
;;   14e:  v43 = i32.sub v29, v42
;;         local1"n" := v43
;;   151:  v44 = i64.ne v30, v17
;;   151:  branch v44, block3(v41, v43, v35), block13(v36)
;; block8(v2: i32, v3: i32):
;;         local0"p" := v2
;;         local1"n" := v3
;;         local2"x" := unknown
;;   125:  v4 = i32.load8_u memory0[v2]
;;         local2"x" := v4
;;   12a:  branch v4, block9, block10
;; block9:
;;   12e:  v5 = i32.const 1
;;   130:  i32.store8 memory0[v2 + 100], v5
;;   133:  jump block10
;; block10:
;;   136:  v6 = i32.load8_u memory0[v2 + 1]
;;   139:  branch v6, block11, block12
;; block11:
;;   13d:  v7 = i32.const 1
;;   13f:  i32.store8 memory0[v2 + 101], v7
;;   142:  jump block12
;; block12:
;;   145:  v8 = i32.const 2
;;   147:  v9 = i32.add v2, v8
;;         local0"p" := v9
;;   14c:  v10 = i32.const 1
;;   14e:  v11 = i32.sub v3, v10
;;         local1"n" := v11
;;   151:  branch v11, block8(v9, v11), block13(v4)
;; block13(v12: i32):
;;   151:  effect_barrier
;;   151:  jump block14
;; block14:
;;   156:  return v12
;; }
