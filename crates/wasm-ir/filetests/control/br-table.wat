;; Equal targets of a table share an edge; the function's label returns.
(module
  (func (param $i i32) (result i32)
    (block $c
      (block $b
        (block $a
          (br_table $a $b $a $c (local.get $i)))
        (return (i32.const 100)))
      (return (i32.const 200)))
    (i32.const 300))
  (func (param $i i32) (result i32)
    (block $a (result i32)
      (i32.const 5)
      (br_table $a 1 $a (local.get $i)))
    (i32.const 1)
    (i32.add))
  (func (param $i i32)
    (block $only
      (br_table $only (local.get $i)))))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   27:  switch v0, [block1, block2, block1], block3
;; block1:
;;   2e:  v1 = i32.const 100
;;   31:  return v1
;; block2:
;;   33:  v2 = i32.const 200
;;   36:  return v2
;; block3:
;;   38:  v3 = i32.const 300
;;   3b:  return v3
;; }
;; function func1 (i32) -> (i32) {
;; block0(v0: i32):
;;   40:  v1 = i32.const 5
;;   44:  switch v0, [block1, block2(v1)], block1
;; block1:
;;   4a:  v2 = i32.const 1
;;   4c:  v3 = i32.add v1, v2
;;   4d:  jump block2(v3)
;; block2(v4: i32):
;;   4d:  return v4
;; }
;; function func2 (i32) -> () {
;; block0(v0: i32):
;;   58:  return
;; }
