;; Blocks that only follow one another are one block, whatever the nesting.
(module
  (func (param i32) (result i32)
    (block (result i32)
      (block (block (nop)))
      (block (br 0))
      (block (result i32)
        (br 1 (i32.add (local.get 0) (i32.const 1)))))))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   2b:  v1 = i32.const 1
;;   2d:  v2 = i32.add v0, v1
;;   32:  return v2
;; }
