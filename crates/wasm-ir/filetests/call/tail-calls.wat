;; Tail calls end their block; what comes after them is not reached.
(module
  (type $t (func (param i32 f64) (result i64)))
  (table 1 funcref)
  (elem declare func $direct)
  (func $direct (param i32) (result i64)
    (return_call $indirect (local.get 0) (f64.const 1))
    unreachable)
  (func $indirect (type $t)
    (if (result i64) (local.get 0)
      (then (return_call_indirect (type $t) (i32.const 1) (local.get 1) (local.get 0)))
      (else (i64.const 2))))
  (func $reference (param (ref null $t)) (result i64)
    (return_call_ref $t (i32.const 1) (f64.const 2) (local.get 0)))
)

;; ---- expected ----
;; function func0"direct" (i32) -> (i64) {
;; block0(v0: i32):
;;   36:  v1 = f64.const 1.0
;;   3f:  return_call func1"indirect"(v0, v1)
;; }
;; function func1"indirect" (i32, f64) -> (i64) {
;; block0(v0: i32, v1: f64):
;;   47:  branch v0, block1, block2
;; block1:
;;   49:  v2 = i32.const 1
;;   4f:  return_call_indirect type0 table0[v0](v2, v1)
;; block2:
;;   53:  v3 = i64.const 2
;;   56:  return v3
;; }
;; function func2"reference" ((ref null 0)) -> (i64) {
;; block0(v0: (ref null 0)):
;;   59:  v1 = i32.const 1
;;   5b:  v2 = f64.const 2.0
;;   66:  return_call_ref type0 v0(v1, v2)
;; }
