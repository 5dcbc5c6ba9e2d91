;; A fence is a full barrier, and nothing that accesses memory passes it.
(module
  (memory 1 2 shared)
  (func (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 1))
    (atomic.fence)
    (i32.load (local.get 0)))
)
;;! emit = llvm-ir
;; check: store volatile i32 1
;; check: fence seq_cst
;; check: load volatile i32

;;! emit = asm, func = 0
;; check: movl $$1, (
;; check: $(=lock|mfence)
;; check: movl (
