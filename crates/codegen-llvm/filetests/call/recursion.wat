;; Recursion stays recursion: it exhausts the stack instead of becoming a loop.
(module
  (func $runaway (call $runaway))
  (func $count (param i32) (result i32) (call $count (i32.add (local.get 0) (i32.const 1))))
  (func $even (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $odd (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.const 1))))
  (func $odd (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $even (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.const 0))))
)
;;! emit = asm, func = 0
;; check: callq "wasm[0]"
;;! emit = asm, opt = O3, func = 1
;; check: callq "wasm[1]"
;;! emit = asm, opt = O3, func = 2
;; check: callq "wasm[$(=[23])]"
