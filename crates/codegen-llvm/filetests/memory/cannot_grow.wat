;; A memory whose type allows one length has it: a check compares with a constant, and the base is loaded once.
(module
  (import "" "f" (func $f))
  (memory 2 2)
  (func (param i32 i32)
    (i32.store offset=16 (local.get 0) (i32.const 1))
    (call $f)
    (i32.store offset=4 (local.get 1) (i32.const 2)))
  (func (result i32) (memory.size))
)
;;! emit = llvm-ir, checks = explicit, func = 1
;; check: invariant.load
;; check: icmp ugt i32 %1, 131052
;; check: call tailcc
;; not: = load
;; check: icmp ugt i32 %2, 131064
;; check: ret void

;;! emit = llvm-ir, checks = explicit, func = 2
;; check: ret i32 2
