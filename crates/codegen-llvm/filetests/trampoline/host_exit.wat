;; Exit to the host: stack check, arguments into slots, the callee, its status, results out of the slots.
(module
  (import "" "f" (func (param i32 f64) (result f32)))
)
;;! emit = llvm-ir
;; check: define hidden tailcc float @"host_exit[0]"(ptr %0, i32 %1, double %2)
;; check: @llvm.stacksave.p0()
;; check: store i32 %1
;; check: store double %2
;; check: notail call i32 %
;; check: icmp eq i32
;; check: load float
;; check: ubsantrap(i8 10)
;; check: ubsantrap(i8 14)
