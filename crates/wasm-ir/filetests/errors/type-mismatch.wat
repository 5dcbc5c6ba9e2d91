;; Invalid: the offset is that of the instruction.
(module
  (func (result i32) (i64.add (i64.const 1) (i64.const 2))))

;; ---- expected ----
;; invalid module: type mismatch: expected i32, found i64 (at offset 0x1d)
