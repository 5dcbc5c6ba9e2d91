;; Waiting, waking and the fence; they need no shared memory to be valid.
(module
  (memory 1)
  (func (param $a i32) (param $x i32) (param $y i64) (result i32 i32 i32)
    (memory.atomic.wait32 offset=4 (local.get $a) (local.get $x) (i64.const -1))
    (memory.atomic.wait64 (local.get $a) (local.get $y) (local.get $y))
    (atomic.fence)
    (memory.atomic.notify offset=4 (local.get $a) (local.get $x))))

;; ---- expected ----
;; function func0 (i32, i32, i64) -> (i32, i32, i32) {
;; block0(v0: i32, v1: i32, v2: i64):
;;   26:  v3 = i64.const -1
;;   28:  v4 = memory.atomic.wait32 memory0[v0 + 4], v1, v3
;;   32:  v5 = memory.atomic.wait64 memory0[v0], v2, v2
;;   36:  atomic.fence
;;   3d:  v6 = memory.atomic.notify memory0[v0 + 4], v1
;;   41:  return v4, v5, v6
;; }
