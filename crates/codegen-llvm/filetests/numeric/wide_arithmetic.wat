;; The carry goes from one instruction to the next, and a wide product is one multiplication.
(module
  (func (param i64 i64 i64 i64) (result i64 i64)
    (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (param i64 i64 i64 i64) (result i64 i64)
    (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))
  (func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))
  ;; Only the carry out of a sum of two words.
  (func (param i64 i64) (result i64)
    (i64.add128 (local.get 0) (i64.const 0) (local.get 1) (i64.const 0))
    (local.set 0) (drop) (local.get 0))
)
;;! emit = asm, func = 0
;; check: addq
;; check: adcq
;; not: call

;;! emit = asm, func = 1
;; check: subq
;; check: sbbq

;;! emit = asm, func = 2, cpu = x86-64
;; check: imulq %rsi
;; not: mul

;;! emit = asm, func = 3, cpu = x86-64
;; check: mulq %rsi
;; not: mul

;;! emit = asm, func = 4
;; check: addq
;; check: setb
;; not: adc
