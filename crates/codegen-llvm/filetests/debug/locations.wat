;; Lines are byte offsets in the module; the linkage name says which function.
(module $sample
  (func $named (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
)
;;! emit = llvm-ir
;; check: !DICompileUnit(
;; check: !DISubprogram(name: "named", linkageName: "wasm[0]"
;; check: !DILocation(line: 
