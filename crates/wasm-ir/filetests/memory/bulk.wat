;; Size, growth and bulk instructions.
(module
  (memory 1)
  (data $d "abc")
  (func (param i32 i32 i32)
    (drop (memory.grow (memory.size)))
    (memory.fill (local.get 0) (local.get 1) (local.get 2))
    (memory.copy (local.get 0) (local.get 1) (local.get 2))
    (memory.init $d (local.get 0) (local.get 1) (local.get 2))
    (data.drop $d)))

;; ---- expected ----
;; function func0 (i32, i32, i32) -> () {
;; block0(v0: i32, v1: i32, v2: i32):
;;   22:  v3 = memory.size memory0
;;   24:  v4 = memory.grow memory0 v3
;;   2d:  memory.fill memory0 v0, v1, v2
;;   36:  memory.copy memory0 memory0 v0, v1, v2
;;   40:  memory.init memory0 data0 v0, v1, v2
;;   44:  data.drop data0
;;   47:  return
;; }
