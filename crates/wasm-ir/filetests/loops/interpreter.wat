;; A loop around a switch: many back edges to one header.
(module
  (memory 1)
  (func (param $pc i32) (result i32) (local $acc i32)
    (loop $next
      (block $halt
        (block $dec
          (block $inc
            (br_table $inc $dec $halt (i32.load8_u (local.get $pc))))
          (local.set $acc (i32.add (local.get $acc) (i32.const 1)))
          (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
          (br $next))
        (local.set $acc (i32.sub (local.get $acc) (i32.const 1)))
        (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
        (br $next)))
    (local.get $acc)))

;; ---- expected ----
;; function func0 (i32) -> (i32) {
;; block0(v0: i32):
;;   1d:  v1 = i32.const 0
;;   20:  jump block1(v0, v1)
;; block1(v2: i32, v3: i32):
;;   2a:  v4 = i32.load8_u memory0[v2]
;;   2d:  switch v4, [block2, block3], block4
;; block2:
;;   35:  v5 = i32.const 1
;;   37:  v6 = i32.add v3, v5
;;   3c:  v7 = i32.const 1
;;   3e:  v8 = i32.add v2, v7
;;   41:  jump block1(v8, v6)
;; block3:
;;   46:  v9 = i32.const 1
;;   48:  v10 = i32.sub v3, v9
;;   4d:  v11 = i32.const 1
;;   4f:  v12 = i32.add v2, v11
;;   52:  jump block1(v12, v10)
;; block4:
;;   58:  return v3
;; }
