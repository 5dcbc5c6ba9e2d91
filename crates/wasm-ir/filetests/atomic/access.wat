;; Loads and stores of every width; narrow ones are extended with zeros.
(module
  (memory 1 1 shared)
  (func (param $a i32) (param $x i32) (param $y i64)
    (drop (i32.atomic.load offset=8 (local.get $a)))
    (drop (i32.atomic.load8_u offset=8 (local.get $a)))
    (drop (i32.atomic.load16_u offset=8 (local.get $a)))
    (i32.atomic.store (local.get $a) (local.get $x))
    (i32.atomic.store8 (local.get $a) (local.get $x))
    (i32.atomic.store16 (local.get $a) (local.get $x))
    (drop (i64.atomic.load offset=8 (local.get $a)))
    (drop (i64.atomic.load8_u offset=8 (local.get $a)))
    (drop (i64.atomic.load16_u offset=8 (local.get $a)))
    (drop (i64.atomic.load32_u offset=8 (local.get $a)))
    (i64.atomic.store (local.get $a) (local.get $y))
    (i64.atomic.store8 (local.get $a) (local.get $y))
    (i64.atomic.store16 (local.get $a) (local.get $y))
    (i64.atomic.store32 (local.get $a) (local.get $y))))

;; ---- expected ----
;; function func0 (i32, i32, i64) -> () {
;; block0(v0: i32, v1: i32, v2: i64):
;;   22:  v3 = i32.atomic.load memory0[v0 + 8]
;;   29:  v4 = i32.atomic.load8_u memory0[v0 + 8]
;;   30:  v5 = i32.atomic.load16_u memory0[v0 + 8]
;;   39:  i32.atomic.store memory0[v0], v1
;;   41:  i32.atomic.store8 memory0[v0], v1
;;   49:  i32.atomic.store16 memory0[v0], v1
;;   4f:  v6 = i64.atomic.load memory0[v0 + 8]
;;   56:  v7 = i64.atomic.load8_u memory0[v0 + 8]
;;   5d:  v8 = i64.atomic.load16_u memory0[v0 + 8]
;;   64:  v9 = i64.atomic.load32_u memory0[v0 + 8]
;;   6d:  i64.atomic.store memory0[v0], v2
;;   75:  i64.atomic.store8 memory0[v0], v2
;;   7d:  i64.atomic.store16 memory0[v0], v2
;;   85:  i64.atomic.store32 memory0[v0], v2
;;   89:  return
;; }
