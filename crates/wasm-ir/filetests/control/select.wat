;; Both forms of select: operands in stack order, the condition last.
(module
  (func (param i32 i64 i64 externref externref) (result i64 externref)
    (select (local.get 1) (local.get 2) (local.get 0))
    (select (result externref) (local.get 3) (local.get 4) (local.get 0))))

;; ---- expected ----
;; function func0 (i32, i64, i64, externref, externref) -> (i64, externref) {
;; block0(v0: i32, v1: i64, v2: i64, v3: externref, v4: externref):
;;   24:  v5 = select v1, v2, v0
;;   2b:  v6 = select v3, v4, v0
;;   2e:  return v5, v6
;; }
