;; Not implemented yet.
(module
  (func (result i32) (i32x4.extract_lane 0 (v128.const i32x4 1 2 3 4))))

;; ---- expected ----
;; unsupported module: SIMD support is not enabled (it needs the WebAssembly feature `simd`, which is not implemented) (at offset 0x18)
