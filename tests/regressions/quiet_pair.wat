;; LLVM 22.1 makes one operation of two that quiet NaNs next to each other, of a type that killed its instruction selector.
(module
  (memory (export "memory") 1 1)
  (func (export "down") (param $i i32) (local $n i32)
    (local.set $n (i32.const 4))
    (loop $l
      (f32.store (local.get $i) (f32.add (f32.load (local.get $i)) (f32.const 0)))
      (local.set $i (i32.add (local.get $i) (i32.const -4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "signalling") (result i32 i32 i32 i32)
    (i32.store (i32.const 0) (i32.const 0x7fa00001))
    (i32.store (i32.const 4) (i32.const 0xffa00001))
    (i32.store (i32.const 8) (i32.const 0x80000000))
    (i32.store (i32.const 12) (i32.const 0x3f800000))
    (call 0 (i32.const 12))
    ;; Whether the NaNs are quiet, and the numbers.
    (i32.and (i32.load (i32.const 0)) (i32.const 0x7fc00000))
    (i32.and (i32.load (i32.const 4)) (i32.const 0x7fc00000))
    (i32.load (i32.const 8))
    (i32.load (i32.const 12)))
  ;; Signs and payloads of NaNs are open, and the judges compare what is in the memory.
  (func (export "wipe") (memory.fill (i32.const 0) (i32.const 0) (i32.const 16))))
