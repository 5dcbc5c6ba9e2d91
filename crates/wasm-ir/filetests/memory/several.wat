;; Several memories, one with pages of one byte.
(module
  (memory $a 1)
  (memory $b 100 200 (pagesize 1))
  (import "m" "c" (memory $c 2))
  (func (param i32) (result i32)
    (i32.store $a (local.get 0) (i32.load $b offset=4 (local.get 0)))
    (memory.copy $c $b (local.get 0) (local.get 0) (local.get 0))
    (memory.grow $b (memory.size $c))))
