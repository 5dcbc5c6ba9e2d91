;; The table index comes last on the stack.
(module
  (type $binary (func (param i32 i64) (result f32)))
  (table $first 1 funcref)
  (table $second 1 funcref)
  (func (param i32) (result f32)
    (call_indirect $second (type $binary) (i32.const 1) (i64.const 2) (local.get 0))))

;; ---- expected ----
;; function func0 (i32) -> (f32) {
;; block0(v0: i32):
;;   28:  v1 = i32.const 1
;;   2a:  v2 = i64.const 2
;;   2e:  v3 = call_indirect type0 table1[v0](v1, v2)
;;   31:  return v3
;; }
