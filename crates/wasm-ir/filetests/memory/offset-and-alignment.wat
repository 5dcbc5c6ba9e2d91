;; Offsets up to the largest; an alignment is shown when it is not the natural one.
(module
  (memory 1)
  (func (param i32)
    (drop (i32.load offset=4294967295 align=1 (local.get 0)))
    (drop (i64.load8_u offset=1 (local.get 0)))
    (i64.store align=4 (local.get 0) (i64.const 0))))

;; ---- expected ----
;; function func0 (i32) -> () {
;; block0(v0: i32):
;;   1f:  v1 = i32.load memory0[v0 + 4294967295] align=1
;;   29:  v2 = i64.load8_u memory0[v0 + 1]
;;   2f:  v3 = i64.const 0
;;   31:  i64.store memory0[v0] align=4, v3
;;   34:  return
;; }
