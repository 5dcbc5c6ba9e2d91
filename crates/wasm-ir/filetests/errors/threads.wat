;; Not implemented yet.
(module
  (memory 1 1 shared))

;; ---- expected ----
;; unsupported module: threads must be enabled for shared memories (it needs the WebAssembly feature `threads`, which is not implemented) (at offset 0xb)
