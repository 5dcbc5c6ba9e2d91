;; Every load and store.
(module
  (memory $m 1)
  (func (param i32 v128)
    (drop (v128.load offset=3 align=1 (local.get 0)))
    (drop (v128.load8x8_s offset=3 align=1 (local.get 0)))
    (drop (v128.load8x8_u offset=3 align=1 (local.get 0)))
    (drop (v128.load16x4_s offset=3 align=1 (local.get 0)))
    (drop (v128.load16x4_u offset=3 align=1 (local.get 0)))
    (drop (v128.load32x2_s offset=3 align=1 (local.get 0)))
    (drop (v128.load32x2_u offset=3 align=1 (local.get 0)))
    (drop (v128.load8_splat offset=3 align=1 (local.get 0)))
    (drop (v128.load16_splat offset=3 align=1 (local.get 0)))
    (drop (v128.load32_splat offset=3 align=1 (local.get 0)))
    (drop (v128.load64_splat offset=3 align=1 (local.get 0)))
    (drop (v128.load32_zero offset=3 align=1 (local.get 0)))
    (drop (v128.load64_zero offset=3 align=1 (local.get 0)))
    (drop (v128.load (local.get 0)))
    (v128.store offset=16 (local.get 0) (local.get 1))
    (drop (v128.load8_lane offset=4 15 (local.get 0) (local.get 1)))
    (v128.store8_lane offset=4 15 (local.get 0) (local.get 1))
    (drop (v128.load16_lane offset=4 7 (local.get 0) (local.get 1)))
    (v128.store16_lane offset=4 7 (local.get 0) (local.get 1))
    (drop (v128.load32_lane offset=4 3 (local.get 0) (local.get 1)))
    (v128.store32_lane offset=4 3 (local.get 0) (local.get 1))
    (drop (v128.load64_lane offset=4 1 (local.get 0) (local.get 1)))
    (v128.store64_lane offset=4 1 (local.get 0) (local.get 1))))

;; ---- expected ----
;; function func0 (i32, v128) -> () {
;; block0(v0: i32, v1: v128):
;;   22:  v2 = v128.load memory0"m"[v0 + 3] align=1
;;   29:  v3 = v128.load8x8_s memory0"m"[v0 + 3] align=1
;;   30:  v4 = v128.load8x8_u memory0"m"[v0 + 3] align=1
;;   37:  v5 = v128.load16x4_s memory0"m"[v0 + 3] align=1
;;   3e:  v6 = v128.load16x4_u memory0"m"[v0 + 3] align=1
;;   45:  v7 = v128.load32x2_s memory0"m"[v0 + 3] align=1
;;   4c:  v8 = v128.load32x2_u memory0"m"[v0 + 3] align=1
;;   53:  v9 = v128.load8_splat memory0"m"[v0 + 3]
;;   5a:  v10 = v128.load16_splat memory0"m"[v0 + 3] align=1
;;   61:  v11 = v128.load32_splat memory0"m"[v0 + 3] align=1
;;   68:  v12 = v128.load64_splat memory0"m"[v0 + 3] align=1
;;   6f:  v13 = v128.load32_zero memory0"m"[v0 + 3] align=1
;;   76:  v14 = v128.load64_zero memory0"m"[v0 + 3] align=1
;;   7d:  v15 = v128.load memory0"m"[v0]
;;   86:  v128.store memory0"m"[v0 + 16], v1
;;   8e:  v16 = v128.load8_lane memory0"m"[v0 + 4] 15, v1
;;   98:  v128.store8_lane memory0"m"[v0 + 4] 15, v1
;;   a1:  v17 = v128.load16_lane memory0"m"[v0 + 4] 7, v1
;;   ab:  v128.store16_lane memory0"m"[v0 + 4] 7, v1
;;   b4:  v18 = v128.load32_lane memory0"m"[v0 + 4] 3, v1
;;   be:  v128.store32_lane memory0"m"[v0 + 4] 3, v1
;;   c7:  v19 = v128.load64_lane memory0"m"[v0 + 4] 1, v1
;;   d1:  v128.store64_lane memory0"m"[v0 + 4] 1, v1
;;   d6:  return
;; }
