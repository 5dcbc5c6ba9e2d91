;; Every unary operator of i32, sign extension included.
(module
  (func (param i32)
    (drop (i32.clz (local.get 0)))
    (drop (i32.ctz (local.get 0)))
    (drop (i32.popcnt (local.get 0)))
    (drop (i32.extend8_s (local.get 0)))
    (drop (i32.extend16_s (local.get 0)))))

;; ---- expected ----
;; function func0 (i32) -> () {
;; block0(v0: i32):
;;   1a:  v1 = i32.clz v0
;;   1e:  v2 = i32.ctz v0
;;   22:  v3 = i32.popcnt v0
;;   26:  v4 = i32.extend8_s v0
;;   2a:  v5 = i32.extend16_s v0
;;   2c:  return
;; }
