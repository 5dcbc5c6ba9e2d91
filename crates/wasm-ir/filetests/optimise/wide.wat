;; Addresses and tests of 64 bits: what the test compares, where addresses start, variable steps and the number of repetitions are bounded by
;; the check. A test of 64 bits over addresses of 32.
;;! optimise
(module
  (memory $wide i64 1)
  (memory $narrow 1)
  (func $fill (param $p i64) (param $i i64) (param $n i64)
    (block $out
      (loop $l
        (br_if $out (i64.ge_s (local.get $i) (local.get $n)))
        (i64.store $wide offset=16 (i64.add (local.get $p) (i64.shl (local.get $i) (i64.const 3))) (i64.const 1))
        (local.set $i (i64.add (local.get $i) (i64.const 1)))
        (br $l))))
  (func $steps (param $p i64) (param $step i64) (param $n i64)
    (loop $l
      (i32.store8 $wide (local.get $p) (i32.const 0))
      (local.set $p (i64.add (local.get $p) (local.get $step)))
      (br_if $l (i64.ne (local.tee $n (i64.add (local.get $n) (i64.const -1))) (i64.const 0)))))
  (func $falls (param $p i32) (param $n i64)
    (loop $l
      (i32.store8 $narrow (local.get $p) (i32.const 0))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br_if $l (i64.gt_u (local.tee $n (i64.sub (local.get $n) (i64.const 3))) (i64.const 7)))))
  (func $twice (param $p i64)
    (i64.store $wide offset=8 (local.get $p) (i64.const 0))
    (i32.store $wide (i64.add (local.get $p) (i64.const 12)) (i32.const 0))
    (i32.store $wide (i64.add (local.get $p) (i64.const 13)) (i32.const 0))))

;; ---- expected ----
;; function func0"fill" (i64, i64, i64) -> () {
;; block0(v0: i64, v1: i64, v2: i64):
;;   30:  jump block1(v1)
;; block1(v11: i64):
;;   36:  v12 = i64.const 4611686018427387904
;;   36:  v13 = i64.add v1, v12
;;   36:  v14 = i64.const 9223372036854775807
;;   36:  v15 = i64.le_u v13, v14
;;   36:  v16 = i64.const 4611686018427387904
;;   36:  v17 = i64.add v2, v16
;;   36:  v18 = i64.const 9223372036854775807
;;   36:  v19 = i64.le_u v17, v18
;;   36:  v20 = i32.and v15, v19
;;   36:  v21 = i64.sub v2, v1
;;   36:  v22 = i64.const 0
;;   36:  v23 = i64.gt_s v21, v22
;;   36:  v24 = select v21, v22, v23
;;   36:  v25 = i64.const 274877906944
;;   36:  v26 = i64.le_u v24, v25
;;   36:  v27 = i32.and v20, v26
;;   36:  v28 = i64.const 8
;;   36:  v29 = i64.mul v1, v28
;;   36:  v30 = i64.add v0, v29
;;   36:  v31 = i64.const 4611686018427387903
;;   36:  v32 = i64.le_u v30, v31
;;   36:  v33 = i32.and v27, v32
;;   36:  v34 = i64.const -1
;;   36:  v35 = i64.add v24, v34
;;   36:  v36 = i64.const 8
;;   36:  v37 = i64.mul v35, v36
;;   36:  v38 = i64.add v30, v37
;;   36:  v39 = i64.const 16
;;   36:  v40 = i64.add v30, v39
;;   36:  v41 = i64.const 24
;;   36:  v42 = i64.add v38, v41
;;   36:  v43 = memory.length memory0"wide"
;;   36:  v44 = i64.le_u v42, v43
;;   36:  v45 = i32.and v33, v44
;;   36:  v46 = likely v45
;;   36:  branch v46, block2, block5(v11)
;; block2:
;;   36:  effect_barrier
;;   36:  v47 = i64.const 0
;;   36:  jump block3(v11, v47)
;; block3(v48: i64, v49: i64):
;;   36:  v50 = i64.const 8
;;   36:  v51 = i64.mul v49, v50
;;   36:  v52 = i64.add v30, v51
;;   36:  v53 = i64.const 1
;;   36:  v54 = i64.add v49, v53
;;   36:  v55 = i64.ge_s v48, v2
;;   37:  v56 = i64.eq v49, v24
;;   37:  branch v56, block7, block4
;; block4:
;;   3d:  v57 = i64.const 3
;;   3f:  v58 = i64.shl v48, v57
;;   40:  v59 = i64.add v0, v58
;;   41:  v60 = i64.const 1
;;   43:  i64.store memory0"wide"[v52 + 16] group0, v60
;;   48:  v61 = i64.const 1
;;   4a:  v62 = i64.add v48, v61
;;   4d:  jump block3(v62, v54)
;; block5(v3: i64):
;;   36:  v4 = i64.ge_s v3, v2
;;   37:  branch v4, block7, block6
;; block6:
;;   3d:  v5 = i64.const 3
;;   3f:  v6 = i64.shl v3, v5
;;   40:  v7 = i64.add v0, v6
;;   41:  v8 = i64.const 1
;;   43:  i64.store memory0"wide"[v7 + 16], v8
;;   48:  v9 = i64.const 1
;;   4a:  v10 = i64.add v3, v9
;;   4d:  jump block5(v10)
;; block7:
;;   37:  effect_barrier
;;   37:  jump block8
;; block8:
;;   51:  return
;; }
;; function func1"steps" (i64, i64, i64) -> () {
;; block0(v0: i64, v1: i64, v2: i64):
;;   54:  jump block1(v0, v2)
;; block1(v11: i64, v12: i64):
;;   58:  v13 = i64.const -1
;;   58:  v14 = i64.add v2, v13
;;   58:  v15 = i64.const 274877906944
;;   58:  v16 = i64.le_u v14, v15
;;   58:  v17 = i64.const 4611686018427387903
;;   58:  v18 = i64.le_u v0, v17
;;   58:  v19 = i32.and v16, v18
;;   58:  v20 = i64.const 16777216
;;   58:  v21 = i64.add v1, v20
;;   58:  v22 = i64.const 33554432
;;   58:  v23 = i64.le_u v21, v22
;;   58:  v24 = i32.and v19, v23
;;   58:  v25 = i64.mul v14, v1
;;   58:  v26 = i64.const 0
;;   58:  v27 = i64.lt_s v25, v26
;;   58:  v28 = select v25, v26, v27
;;   58:  v29 = i64.const 0
;;   58:  v30 = i64.gt_s v25, v29
;;   58:  v31 = select v25, v29, v30
;;   58:  v32 = i64.add v0, v28
;;   58:  v33 = i64.add v0, v31
;;   58:  v34 = i64.const 0
;;   58:  v35 = i64.ge_s v32, v34
;;   58:  v36 = i32.and v24, v35
;;   58:  v37 = i64.const 1
;;   58:  v38 = i64.add v33, v37
;;   58:  v39 = memory.length memory0"wide"
;;   58:  v40 = i64.le_u v38, v39
;;   58:  v41 = i32.and v36, v40
;;   58:  v42 = likely v41
;;   58:  branch v42, block2, block4(v11, v12)
;; block2:
;;   58:  effect_barrier
;;   58:  v43 = i64.const 0
;;   58:  jump block3(v11, v12, v43)
;; block3(v44: i64, v45: i64, v46: i64):
;;   58:  v47 = i64.mul v46, v1
;;   58:  v48 = i64.add v0, v47
;;   58:  v49 = i64.const 1
;;   58:  v50 = i64.add v46, v49
;;   58:  v51 = i32.const 0
;;   5a:  i32.store8 memory0"wide"[v48] group0, v51
;;   61:  v52 = i64.add v44, v1
;;   66:  v53 = i64.const -1
;;   68:  v54 = i64.add v45, v53
;;   6b:  v55 = i64.const 0
;;   6d:  v56 = i64.ne v54, v55
;;   6e:  v57 = i64.ne v46, v14
;;   6e:  branch v57, block3(v52, v54, v50), block5
;; block4(v3: i64, v4: i64):
;;   58:  v5 = i32.const 0
;;   5a:  i32.store8 memory0"wide"[v3], v5
;;   61:  v6 = i64.add v3, v1
;;   66:  v7 = i64.const -1
;;   68:  v8 = i64.add v4, v7
;;   6b:  v9 = i64.const 0
;;   6d:  v10 = i64.ne v8, v9
;;   6e:  branch v10, block4(v6, v8), block5
;; block5:
;;   6e:  effect_barrier
;;   6e:  jump block6
;; block6:
;;   71:  return
;; }
;; function func2"falls" (i32, i64) -> () {
;; block0(v0: i32, v1: i64):
;;   74:  jump block1(v0, v1)
;; block1(v11: i32, v12: i64):
;;   78:  v13 = i64.const -3
;;   78:  v14 = i64.add v1, v13
;;   78:  v15 = i64.const 4611686018427387903
;;   78:  v16 = i64.le_u v14, v15
;;   78:  v17 = i64.const 7
;;   78:  v18 = i64.const 4611686018427387903
;;   78:  v19 = i64.le_u v17, v18
;;   78:  v20 = i32.and v16, v19
;;   78:  v21 = i64.sub v14, v17
;;   78:  v22 = i64.const 0
;;   78:  v23 = i64.gt_s v21, v22
;;   78:  v24 = select v21, v22, v23
;;   78:  v25 = i64.const 2
;;   78:  v26 = i64.add v24, v25
;;   78:  v27 = i64.const 3
;;   78:  v28 = i64.div_u v26, v27
;;   78:  v29 = i64.const -3
;;   78:  v30 = i64.mul v28, v29
;;   78:  v31 = i64.add v14, v30
;;   78:  v32 = i64.const 0
;;   78:  v33 = i64.ge_s v31, v32
;;   78:  v34 = i32.and v20, v33
;;   78:  v35 = i64.const 4294967296
;;   78:  v36 = i64.le_u v28, v35
;;   78:  v37 = i32.and v34, v36
;;   78:  v38 = i64.extend_i32_u v0
;;   78:  v39 = i64.add v38, v28
;;   78:  v40 = i64.const 1
;;   78:  v41 = i64.add v39, v40
;;   78:  v42 = memory.length memory1"narrow"
;;   78:  v43 = i64.le_u v41, v42
;;   78:  v44 = i32.and v37, v43
;;   78:  v45 = likely v44
;;   78:  branch v45, block2, block4(v11, v12)
;; block2:
;;   78:  effect_barrier
;;   78:  v46 = i64.const 0
;;   78:  jump block3(v11, v12, v46)
;; block3(v47: i32, v48: i64, v49: i64):
;;   78:  v50 = i64.add v38, v49
;;   78:  v51 = i64.const 1
;;   78:  v52 = i64.add v49, v51
;;   78:  v53 = i32.const 0
;;   7a:  i32.store8 memory1"narrow"[v50] group0, v53
;;   80:  v54 = i32.const 1
;;   82:  v55 = i32.add v47, v54
;;   87:  v56 = i64.const 3
;;   89:  v57 = i64.sub v48, v56
;;   8c:  v58 = i64.const 7
;;   8e:  v59 = i64.gt_u v57, v58
;;   8f:  v60 = i64.ne v49, v28
;;   8f:  branch v60, block3(v55, v57, v52), block5
;; block4(v2: i32, v3: i64):
;;   78:  v4 = i32.const 0
;;   7a:  i32.store8 memory1"narrow"[v2], v4
;;   80:  v5 = i32.const 1
;;   82:  v6 = i32.add v2, v5
;;   87:  v7 = i64.const 3
;;   89:  v8 = i64.sub v3, v7
;;   8c:  v9 = i64.const 7
;;   8e:  v10 = i64.gt_u v8, v9
;;   8f:  branch v10, block4(v6, v8), block5
;; block5:
;;   8f:  effect_barrier
;;   8f:  jump block6
;; block6:
;;   92:  return
;; }
;; function func3"twice" (i64) -> () {
;; block0(v0: i64):
;;   97:  v1 = i64.const 0
;;   99:  i64.store memory0"wide"[v0 + 8], v1
;;   9e:  v2 = i64.const 12
;;   a0:  v3 = i64.add v0, v2
;;   a1:  v4 = i32.const 0
;;   a3:  i32.store memory0"wide"[v3] dominated, v4
;;   a8:  v5 = i64.const 13
;;   aa:  v6 = i64.add v0, v5
;;   ab:  v7 = i32.const 0
;;   ad:  i32.store memory0"wide"[v6], v7
;;   b0:  return
;; }
