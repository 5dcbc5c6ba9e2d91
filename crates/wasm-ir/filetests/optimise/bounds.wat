;; Accesses that need no check: below the declared minimum, or where an access that dominates them has been.
;;! optimise
(module
  (memory 1)
  (func $declared (param $x i32) (result i32)
    (i32.load8_u offset=65216 (i32.and (local.get $x) (i32.const 255)))
    (i32.load offset=65216 (i32.and (local.get $x) (i32.const 255)))
    (i32.load8_u (i32.shr_u (local.get $x) (i32.const 17)))
    (i32.load (i32.const 65532))
    (i32.load (i32.const 65533))
    (i32.add) (i32.add) (i32.add) (i32.add)
    (i32.store (i32.const 16) (i32.const 1)))
  (func $dominated (param $p i32) (param $c i32) (result i32)
    (i32.store offset=8 (local.get $p) (i32.const 1))
    (i32.store (local.get $p) (i32.const 2))
    (if (local.get $c)
      (then (i32.store offset=16 (local.get $p) (i32.const 3)))
      (else (i32.store offset=12 (local.get $p) (i32.const 4))))
    (i32.load (i32.add (local.get $p) (i32.const 8)))
    (i32.load (i32.add (local.get $p) (i32.const 9)))
    (i32.load8_u (i32.sub (local.get $p) (i32.const 1)))
    (i32.add) (i32.add)))

;; ---- expected ----
;; function func0"declared" (i32) -> (i32) {
;; block0(v0: i32):
;;   27:  v1 = i32.const 255
;;   2a:  v2 = i32.and v0, v1
;;   2b:  v3 = i32.load8_u memory0[v2 + 65216] declared
;;   32:  v4 = i32.const 255
;;   35:  v5 = i32.and v0, v4
;;   36:  v6 = i32.load memory0[v5 + 65216]
;;   3d:  v7 = i32.const 17
;;   3f:  v8 = i32.shr_u v0, v7
;;   40:  v9 = i32.load8_u memory0[v8] declared
;;   43:  v10 = i32.const 65532
;;   47:  v11 = i32.load memory0[v10] declared
;;   4a:  v12 = i32.const 65533
;;   4e:  v13 = i32.load memory0[v12]
;;   51:  v14 = i32.add v11, v13
;;   52:  v15 = i32.add v9, v14
;;   53:  v16 = i32.add v6, v15
;;   54:  v17 = i32.add v3, v16
;;   55:  v18 = i32.const 16
;;   57:  v19 = i32.const 1
;;   59:  i32.store memory0[v18] declared, v19
;;   5c:  return v17
;; }
;; function func1"dominated" (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   61:  v2 = i32.const 1
;;   63:  i32.store memory0[v0 + 8], v2
;;   68:  v3 = i32.const 2
;;   6a:  i32.store memory0[v0] dominated, v3
;;   6f:  branch v1, block1, block2
;; block1:
;;   73:  v4 = i32.const 3
;;   75:  i32.store memory0[v0 + 16], v4
;;   78:  jump block3
;; block2:
;;   7b:  v5 = i32.const 4
;;   7d:  i32.store memory0[v0 + 12], v5
;;   80:  jump block3
;; block3:
;;   83:  v6 = i32.const 8
;;   85:  v7 = i32.add v0, v6
;;   86:  v8 = i32.load memory0[v7] dominated
;;   8b:  v9 = i32.const 9
;;   8d:  v10 = i32.add v0, v9
;;   8e:  v11 = i32.load memory0[v10]
;;   93:  v12 = i32.const 1
;;   95:  v13 = i32.sub v0, v12
;;   96:  v14 = i32.load8_u memory0[v13]
;;   99:  v15 = i32.add v11, v14
;;   9a:  v16 = i32.add v8, v15
;;   9b:  return v16
;; }
