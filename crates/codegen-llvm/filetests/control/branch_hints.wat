;; Hints of a producer are weights: the condition of the first branch is expected not to hold, that of the second to hold. A branch
;; without a hint has none.
(module
  (import "" "rare" (func $rare (param i32)))
  (import "" "f" (func $f (param i32) (result i32)))
  (func (param i32 i32) (result i32)
    (local.get 0)
    (@metadata.code.branch_hint "\00")
    if
      (call $rare (i32.const 1))
    end
    (block $out
      (@metadata.code.branch_hint "\01")
      (br_if $out (call $f (local.get 1)))
      (call $rare (i32.const 2)))
    (if (call $f (local.get 0))
      (then (call $rare (i32.const 3))))
    (call $f (local.get 1)))
)
;;! func = 2
;; check: label %block2, label %block1
;; sameln: !prof !
;; check: label %block3, label %block4
;; sameln: !prof !
;; check: label %block6, label %block5
;; not: !prof
;; check: ret i32
;;! opt = O2
;; check: label %block2, label %block1
;; sameln: !prof !$(rare=[0-9]+)
;; check: label %block3, label %block4
;; sameln: !prof !$(often=[0-9]+)
;; check: !$rare = !{!"branch_weights", i32 2000, i32 1}
;; check: !$often = !{!"branch_weights", i32 1, i32 2000}
