;; A loop at the start of the function: the entry block still has no predecessor.
(module
  (func (param $x i32)
    (loop $l
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br $l))))

;; ---- expected ----
;; function func0 (i32) -> () {
;; block0(v0: i32):
;;   18:  jump block1(v0)
;; block1(v1: i32):
;;   1c:  v2 = i32.const 1
;;   1e:  v3 = i32.add v1, v2
;;   21:  jump block1(v3)
;; }
