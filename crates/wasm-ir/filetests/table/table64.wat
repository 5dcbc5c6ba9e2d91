;; Indices, sizes and lengths of a 64-bit table are i64.
(module
  (table $wide i64 10 funcref)
  (table $narrow 10 funcref)
  (elem $e func 0)
  (func (param i64 i32) (result i64)
    (table.set $wide (local.get 0) (table.get $wide (local.get 0)))
    (table.copy $wide $wide (local.get 0) (local.get 0) (local.get 0))
    (table.copy $wide $narrow (local.get 0) (local.get 1) (local.get 1))
    (table.copy $narrow $wide (local.get 1) (local.get 0) (local.get 1))
    (table.init $wide $e (local.get 0) (local.get 1) (local.get 1))
    (table.fill $wide (local.get 0) (ref.null func) (local.get 0))
    (call_indirect $wide (local.get 0))
    (table.grow $wide (ref.null func) (table.size $wide))))

;; ---- expected ----
;; function func0 (i64, i32) -> (i64) {
;; block0(v0: i64, v1: i32):
;;   31:  v2 = table.get table0 v0
;;   33:  table.set table0 v0, v2
;;   3b:  table.copy table0 table0 v0, v0, v0
;;   45:  table.copy table0 table1 v0, v1, v1
;;   4f:  table.copy table1 table0 v1, v0, v1
;;   59:  table.init table0 elem0 v0, v1, v1
;;   5f:  v3 = ref.null func
;;   63:  table.fill table0 v0, v3, v0
;;   68:  call_indirect type1 table0[v0]()
;;   6b:  v4 = ref.null func
;;   6d:  v5 = table.size table0
;;   70:  v6 = table.grow table0 v4, v5
;;   73:  return v6
;; }
