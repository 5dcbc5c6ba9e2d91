;; A vector is one access, guarded or compared; splats, extensions and lanes access only their bytes.
(module
  (memory 1)
  (func (param i32) (result v128) (v128.load offset=16 (local.get 0)))
  (func (param i32 v128) (v128.store (local.get 0) (local.get 1)))
  (func (param i32) (result v128) (v128.load8x8_s (local.get 0)))
  (func (param i32) (result v128) (v128.load32_splat (local.get 0)))
  (func (param i32) (result v128) (v128.load64_splat (local.get 0)))
  (func (param i32) (result v128) (v128.load32_zero (local.get 0)))
  (func (param i32) (result v128) (v128.load64_zero (local.get 0)))
  (func (param i32 v128) (result v128) (v128.load16_lane 5 (local.get 0) (local.get 1)))
  (func (param i32 v128) (v128.store16_lane 5 (local.get 0) (local.get 1)))
)
;;! emit = asm, cpu = x86-64-v3, func = 0
;; not: cmp
;; check: vmovups 16(%r$(=[a-z]+),%r$(=[a-z]+)), %xmm0
;; nextln: .loc
;; nextln: retq

;;! emit = asm, cpu = baseline, func = 0
;; check: movups 16(

;;! emit = llvm-ir, cpu = x86-64-v3, func = 0
;; check: load volatile <16 x i8>
;; sameln: align 1

;;! emit = llvm-ir, cpu = x86-64-v3, checks = explicit, func = 0
;; check: icmp ult i64
;; check: ubsantrap(i8 2)

;;! emit = asm, cpu = x86-64-v3, func = 1
;; check: vmovups %xmm0, (%r$(=[a-z]+)

;;! emit = llvm-ir, cpu = x86-64-v3, checks = explicit, func = 1
;; check: icmp ult i64

;;! emit = asm, cpu = x86-64-v3, func = 2
;; check: vpmovsxbw (%r$(=[a-z]+)

;;! emit = llvm-ir, cpu = x86-64-v3, func = 2
;; check: load volatile i64
;; check: sext <8 x i8>

;;! emit = asm, cpu = x86-64-v3, func = 3
;; check: vbroadcastss (%r$(=[a-z]+)

;;! emit = asm, cpu = x86-64-v3, func = 4
;; check: vmovddup (%r$(=[a-z]+)

;;! emit = asm, cpu = x86-64-v3, checks = explicit, func = 5
;; check: vmovss (%r$(=[a-z]+)

;;! emit = asm, cpu = baseline, checks = explicit, func = 5
;; check: movss (%r$(=[a-z]+)

;;! emit = asm, cpu = x86-64-v3, checks = explicit, func = 6
;; check: vmovsd (%r$(=[a-z]+)

;;! emit = asm, cpu = x86-64-v3, func = 7
;; check: vpinsrw $$5, (%r$(=[a-z]+)

;;! emit = asm, cpu = x86-64-v3, func = 8
;; check: vpextrw $$5, %xmm0, (%r$(=[a-z]+)

;;! emit = llvm-ir, cpu = x86-64-v3, func = 8
;; check: store volatile i16
