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
