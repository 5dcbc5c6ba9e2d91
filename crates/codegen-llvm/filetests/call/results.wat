;; Up to three results come back in registers, more through a pointer that the caller passes last.
(module
  (func $three (result i32 i64 f64) (i32.const 1) (i64.const 2) (f64.const 3))
  (func $four (param i32) (result i32 i32 i32 i32)
    (local.get 0) (i32.const 2) (i32.const 3) (i32.const 4))
  (func (result i32)
    (call $four (i32.const 1))
    i32.add i32.add i32.add)
)
;;! emit = llvm-ir, func = 0
;; check: define hidden { i32, i64, double } @"wasm[0]"(ptr
;;! emit = llvm-ir, opt = O0, func = 1
;; check: tailcc void @"wasm[1]"(ptr $(=.*) %0, i32 %1, ptr %2)
;; check: store i32 %1, ptr %2
;;! emit = llvm-ir, opt = O0, func = 2
;; check: %results = alloca [64 x i8], align 16
;; check: notail call tailcc void @"wasm[1]"(ptr %0, i32 1, ptr %results)
;; check: load i32, ptr %results
