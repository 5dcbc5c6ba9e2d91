;; The import that is a hint, by its module, its name and its type; another function of the same name is called.
(module
  (import "wootz" "prefetch" (func $prefetch (param i32)))
  (import "wootz" "prefetch" (func $other (param i64)))
  (memory 1)
  (func $f (param i32)
    (call $prefetch (local.get 0))
    (call $other (i64.const 1))
    (return_call $prefetch (local.get 0))))

;; ---- expected ----
;; function func2"f" (i32) -> () {
;; block0(v0: i32):
;;   48:  prefetch memory0 v0
;;   4a:  v1 = i64.const 1
;;   4c:  call func1"other"(v1)
;;   50:  return_call func0"prefetch"(v0)
;; }
