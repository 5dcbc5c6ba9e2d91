;; One constant for all locals of a type, and only if something reads it.
(module
  (func (result i32 i64 i32)
    (local $a i32) (local $b i64) (local $unread f64) (local $c i32)
    (local.get $a) (local.get $b) (local.get $c)))

;; ---- expected ----
;; function func0 () -> (i32, i64, i32) {
;; block0:
;;   19:  v0 = i32.const 0
;;   19:  v1 = i64.const 0
;;   28:  return v0, v1, v0
;; }
