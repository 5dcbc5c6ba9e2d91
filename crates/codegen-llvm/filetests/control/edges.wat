;; Two edges from one block to the same block with different arguments get a block in between.
(module
  (func (param i32) (result i32)
    (block $out (result i32)
      (block $other (result i32)
        (br_table $out $other $out (i32.const 10) (local.get 0)))
      (i32.add (i32.const 5))))
  (func (param i32) (result i32)
    (block $out (result i32)
      (drop (br_if $out (i32.const 1) (local.get 0)))
      (i32.const 2)))
)
;;! emit = llvm-ir, func = 0
;; check: icmp eq i32 %1, 1
;; check: select i1 $(=.*), i32 15, i32 10
;;! emit = llvm-ir, func = 1
;; check: ret i32
