;; The base of a guarded memory is loaded once, before the loop, although the loop stores and calls.
(module
  (import "" "f" (func $f))
  (memory 1)
  (func (param $n i32)
    (loop $again
      (i32.store (local.get $n) (i32.const 7))
      (call $f)
      (local.set $n (i32.sub (local.get $n) (i32.const 4)))
      (br_if $again (local.get $n)))))
;;! emit = llvm-ir, func = 1
;; check: start:
;; check: load ptr, ptr
;; sameln: !invariant.load
;; check: block1:
;; not: load ptr
;; check: store volatile i32 7
;; not: load ptr
;; check: notail call tailcc void
;; not: load ptr
;; check: br i1
