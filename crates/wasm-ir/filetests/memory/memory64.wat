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

;; ---- expected ----
;; function func0 (i64, i32) -> (i64) {
;; block0(v0: i64, v1: i32):
;;   28:  v2 = i64.load16_s memory0"wide"[v0 + 18446744073709551615]
;;   34:  i64.store memory0"wide"[v0 + 4294967296], v2
;;   41:  memory.fill memory0"wide" v0, v1, v0
;;   4a:  memory.copy memory0"wide" memory0"wide" v0, v0, v0
;;   54:  memory.copy memory0"wide" memory1"narrow" v0, v1, v1
;;   5e:  memory.copy memory1"narrow" memory0"wide" v1, v0, v1
;;   68:  memory.init memory0"wide" data0 v0, v1, v1
;;   6c:  v3 = memory.size memory1"narrow"
;;   6e:  v4 = memory.grow memory1"narrow" v3
;;   71:  v5 = memory.size memory0"wide"
;;   73:  v6 = memory.grow memory0"wide" v5
;;   75:  return v6
;; }
