;; A call of the import that is a hint is one instruction, which never faults: no check, no call, and nothing kept in order. A memory that ends
;; before its addresses do fetches its first line for those past its end.
(module
  (import "wootz" "prefetch" (func $prefetch (param i32)))
  (memory 1)
  (func (param i32) (call $prefetch (i32.add (local.get 0) (i32.const 64))))
)
;;! emit = asm, func = 1
;; not: call
;; check: prefetcht0 (
;; not: ud1l
;; check: retq
;;! emit = asm, checks = explicit, func = 1
;; check: cmpq
;; check: cmovaq
;; check: prefetcht0 (
;; not: ud1l
;; check: retq
