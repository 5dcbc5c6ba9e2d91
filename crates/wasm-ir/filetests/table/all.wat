;; Every table instruction, on a table other than the first.
(module
  (table $f 1 funcref)
  (table $x 1 externref)
  (elem $e funcref (ref.null func))
  (func (param i32 externref)
    (drop (table.get $x (local.get 0)))
    (table.set $x (local.get 0) (local.get 1))
    (drop (table.size $x))
    (drop (table.grow $x (local.get 1) (local.get 0)))
    (table.fill $x (local.get 0) (local.get 1) (i32.const 3))
    (table.copy $f $f (i32.const 1) (i32.const 2) (i32.const 3))
    (table.init $f $e (i32.const 1) (i32.const 2) (i32.const 3))
    (elem.drop $e)))

;; ---- expected ----
;; function func0 (i32, externref) -> () {
;; block0(v0: i32, v1: externref):
;;   2d:  v2 = table.get table1 v0
;;   34:  table.set table1 v0, v1
;;   36:  v3 = table.size table1
;;   3e:  v4 = table.grow table1 v1, v0
;;   46:  v5 = i32.const 3
;;   48:  table.fill table1 v0, v1, v5
;;   4b:  v6 = i32.const 1
;;   4d:  v7 = i32.const 2
;;   4f:  v8 = i32.const 3
;;   51:  table.copy table0 table0 v6, v7, v8
;;   55:  v9 = i32.const 1
;;   57:  v10 = i32.const 2
;;   59:  v11 = i32.const 3
;;   5b:  table.init table0 elem0 v9, v10, v11
;;   5f:  elem.drop elem0
;;   62:  return
;; }
