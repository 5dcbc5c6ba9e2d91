;; Read-modify-writes of every width and operation.
(module
  (memory 1 1 shared)
  (func (param $a i32) (param $x i32) (param $y i64)
    (drop (i32.atomic.rmw.add (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw8.add_u (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw16.add_u (local.get $a) (local.get $x)))
    (drop (i64.atomic.rmw.add (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw8.add_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw16.add_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw32.add_u (local.get $a) (local.get $y)))
    (drop (i32.atomic.rmw.sub (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw8.sub_u (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw16.sub_u (local.get $a) (local.get $x)))
    (drop (i64.atomic.rmw.sub (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw8.sub_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw16.sub_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw32.sub_u (local.get $a) (local.get $y)))
    (drop (i32.atomic.rmw.and (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw8.and_u (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw16.and_u (local.get $a) (local.get $x)))
    (drop (i64.atomic.rmw.and (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw8.and_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw16.and_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw32.and_u (local.get $a) (local.get $y)))
    (drop (i32.atomic.rmw.or (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw8.or_u (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw16.or_u (local.get $a) (local.get $x)))
    (drop (i64.atomic.rmw.or (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw8.or_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw16.or_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw32.or_u (local.get $a) (local.get $y)))
    (drop (i32.atomic.rmw.xor (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw8.xor_u (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw16.xor_u (local.get $a) (local.get $x)))
    (drop (i64.atomic.rmw.xor (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw8.xor_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw16.xor_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw32.xor_u (local.get $a) (local.get $y)))
    (drop (i32.atomic.rmw.xchg (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw8.xchg_u (local.get $a) (local.get $x)))
    (drop (i32.atomic.rmw16.xchg_u (local.get $a) (local.get $x)))
    (drop (i64.atomic.rmw.xchg (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw8.xchg_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw16.xchg_u (local.get $a) (local.get $y)))
    (drop (i64.atomic.rmw32.xchg_u (local.get $a) (local.get $y)))
    (drop (i32.atomic.rmw.cmpxchg (local.get $a) (local.get $x) (local.get $x)))
    (drop (i32.atomic.rmw8.cmpxchg_u (local.get $a) (local.get $x) (local.get $x)))
    (drop (i32.atomic.rmw16.cmpxchg_u (local.get $a) (local.get $x) (local.get $x)))
    (drop (i64.atomic.rmw.cmpxchg (local.get $a) (local.get $y) (local.get $y)))
    (drop (i64.atomic.rmw8.cmpxchg_u (local.get $a) (local.get $y) (local.get $y)))
    (drop (i64.atomic.rmw16.cmpxchg_u (local.get $a) (local.get $y) (local.get $y)))
    (drop (i64.atomic.rmw32.cmpxchg_u (local.get $a) (local.get $y) (local.get $y)))))

;; ---- expected ----
;; function func0 (i32, i32, i64) -> () {
;; block0(v0: i32, v1: i32, v2: i64):
;;   026:  v3 = i32.atomic.rmw.add memory0[v0], v1
;;   02f:  v4 = i32.atomic.rmw8.add_u memory0[v0], v1
;;   038:  v5 = i32.atomic.rmw16.add_u memory0[v0], v1
;;   041:  v6 = i64.atomic.rmw.add memory0[v0], v2
;;   04a:  v7 = i64.atomic.rmw8.add_u memory0[v0], v2
;;   053:  v8 = i64.atomic.rmw16.add_u memory0[v0], v2
;;   05c:  v9 = i64.atomic.rmw32.add_u memory0[v0], v2
;;   065:  v10 = i32.atomic.rmw.sub memory0[v0], v1
;;   06e:  v11 = i32.atomic.rmw8.sub_u memory0[v0], v1
;;   077:  v12 = i32.atomic.rmw16.sub_u memory0[v0], v1
;;   080:  v13 = i64.atomic.rmw.sub memory0[v0], v2
;;   089:  v14 = i64.atomic.rmw8.sub_u memory0[v0], v2
;;   092:  v15 = i64.atomic.rmw16.sub_u memory0[v0], v2
;;   09b:  v16 = i64.atomic.rmw32.sub_u memory0[v0], v2
;;   0a4:  v17 = i32.atomic.rmw.and memory0[v0], v1
;;   0ad:  v18 = i32.atomic.rmw8.and_u memory0[v0], v1
;;   0b6:  v19 = i32.atomic.rmw16.and_u memory0[v0], v1
;;   0bf:  v20 = i64.atomic.rmw.and memory0[v0], v2
;;   0c8:  v21 = i64.atomic.rmw8.and_u memory0[v0], v2
;;   0d1:  v22 = i64.atomic.rmw16.and_u memory0[v0], v2
;;   0da:  v23 = i64.atomic.rmw32.and_u memory0[v0], v2
;;   0e3:  v24 = i32.atomic.rmw.or memory0[v0], v1
;;   0ec:  v25 = i32.atomic.rmw8.or_u memory0[v0], v1
;;   0f5:  v26 = i32.atomic.rmw16.or_u memory0[v0], v1
;;   0fe:  v27 = i64.atomic.rmw.or memory0[v0], v2
;;   107:  v28 = i64.atomic.rmw8.or_u memory0[v0], v2
;;   110:  v29 = i64.atomic.rmw16.or_u memory0[v0], v2
;;   119:  v30 = i64.atomic.rmw32.or_u memory0[v0], v2
;;   122:  v31 = i32.atomic.rmw.xor memory0[v0], v1
;;   12b:  v32 = i32.atomic.rmw8.xor_u memory0[v0], v1
;;   134:  v33 = i32.atomic.rmw16.xor_u memory0[v0], v1
;;   13d:  v34 = i64.atomic.rmw.xor memory0[v0], v2
;;   146:  v35 = i64.atomic.rmw8.xor_u memory0[v0], v2
;;   14f:  v36 = i64.atomic.rmw16.xor_u memory0[v0], v2
;;   158:  v37 = i64.atomic.rmw32.xor_u memory0[v0], v2
;;   161:  v38 = i32.atomic.rmw.xchg memory0[v0], v1
;;   16a:  v39 = i32.atomic.rmw8.xchg_u memory0[v0], v1
;;   173:  v40 = i32.atomic.rmw16.xchg_u memory0[v0], v1
;;   17c:  v41 = i64.atomic.rmw.xchg memory0[v0], v2
;;   185:  v42 = i64.atomic.rmw8.xchg_u memory0[v0], v2
;;   18e:  v43 = i64.atomic.rmw16.xchg_u memory0[v0], v2
;;   197:  v44 = i64.atomic.rmw32.xchg_u memory0[v0], v2
;;   1a2:  v45 = i32.atomic.rmw.cmpxchg memory0[v0], v1, v1
;;   1ad:  v46 = i32.atomic.rmw8.cmpxchg_u memory0[v0], v1, v1
;;   1b8:  v47 = i32.atomic.rmw16.cmpxchg_u memory0[v0], v1, v1
;;   1c3:  v48 = i64.atomic.rmw.cmpxchg memory0[v0], v2, v2
;;   1ce:  v49 = i64.atomic.rmw8.cmpxchg_u memory0[v0], v2, v2
;;   1d9:  v50 = i64.atomic.rmw16.cmpxchg_u memory0[v0], v2, v2
;;   1e4:  v51 = i64.atomic.rmw32.cmpxchg_u memory0[v0], v2, v2
;;   1e9:  return
;; }
