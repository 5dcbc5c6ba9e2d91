;; Entry from the host: arguments out of slots, results into them, for the types of functions that escape.
(module
  (func (export "f") (param i32 f64) (result i64 i32) (i64.const 1) (local.get 0))
  (func (param i32))
)
;;! emit = llvm-ir, opt = O0
;; check: define hidden void @"host_entry[0]"(ptr %0, ptr %1, ptr %2)
;; check: load i32, ptr %2
;; check: getelementptr inbounds i8, ptr %2, i64 16
;; check: load double
;; check: notail call tailcc { i64, i32 } %1(ptr %0, i32 %$(=\d+), double %$(=\d+))
;; check: store i64
;; check: store i32
;; not: host_entry[1]

;; On Arm, the same between slots and registers.
;;! emit = asm, machine = aarch64, opt = O2
;; check: "host_entry[0]":
;; check: blr
;; check: ret
