;; No effect before a trap is lost and none after it happens: what LLVM must not delete or move.
(module
  (memory 1)
  (global $g (mut i32) (i32.const 0))
  ;; An unused load stays.
  (func (param i32) (drop (i32.load (local.get 0))))
  ;; A store that a later one overwrites stays, since an access between them may trap.
  (func (param i32 i32)
    (i32.store (local.get 0) (i32.const 1))
    (drop (i32.load (local.get 1)))
    (i32.store (local.get 0) (i32.const 2)))
  (func (param i32)
    (global.set $g (i32.const 1))
    (i32.store (local.get 0) (i32.const 5))
    (global.set $g (i32.const 2)))
  ;; The same with an explicit check or another trap between.
  (func (param i32)
    (global.set $g (i32.const 1))
    (if (local.get 0) (then (unreachable)))
    (global.set $g (i32.const 2)))
  ;; And with a call between of a function that does nothing but trap.
  (func $may_trap (param i32) (if (local.get 0) (then (unreachable))))
  (func (param i32)
    (global.set $g (i32.const 1))
    (call $may_trap (local.get 0))
    (global.set $g (i32.const 2)))
)
;;! emit = asm, func = 0
;; check: movl (%r$(=[a-z]+),%r$(=[a-z]+)), %e$(=[a-z]+)
;; check: retq

;;! emit = asm, func = 1
;; check: movl $$1, (
;; check: movl (%r$(=[a-z]+),%r$(=[a-z]+)), %e$(=[a-z]+)
;; check: movl $$2, (

;;! emit = asm, func = 2
;; check: movl $$1,
;; check: movl $$5,
;; check: movl $$2,

;;! emit = asm, checks = explicit, func = 2
;; check: movl $$1,
;; check: movl $$5,
;; check: movl $$2,
;; check: ud1l

;;! emit = asm, checks = explicit, func = 3
;; check: movl $$1,
;; check: jne
;; check: movl $$2,

;;! emit = asm, checks = explicit, func = 5
;; check: movl $$1,
;; check: jne
;; check: movl $$2,
