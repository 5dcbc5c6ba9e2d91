;; Not implemented yet.
(module
  (func $f (return_call $f)))

;; ---- expected ----
;; unsupported module: tail calls support is not enabled (it needs the WebAssembly feature `tail-call`, which is not implemented) (at offset 0x17)
