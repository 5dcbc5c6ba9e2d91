;; Several results and parameters of blocks, ifs and functions.
(module
  (func $swap (param i32 i64) (result i64 i32)
    (local.get 1) (local.get 0))
  (func $use (param i32) (result i32 i64)
    (call $swap (local.get 0) (i64.const 2))
    (block (param i64 i32) (result i32 i64)
      (if (param i64 i32) (result i32 i64) (local.get 0)
        (then (drop) (drop) (i32.const 1) (i64.const 2))
        (else (drop) (drop) (i32.const 3) (i64.const 4))))))

;; ---- expected ----
;; function func0"swap" (i32, i64) -> (i64, i32) {
;; block0(v0: i32, v1: i64):
;;   2d:  return v1, v0
;; }
;; function func1"use" (i32) -> (i32, i64) {
;; block0(v0: i32):
;;   32:  v1 = i64.const 2
;;   34:  v2, v3 = call func0"swap"(v0, v1)
;;   3a:  branch v0, block1, block2
;; block1:
;;   3e:  v4 = i32.const 1
;;   40:  v5 = i64.const 2
;;   42:  jump block3(v4, v5)
;; block2:
;;   45:  v6 = i32.const 3
;;   47:  v7 = i64.const 4
;;   49:  jump block3(v6, v7)
;; block3(v8: i32, v9: i64):
;;   4b:  return v8, v9
;; }
