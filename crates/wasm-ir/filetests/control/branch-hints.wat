;; What a producer expects of `if` and `br_if` stays at the branch, with its offset; at other instructions it has no effect.
(module
  (func (param i32 i32) (result i32)
    (block $out
      (@metadata.code.branch_hint "\00")
      (br_if $out (local.get 0))
      (local.get 1)
      (@metadata.code.branch_hint "\01")
      if (result i32)
        (i32.const 1)
      else
        (i32.const 2)
      end
      (return))
    (i32.const 3))
  (func (param i32)
    (block $out
      (br_if $out (local.get 0))
      (unreachable)))
)

;; ---- expected ----
;; function func0 (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   48:  branch v0, block5, block1, hinted not
;; block1:
;;   4c:  branch v1, block2, block3, hinted
;; block2:
;;   4e:  v2 = i32.const 1
;;   50:  jump block4(v2)
;; block3:
;;   51:  v3 = i32.const 2
;;   53:  jump block4(v3)
;; block4(v4: i32):
;;   54:  return v4
;; block5:
;;   56:  v5 = i32.const 3
;;   58:  return v5
;; }
;; function func1 (i32) -> () {
;; block0(v0: i32):
;;   5f:  branch v0, block2, block1
;; block1:
;;   61:  unreachable
;; block2:
;;   63:  return
;; }
