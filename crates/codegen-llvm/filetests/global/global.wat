;; Globals live in the context; an imported one behind a pointer there. Stores are ordered where accesses may fault.
(module
  (import "" "g" (global $imported (mut i64)))
  (global $own (mut i32) (i32.const 0))
  (global $constant f64 (f64.const 1))
  (memory 1)
  (func (result i64) (global.get $imported))
  (func (param i32) (global.set $own (local.get 0)))
  (func (result f64) (global.get $constant))
)
;;! emit = llvm-ir, func = 0
;; check: load ptr, ptr
;; sameln: !invariant.load
;; check: load i64, ptr
;; not: invariant
;;! emit = llvm-ir, func = 1
;; check: store volatile i32 %1
;;! emit = llvm-ir, checks = explicit, func = 1
;; check: store i32 %1
;;! emit = llvm-ir, func = 2
;; check: load double
;; sameln: !invariant.load
