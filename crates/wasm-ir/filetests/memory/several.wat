;; Several memories, one with pages of one byte.
(module
  (import "m" "c" (memory $c 2))
  (memory $a 1)
  (memory $b 100 200 (pagesize 1))
  (func (param i32) (result i32)
    (i32.store $a (local.get 0) (i32.load $b offset=4 (local.get 0)))
    (memory.copy $c $b (local.get 0) (local.get 0) (local.get 0))
    (memory.grow $b (memory.size $c))))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   31:  v1 = i32.load memory2"b"[v0 + 4]
;;   35:  i32.store memory1"a"[v0], v1
;;   3f:  memory.copy memory0"c" memory2"b" v0, v0, v0
;;   43:  v2 = memory.size memory0"c"
;;   45:  v3 = memory.grow memory2"b" v2
;;   47:  return v3
;; }
