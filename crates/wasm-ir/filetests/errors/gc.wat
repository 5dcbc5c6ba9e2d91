;; Not implemented yet.
(module
  (type (struct)))

;; ---- expected ----
;; unsupported module: struct indexed types not supported without the gc feature (it needs the WebAssembly feature `gc`, which is not implemented) (at offset 0xb)
