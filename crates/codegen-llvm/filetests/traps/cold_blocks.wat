;; Each check has a trap of its own, behind all other code, and memory is observed before it.
(module
  (func (param i32 i32) (result i32)
    (i32.add
      (i32.div_u (local.get 0) (local.get 1))
      (i32.div_u (local.get 1) (local.get 0))))
)
;;! emit = asm, func = 0
;; check: divl
;; check: divl
;; check: retq
;; check: ud1l 7(%eax), %eax
;; check: ud1l 7(%eax), %eax
;; not: ud1l

;;! emit = llvm-ir
;; check: br i1 $(=.*), label %trap, label
;; sameln: !prof
;; check: trap:
;; nextln: call void asm sideeffect "", "~{memory}"()
;; nextln: call void @llvm.ubsantrap(i8 7)
;; nextln: unreachable

;;! emit = asm, machine = aarch64, func = 0
;; check: udiv
;; check: udiv
;; check: ret
;; check: brk #0x5507
;; check: brk #0x5507
