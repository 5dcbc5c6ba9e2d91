;; What only one place of a loop needs that dispatches to many is computed there, and not before the loop.
(module
  (memory 1)
  (func (param $p i32) (param $x i32)
    (loop $l
      (block $b17 (block $b16 (block $b15 (block $b14 (block $b13 (block $b12 (block $b11 (block $b10 (block $b9 (block $b8 (block $b7 (block $b6 (block $b5 (block $b4 (block $b3 (block $b2 (block $b1 (block $b0 
        (br_table $b0 $b1 $b2 $b3 $b4 $b5 $b6 $b7 $b8 $b9 $b10 $b11 $b12 $b13 $b14 $b15 $b16 $b17 (i32.load (local.get $p)))
      ) (i32.store offset=0 (local.get $p) (i32.mul (local.get $x) (local.get $x))) (br $l)
      ) (i32.store offset=8 (local.get $p) (i32.const 1)) (br $l)
      ) (i32.store offset=16 (local.get $p) (i32.const 2)) (br $l)
      ) (i32.store offset=24 (local.get $p) (i32.const 3)) (br $l)
      ) (i32.store offset=32 (local.get $p) (i32.const 4)) (br $l)
      ) (i32.store offset=40 (local.get $p) (i32.const 5)) (br $l)
      ) (i32.store offset=48 (local.get $p) (i32.const 6)) (br $l)
      ) (i32.store offset=56 (local.get $p) (i32.const 7)) (br $l)
      ) (i32.store offset=64 (local.get $p) (i32.const 8)) (br $l)
      ) (i32.store offset=72 (local.get $p) (i32.const 9)) (br $l)
      ) (i32.store offset=80 (local.get $p) (i32.const 10)) (br $l)
      ) (i32.store offset=88 (local.get $p) (i32.const 11)) (br $l)
      ) (i32.store offset=96 (local.get $p) (i32.const 12)) (br $l)
      ) (i32.store offset=104 (local.get $p) (i32.const 13)) (br $l)
      ) (i32.store offset=112 (local.get $p) (i32.const 14)) (br $l)
      ) (i32.store offset=120 (local.get $p) (i32.const 15)) (br $l)
      ) (i32.store offset=128 (local.get $p) (i32.const 16)) (br $l)
      )))
  ;; Few places: the usual.
  (func (param $p i32) (param $x i32)
    (loop $l
      (block $b2 (block $b1 (block $b0 
        (br_table $b0 $b1 $b2 (i32.load (local.get $p)))
      ) (i32.store offset=0 (local.get $p) (i32.mul (local.get $x) (local.get $x))) (br $l)
      ) (i32.store offset=8 (local.get $p) (i32.const 1)) (br $l)
      )))
)
;;! func = 0
;; check: switch i32
;; check: mul i32
;; check: !llvm.loop

;;! func = 1
;; check: mul i32
;; check: switch i32
