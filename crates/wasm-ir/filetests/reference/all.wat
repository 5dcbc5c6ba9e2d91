;; References, also as defaults of locals and in a join.
(module
  (elem declare func $f)
  (global $g (mut funcref) (ref.null func))
  (func $f (param $c i32) (param $x externref) (result externref i32) (local $null externref) (local $fn funcref)
    (if (local.get $c) (then (local.set $fn (ref.func $f))))
    (global.set $g (local.get $fn))
    (if (result externref) (local.get $c) (then (local.get $x)) (else (local.get $null)))
    (ref.is_null (global.get $g))))

;; ---- expected ----
;; function func0"f" (i32, externref) -> (externref, i32) {
;; block0(v0: i32, v1: externref):
;;   29:  v2 = ref.null extern
;;   29:  v3 = ref.null func
;;   30:  branch v0, block1, block2(v3)
;; block1:
;;   32:  v4 = ref.func func0"f"
;;   36:  jump block2(v4)
;; block2(v5: funcref):
;;   39:  global.set global0"g" v5
;;   3d:  branch v0, block3, block4
;; block3:
;;   41:  jump block5(v1)
;; block4:
;;   44:  jump block5(v2)
;; block5(v6: externref):
;;   45:  v7 = global.get global0"g"
;;   47:  v8 = ref.is_null v7
;;   48:  return v6, v8
;; }
