;; Addresses, sizes and lengths of a 64-bit memory are i64, offsets too. The length of a copy has the narrower type.
(module
  (memory $wide i64 1)
  (memory $narrow 1)
  (data $d "abc")
  (func (param i64 i32) (result i64)
    (i64.store $wide offset=0x1_0000_0000 (local.get 0) (i64.load16_s $wide offset=0xffff_ffff_ffff_ffff (local.get 0)))
    (memory.fill $wide (local.get 0) (local.get 1) (local.get 0))
    (memory.copy $wide $wide (local.get 0) (local.get 0) (local.get 0))
    (memory.copy $wide $narrow (local.get 0) (local.get 1) (local.get 1))
    (memory.copy $narrow $wide (local.get 1) (local.get 0) (local.get 1))
    (memory.init $wide $d (local.get 0) (local.get 1) (local.get 1))
    (drop (memory.grow $narrow (memory.size $narrow)))
    (memory.grow $wide (memory.size $wide))))
