;; Not implemented yet.
(module
  (memory 1 1 shared))

;; ---- expected ----
;; unsupported module: tail calls support is not enabled (it needs the WebAssembly feature `tail-call`, which is not implemented) (at offset 0x17)
