;; Globals of each type.
(module
  (import "env" "base" (global $base i32))
  (global $count (mut i64) (i64.const 0))
  (func (result i32)
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (global.get $base)))

;; ---- expected ----
;; function func0 () -> (i32) {
;; block0:
;;   2f:  v0 = global.get global1"count"
;;   31:  v1 = i64.const 1
;;   33:  v2 = i64.add v0, v1
;;   34:  global.set global1"count" v2
;;   36:  v3 = global.get global0"base"
;;   38:  return v3
;; }
