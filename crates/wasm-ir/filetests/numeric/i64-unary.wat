;; Every unary operator of i64, sign extension included.
(module
  (func (param i64)
    (drop (i64.clz (local.get 0)))
    (drop (i64.ctz (local.get 0)))
    (drop (i64.popcnt (local.get 0)))
    (drop (i64.extend8_s (local.get 0)))
    (drop (i64.extend16_s (local.get 0)))
    (drop (i64.extend32_s (local.get 0)))))

;; ---- expected ----
;; function func0 (i64) -> () {
;; block0(v0: i64):
;;   1a:  v1 = i64.clz v0
;;   1e:  v2 = i64.ctz v0
;;   22:  v3 = i64.popcnt v0
;;   26:  v4 = i64.extend8_s v0
;;   2a:  v5 = i64.extend16_s v0
;;   2e:  v6 = i64.extend32_s v0
;;   30:  return
;; }
