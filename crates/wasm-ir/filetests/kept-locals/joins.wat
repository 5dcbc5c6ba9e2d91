;; keep locals
;; A local that is assigned, one that joins, one that nothing reads, and one that keeps its default.
(module
  (func $f (param $n i32) (param $x i64) (result i32) (local $sum i32) (local $dead f32) (local $zero i64)
    (if (local.get $n)
      (then (local.set $sum (i32.const 7)) (local.set $dead (f32.const 1)))
      (else (local.set $sum (local.get $n)) (local.set $dead (f32.const 2))))
    (local.tee $n (i32.add (local.get $sum) (local.get $n)))))

;; ---- expected ----
;; function func0"f" (i32, i64) -> (i32) {
;; block0(v0: i32, v1: i64):
;;        local0"n" := v0
;;        local1"x" := v1
;;        local2"sum" := default
;;        local3"dead" := default
;;        local4"zero" := default
;;   22:  branch v0, block1, block2
;; block1:
;;   24:  v2 = i32.const 7
;;        local2"sum" := v2
;;   28:  v3 = f32.const 1.0
;;        local3"dead" := v3
;;   2f:  jump block3(v2)
;; block2:
;;        local2"sum" := v0
;;   34:  v4 = f32.const 2.0
;;        local3"dead" := v4
;;   3b:  jump block3(v0)
;; block3(v5: i32):
;;        local2"sum" := v5
;;        local3"dead" := unknown
;;   40:  v6 = i32.add v5, v0
;;        local0"n" := v6
;;   43:  return v6
;; }
