;; LLVM makes one operation of two that quiet NaNs next to each other, of a type that it then cannot select.
(module
  (memory 0)
  (func (local $i i32) (local $n i32)
    (local.set $n (i32.const 4))
    (loop $l
      (f32.store (local.get $i) (f32.add (f32.load (local.get $i)) (f32.const 0)))
      (local.set $i (i32.add (local.get $i) (i32.const -4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
)
;;! emit = llvm-ir, checks = explicit, func = 0
;; check: call <2 x float> @llvm.canonicalize.v2f32

;;! emit = asm, checks = explicit, func = 0
;; check: vmulps
;; check: vaddps
;; check: retq
