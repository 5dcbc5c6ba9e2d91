;; The first access of an address in a block compares for those behind it, as far as no call stands between.
;;! optimise
(module
  (import "" "host" (func $host))
  (memory $m 1)
  (memory $shared 1 1 shared)
  (memory $wide i64 1)
  (func $loads (param $p i32) (result i32)
    (i32.add (i32.load offset=8 (local.get $p)) (i32.load offset=20 (local.get $p)))
    (i32.add (i32.load offset=12 (local.get $p))))
  (func $effects (param $p i32) (param $q i32)
    (i32.store (local.get $p) (i32.const 1))
    (i32.store (local.get $q) (i32.const 2))
    (i32.store offset=4 (local.get $p) (i32.div_u (local.get $p) (local.get $q)))
    (i32.store8 offset=4 (local.get $q) (i32.const 3))
    (i32.store offset=8 (local.get $p) (i32.const 4)))
  (func $call (param $p i32)
    (i32.store (local.get $p) (i32.const 1))
    (call $host)
    (i32.store offset=4 (local.get $p) (i32.const 2))
    (i32.store offset=8 (local.get $p) (i32.const 2)))
  (func $sums (param $p i32) (result i32)
    (i32.load (local.get $p))
    (i32.load (i32.add (local.get $p) (i32.const 4)))
    (i32.add))
  (func $others (param $p i32) (param $w i64)
    (i32.store $shared (local.get $p) (i32.const 1))
    (i32.store $shared offset=4 (local.get $p) (i32.const 2))
    (i64.store $wide (local.get $w) (i64.const 1))
    (i64.store $wide offset=8 (local.get $w) (i64.const 2))
    (i64.store $wide offset=0xffff_ffff_ffff_ffff (local.get $w) (i64.const 3))))

;; ---- expected ----
;; function func1"loads" (i32) -> (i32) {
;; block0(v0: i32):
;;   46:  v1 = i32.load memory0"m"[v0 + 8] leads check0
;;   4b:  v2 = i32.load memory0"m"[v0 + 20] follows check0
;;   4e:  v3 = i32.add v1, v2
;;   51:  v4 = i32.load memory0"m"[v0 + 12] dominated
;;   54:  v5 = i32.add v3, v4
;;   55:  return v5
;; }
;; function func2"effects" (i32, i32) -> () {
;; block0(v0: i32, v1: i32):
;;   5a:  v2 = i32.const 1
;;   5c:  i32.store memory0"m"[v0] leads check0, v2
;;   61:  v3 = i32.const 2
;;   63:  i32.store memory0"m"[v1] leads check1, v3
;;   6c:  v4 = i32.div_u v0, v1
;;   6d:  i32.store memory0"m"[v0 + 4] follows check0, v4
;;   72:  v5 = i32.const 3
;;   74:  i32.store8 memory0"m"[v1 + 4] follows check1, v5
;;   79:  v6 = i32.const 4
;;   7b:  i32.store memory0"m"[v0 + 8] follows check0, v6
;;   7e:  return
;; }
;; function func3"call" (i32) -> () {
;; block0(v0: i32):
;;   83:  v1 = i32.const 1
;;   85:  i32.store memory0"m"[v0], v1
;;   88:  call func0"host"()
;;   8c:  v2 = i32.const 2
;;   8e:  i32.store memory0"m"[v0 + 4] leads check0, v2
;;   93:  v3 = i32.const 2
;;   95:  i32.store memory0"m"[v0 + 8] follows check0, v3
;;   98:  return
;; }
;; function func4"sums" (i32) -> (i32) {
;; block0(v0: i32):
;;   9d:  v1 = i32.load memory0"m"[v0]
;;   a2:  v2 = i32.const 4
;;   a4:  v3 = i32.add v0, v2
;;   a5:  v4 = i32.load memory0"m"[v3]
;;   a8:  v5 = i32.add v1, v4
;;   a9:  return v5
;; }
;; function func5"others" (i32, i64) -> () {
;; block0(v0: i32, v1: i64):
;;   ae:  v2 = i32.const 1
;;   b0:  i32.store memory1"shared"[v0], v2
;;   b6:  v3 = i32.const 2
;;   b8:  i32.store memory1"shared"[v0 + 4], v3
;;   be:  v4 = i64.const 1
;;   c0:  i64.store memory2"wide"[v1] leads check0, v4
;;   c6:  v5 = i64.const 2
;;   c8:  i64.store memory2"wide"[v1 + 8] follows check0, v5
;;   ce:  v6 = i64.const 3
;;   d0:  i64.store memory2"wide"[v1 + 18446744073709551615], v6
;;   dd:  return
;; }
