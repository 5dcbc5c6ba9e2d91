;; Copies through locals and tees leave no trace.
(module
  (func (param $a i32) (param $b i32) (result i32) (local $t i32)
    (local.set $t (local.get $a))
    (local.set $a (local.get $b))
    (local.set $b (local.get $t))
    (i32.sub (local.tee $t (local.get $a)) (local.get $b))))

;; ---- expected ----
;; function func0 (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   2e:  v2 = i32.sub v1, v0
;;   2f:  return v2
;; }
