;; Where fuel is counted, the check of a loop finds that so much is left, and the entry takes it: the first loop goes through one block, the
;; second is left in its middle, with half a repetition behind it. The third has two ways through it and stays as it is.
;;! optimise
;;! fuel
(module
  (memory 1)
  (func $one-block (param $p i32) (param $end i32)
    (loop $l
      (i32.store8 (local.get $p) (i32.const 1))
      (br_if $l (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 1))) (local.get $end)))))
  (func $test-first (param $p i32) (param $n i32) (local $i i32)
    (block $out
      (loop $l
        (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
        (i32.store (i32.add (local.get $p) (i32.shl (local.get $i) (i32.const 2))) (local.get $i))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $l))))
  (func $two-ways (param $p i32) (param $end i32)
    (loop $l
      (if (i32.load8_u (local.get $p)) (then (i32.store8 (local.get $p) (i32.const 1))))
      (br_if $l (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 1))) (local.get $end)))))
)

;; ---- expected ----
;; function func0"one-block" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   20:  jump block1(v0)
;; block1(v7: i32):
;;   24:  v8 = i32.const -1
;;   24:  v9 = i32.mul v0, v8
;;   24:  v10 = i32.add v9, v1
;;   24:  v11 = i32.const -1
;;   24:  v12 = i32.add v10, v11
;;   24:  v13 = i64.extend_i32_u v12
;;   24:  v14 = i64.extend_i32_u v0
;;   24:  v15 = i64.add v14, v13
;;   24:  v16 = i64.const 1
;;   24:  v17 = i64.add v15, v16
;;   24:  v18 = memory.length memory0
;;   24:  v19 = i64.le_u v17, v18
;;   24:  v20 = i64.const 4
;;   24:  v21 = i64.mul v13, v20
;;   24:  v22 = i64.const 4
;;   24:  v23 = i64.add v21, v22
;;   24:  v24 = fuel.left
;;   24:  v25 = i64.ge_s v24, v23
;;   24:  v26 = i32.and v19, v25
;;   24:  v27 = likely v26
;;   24:  branch v27, block2, block4(v7)
;; block2:
;;   24:  fuel.take v23
;;   24:  effect_barrier
;;   24:  v28 = i64.const 0
;;   24:  jump block3(v7, v28)
;; block3(v29: i32, v30: i64):
;;   24:  v31 = i64.add v14, v30
;;   24:  v32 = i64.const 1
;;   24:  v33 = i64.add v30, v32
;;   24:  v34 = i32.const 1
;;   26:  i32.store8 memory0[v31] group0, v34
;;   2b:  v35 = i32.const 1
;;   2d:  v36 = i32.add v29, v35
;;   32:  v37 = i32.ne v36, v1
;;   33:  v38 = i64.ne v30, v13
;;   33:  branch v38, block3(v36, v33), block5
;; block4(v2: i32):
;;   24:  v3 = i32.const 1
;;   26:  i32.store8 memory0[v2], v3
;;   2b:  v4 = i32.const 1
;;   2d:  v5 = i32.add v2, v4
;;   32:  v6 = i32.ne v5, v1
;;   33:  branch v6, block4(v5), block5
;; block5:
;;   33:  effect_barrier
;;   33:  jump block6
;; block6:
;;   36:  return
;; }
;; function func1"test-first" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   38:  v2 = i32.const 0
;;   3d:  jump block1(v2)
;; block1(v10: i32):
;;   43:  v11 = i32.const 0
;;   43:  v12 = i64.extend_i32_u v11
;;   43:  v13 = i64.extend_i32_u v1
;;   43:  v14 = i64.sub v13, v12
;;   43:  v15 = i64.const 0
;;   43:  v16 = i64.gt_s v14, v15
;;   43:  v17 = select v14, v15, v16
;;   43:  v18 = i64.extend_i32_u v0
;;   43:  v19 = i64.const -1
;;   43:  v20 = i64.add v17, v19
;;   43:  v21 = i64.const 4
;;   43:  v22 = i64.mul v20, v21
;;   43:  v23 = i64.add v18, v22
;;   43:  v24 = i64.const 4
;;   43:  v25 = i64.add v23, v24
;;   43:  v26 = memory.length memory0
;;   43:  v27 = i64.le_u v25, v26
;;   43:  v28 = i64.const 7
;;   43:  v29 = i64.mul v17, v28
;;   43:  v30 = i64.const 2
;;   43:  v31 = i64.add v29, v30
;;   43:  v32 = fuel.left
;;   43:  v33 = i64.ge_s v32, v31
;;   43:  v34 = i32.and v27, v33
;;   43:  v35 = likely v34
;;   43:  branch v35, block2, block5(v10)
;; block2:
;;   43:  fuel.take v31
;;   43:  effect_barrier
;;   43:  v36 = i64.const 0
;;   43:  jump block3(v10, v36)
;; block3(v37: i32, v38: i64):
;;   43:  v39 = i64.const 4
;;   43:  v40 = i64.mul v38, v39
;;   43:  v41 = i64.add v18, v40
;;   43:  v42 = i64.const 1
;;   43:  v43 = i64.add v38, v42
;;   43:  v44 = i32.ge_u v37, v1
;;   44:  v45 = i64.eq v38, v17
;;   44:  branch v45, block7, block4
;; block4:
;;   4a:  v46 = i32.const 2
;;   4c:  v47 = i32.shl v37, v46
;;   4d:  v48 = i32.add v0, v47
;;   50:  i32.store memory0[v41] group0, v37
;;   55:  v49 = i32.const 1
;;   57:  v50 = i32.add v37, v49
;;   5a:  jump block3(v50, v43)
;; block5(v3: i32):
;;   43:  v4 = i32.ge_u v3, v1
;;   44:  branch v4, block7, block6
;; block6:
;;   4a:  v5 = i32.const 2
;;   4c:  v6 = i32.shl v3, v5
;;   4d:  v7 = i32.add v0, v6
;;   50:  i32.store memory0[v7], v3
;;   55:  v8 = i32.const 1
;;   57:  v9 = i32.add v3, v8
;;   5a:  jump block5(v9)
;; block7:
;;   44:  effect_barrier
;;   44:  jump block8
;; block8:
;;   5e:  return
;; }
;; function func2"two-ways" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   61:  jump block1(v0)
;; block1(v2: i32):
;;   65:  v3 = i32.load8_u memory0[v2]
;;   68:  branch v3, block2, block3
;; block2:
;;   6c:  v4 = i32.const 1
;;   6e:  i32.store8 memory0[v2] dominated, v4
;;   71:  jump block3
;; block3:
;;   74:  v5 = i32.const 1
;;   76:  v6 = i32.add v2, v5
;;   7b:  v7 = i32.ne v6, v1
;;   7c:  branch v7, block1(v6), block4
;; block4:
;;   7f:  return
;; }
