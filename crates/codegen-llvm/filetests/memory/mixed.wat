;; A guarded memory beside two that never are. The strategy is each memory's own; since one access may fault, all accesses
;; are volatile and stay in order, those after a compare too. Without a guarded memory none is.
(module
  (memory $guarded 1)
  (memory $wide i64 1)
  (memory $bytes 1 (pagesize 1))
  (func (param i32 i64)
    (i32.store $bytes (local.get 0) (i32.const 1))
    (drop (i32.load $guarded (local.get 0)))
    (i32.store $bytes (local.get 0) (i32.const 2)))
  (func (param i64)
    (i32.store $wide (local.get 0) (i32.const 1))
    (drop (i32.load $guarded (i32.wrap_i64 (local.get 0))))
    (i32.store $wide (local.get 0) (i32.const 2)))
  (func (result i32 i64 i32) (memory.size $guarded) (memory.size $wide) (memory.size $bytes))
)
;;! emit = llvm-ir, func = 0
;; check: icmp ugt i64
;; check: store volatile i32 1
;; check: load volatile i32
;; check: store volatile i32 2

;;! emit = llvm-ir, func = 1
;; check: icmp ugt i64
;; check: store volatile i32 1
;; check: load volatile i32
;; check: store volatile i32 2

;;! emit = llvm-ir, func = 0, checks = explicit
;; check: icmp ugt i64
;; not: volatile

;; Pages are counted in each memory's own size: the upper half of a length, a shifted one, the length itself.
;;! emit = asm, func = 2
;; check: movl 58(%rdi), %eax
;; check: movq 584(%rdi), %rdx
;; check: shrq $$16, %rdx
;; check: movl 1112(%rdi), %ecx
;; not: shr
