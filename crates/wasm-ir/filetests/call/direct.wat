;; Calls of imported and defined functions, with names where there are any.
(module
  (import "env" "log" (func $log (param i32)))
  (import "env" "pair" (func (result i32 f64)))
  (func $twice (export "twice") (param i32) (result i32)
    (call $log (local.get 0))
    (drop (call 1))
    (call $log)
    (call $twice (i32.const 1))))

;; ---- expected ----
;; function func2"twice" (i32) -> (i32) {
;; block0(v0: i32):
;;   47:  call func0"log"(v0)
;;   49:  v1, v2 = call func1"pair"()
;;   4c:  call func0"log"(v1)
;;   4e:  v3 = i32.const 1
;;   50:  v4 = call func2"twice"(v3)
;;   52:  return v4
;; }
