;; keep locals
;; What locals hold in a loop that skips repetitions: the blocks with vectors hold what the header does.
;;! optimise
(module
  (memory 1)
  (func $length (param $p i32) (result i32) (local $n i32)
    (block $out (loop $l
      (br_if $out (i32.eqz (i32.load8_u (i32.add (local.get $p) (local.get $n)))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br $l)))
    (local.get $n)))

;; ---- expected ----
;; function func0"length" (i32) -> (i32) {
;; block0(v0: i32):
;;   1d:  v1 = i32.const 0
;;        local0"p" := v0
;;        local1"n" := v1
;;   22:  jump block1(v1)
;; block1(v10: i32):
;;   29:  v11 = i32.const 4
;;   29:  v12 = i32.add v10, v11
;;   29:  jump block2(v10)
;; block2(v2: i32):
;;        local1"n" := v2
;;   28:  v3 = i32.add v0, v2
;;   29:  v4 = i32.load8_u memory0[v3]
;;   2c:  v5 = i32.eqz v4
;;   2d:  branch v5, block10, block3
;; block3:
;;   31:  v6 = i32.const 1
;;   33:  v7 = i32.add v2, v6
;;        local1"n" := v7
;;   36:  jump block4(v7)
;; block4(v13: i32):
;;   29:  v14 = i32.ne v13, v12
;;   29:  v15 = likely v14
;;   29:  branch v15, block2(v13), block5(v13)
;; block5(v9: i32):
;;   29:  v16 = i32.add v0, v9
;;   29:  v17 = i64.extend_i32_u v16
;;   29:  v18 = memory.length memory0
;;   29:  v19 = i64.sub v18, v17
;;   29:  v20 = i64.const -16
;;   29:  v21 = i64.add v19, v20
;;   29:  v22 = i64.const 0
;;   29:  v23 = i64.ge_s v21, v22
;;   29:  v24 = i32.const 0
;;   29:  v25 = i8x16.splat v24
;;   29:  v26 = likely v23
;;   29:  v27 = i64.const 0
;;   29:  branch v26, block6(v27), block2(v9)
;; block6(v8: i64):
;;   29:  v28 = i64.add v17, v8
;;   29:  v29 = v128.load memory0[v28] align=1 group0
;;   29:  v30 = i8x16.eq v29, v25
;;   29:  v31 = v128.any_true v30
;;   29:  v32 = i32.eqz v31
;;   29:  v33 = likely v32
;;   29:  branch v33, block7, block8
;; block7:
;;   29:  v34 = i64.const 16
;;   29:  v35 = i64.add v8, v34
;;   29:  v36 = i64.le_s v35, v21
;;   29:  v37 = likely v36
;;   29:  branch v37, block6(v35), block9(v35)
;; block8:
;;   29:  v38 = i8x16.bitmask v30
;;   29:  v39 = i32.ctz v38
;;   29:  v40 = i64.extend_i32_u v39
;;   29:  v41 = i64.add v8, v40
;;   29:  jump block9(v41)
;; block9(v42: i64):
;;   29:  v43 = i32.wrap_i64 v42
;;   29:  v44 = i32.add v9, v43
;;   29:  jump block2(v44)
;; block10:
;;   3c:  return v2
;; }
