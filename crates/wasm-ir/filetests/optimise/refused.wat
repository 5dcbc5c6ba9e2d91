;; Loops that are left alone: an access elsewhere, a call, a trap, two ways out and accesses of two widths, a known small number of repetitions, a
;; 64-bit step too long, a shared memory.
;;! optimise
(module
  (memory 1)
  (memory $wide i64 1)
  (memory $shared 1 1 shared)
  (func $nothing)
  (func $chase (param $p i32) (result i32) (local $n i32)
    (loop $l
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $l (local.tee $p (i32.load (local.get $p)))))
    (local.get $n))
  (func $indirect (param $p i32) (param $n i32)
    (loop $l
      (i32.store (i32.load (local.get $p)) (i32.const 0))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $calls (param $p i32) (param $n i32)
    (loop $l
      (call $nothing)
      (i32.store (local.get $p) (i32.const 0))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $divides (param $p i32) (param $n i32)
    (loop $l
      (i32.store (local.get $p) (i32.div_u (i32.const 9) (local.get $n)))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $two_ways_out (param $p i32) (param $n i32) (result i32)
    (loop $l
      (if (i32.eqz (i32.load (local.get $p))) (then (return (local.get $p))))
      (i32.store8 (local.get $p) (i32.const 0))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.const 0))
  (func $short (param $p i32) (local $i i32)
    (loop $l
      (i32.store (i32.add (local.get $p) (local.get $i)) (i32.const 0))
      (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 16)))))
  (func $far (param $p i64) (param $n i32)
    (loop $l
      (i32.store $wide (local.get $p) (i32.const 0))
      (local.set $p (i64.add (local.get $p) (i64.const 16777217)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $shared (param $p i32) (param $n i32)
    (loop $l
      (i32.store $shared (local.get $p) (i32.const 0))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))

;; ---- expected ----
;; function func0"nothing" () -> () {
;; block0:
;;   43:  return
;; }
;; function func1"chase" (i32) -> (i32) {
;; block0(v0: i32):
;;   45:  v1 = i32.const 0
;;   48:  jump block1(v0, v1)
;; block1(v2: i32, v3: i32):
;;   4c:  v4 = i32.const 1
;;   4e:  v5 = i32.add v3, v4
;;   53:  v6 = i32.load memory0[v2]
;;   58:  branch v6, block1(v6, v5), block2
;; block2:
;;   5d:  return v5
;; }
;; function func2"indirect" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   60:  jump block1(v0, v1)
;; block1(v2: i32, v3: i32):
;;   64:  v4 = i32.load memory0[v2]
;;   67:  v5 = i32.const 0
;;   69:  i32.store memory0[v4], v5
;;   6e:  v6 = i32.const 4
;;   70:  v7 = i32.add v2, v6
;;   75:  v8 = i32.const 1
;;   77:  v9 = i32.sub v3, v8
;;   7a:  branch v9, block1(v7, v9), block2
;; block2:
;;   7d:  return
;; }
;; function func3"calls" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   80:  jump block1(v0, v1)
;; block1(v2: i32, v3: i32):
;;   82:  call func0"nothing"()
;;   86:  v4 = i32.const 0
;;   88:  i32.store memory0[v2], v4
;;   8d:  v5 = i32.const 4
;;   8f:  v6 = i32.add v2, v5
;;   94:  v7 = i32.const 1
;;   96:  v8 = i32.sub v3, v7
;;   99:  branch v8, block1(v6, v8), block2
;; block2:
;;   9c:  return
;; }
;; function func4"divides" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   9f:  jump block1(v0, v1)
;; block1(v2: i32, v3: i32):
;;   a3:  v4 = i32.const 9
;;   a7:  v5 = i32.div_u v4, v3
;;   a8:  i32.store memory0[v2], v5
;;   ad:  v6 = i32.const 4
;;   af:  v7 = i32.add v2, v6
;;   b4:  v8 = i32.const 1
;;   b6:  v9 = i32.sub v3, v8
;;   b9:  branch v9, block1(v7, v9), block2
;; block2:
;;   bc:  return
;; }
;; function func5"two_ways_out" (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   bf:  jump block1(v0, v1)
;; block1(v2: i32, v3: i32):
;;   c3:  v4 = i32.load memory0[v2]
;;   c6:  v5 = i32.eqz v4
;;   c7:  branch v5, block2, block3
;; block2:
;;   cb:  return v2
;; block3:
;;   cf:  v6 = i32.const 0
;;   d1:  i32.store8 memory0[v2] dominated, v6
;;   d6:  v7 = i32.const 4
;;   d8:  v8 = i32.add v2, v7
;;   dd:  v9 = i32.const 1
;;   df:  v10 = i32.sub v3, v9
;;   e2:  branch v10, block1(v8, v10), block4
;; block4:
;;   e5:  v11 = i32.const 0
;;   e7:  return v11
;; }
;; function func6"short" (i32) -> () {
;; block0(v0: i32):
;;   0e9:  v1 = i32.const 0
;;   0ec:  jump block1(v1)
;; block1(v2: i32):
;;   0f2:  v3 = i32.add v0, v2
;;   0f3:  v4 = i32.const 0
;;   0f5:  i32.store memory0[v3], v4
;;   0fa:  v5 = i32.const 4
;;   0fc:  v6 = i32.add v2, v5
;;   0ff:  v7 = i32.const 16
;;   101:  v8 = i32.ne v6, v7
;;   102:  branch v8, block1(v6), block2
;; block2:
;;   105:  return
;; }
;; function func7"far" (i64, i32) -> () {
;; block0(v0: i64, v1: i32):
;;   108:  jump block1(v0, v1)
;; block1(v2: i64, v3: i32):
;;   10c:  v4 = i32.const 0
;;   10e:  i32.store memory1"wide"[v2], v4
;;   114:  v5 = i64.const 16777217
;;   119:  v6 = i64.add v2, v5
;;   11e:  v7 = i32.const 1
;;   120:  v8 = i32.sub v3, v7
;;   123:  branch v8, block1(v6, v8), block2
;; block2:
;;   126:  return
;; }
;; function func8"shared" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   129:  jump block1(v0, v1)
;; block1(v2: i32, v3: i32):
;;   12d:  v4 = i32.const 0
;;   12f:  i32.store memory2"shared"[v2], v4
;;   135:  v5 = i32.const 4
;;   137:  v6 = i32.add v2, v5
;;   13c:  v7 = i32.const 1
;;   13e:  v8 = i32.sub v3, v7
;;   141:  branch v8, block1(v6, v8), block2
;; block2:
;;   144:  return
;; }
