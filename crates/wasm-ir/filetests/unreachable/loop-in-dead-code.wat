;; A loop in dead code does not disturb the count of the live ones.
(module
  (func (param $n i32) (result i32)
    (block $b
      (br $b)
      (loop $dead (local.set $n (i32.const 5)) (br $dead)))
    (loop $live
      (br_if $live (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $n)))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   27:  jump block1(v0)
;; block1(v1: i32):
;;   2b:  v2 = i32.const 1
;;   2d:  v3 = i32.sub v1, v2
;;   30:  branch v3, block1(v3), block2
;; block2:
;;   35:  return v3
;; }
