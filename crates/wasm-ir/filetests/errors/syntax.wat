;; A syntax error shows the line.
(module
  (func (result i32)
    (i32.cost 1)))

;; ---- expected ----
;; unknown operator or unexpected token
;;      --> <anon>:4:6
;;       |
;;     4 |     (i32.cost 1)))
;;       |      ^
