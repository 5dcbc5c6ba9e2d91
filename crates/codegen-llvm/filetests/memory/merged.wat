;; The first access compares for the second. If the larger end is not inside, a copy of both tells which one traps, and does what the
;; first one does before. A guard region needs nothing of it.
(module
  (memory 1)
  (func (param i32 i32) (result i32)
    (i32.store offset=8 (local.get 0) (local.get 1))
    (i32.load offset=16 (local.get 0)))
)
;;! emit = asm, checks = explicit, func = 0
;; check: cmpq
;; check: jb
;; check: movl %edx, 8(
;; check: movl 16(
;; not: cmp
;; check: retq
;; check: cmpq
;; check: jb
;; check: movl %edx, 8(
;; check: ud1l 2(%eax), %eax
;; check: ud1l 2(%eax), %eax

;;! emit = asm, checks = guard, func = 0
;; check: movl %edx, 8(
;; check: movl 16(
;; check: retq
;; not: ud1
