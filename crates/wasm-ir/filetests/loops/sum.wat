;; A counting loop: what changes is a parameter of the header, what does not is not.
(module
  (func $sum (param $n i32) (param $step i32) (result i32) (local $i i32) (local $s i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $s (i32.add (local.get $s) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (local.get $step)))
        (br $next)))
    (local.get $s)))

;; ---- expected ----
;; function func0"sum" (i32, i32) -> (i32) {
;; block0(v0: i32, v1: i32):
;;   19:  v2 = i32.const 0
;;   1e:  jump block1(v2, v2)
;; block1(v3: i32, v4: i32):
;;   24:  v5 = i32.ge_u v3, v0
;;   25:  branch v5, block3, block2
;; block2:
;;   2b:  v6 = i32.add v4, v3
;;   32:  v7 = i32.add v3, v1
;;   35:  jump block1(v7, v6)
;; block3:
;;   3b:  return v4
;; }
