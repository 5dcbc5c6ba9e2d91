;; A load that cannot trap is no obstacle: it is a plain one. A store is still one, and so is what only an earlier access proves:
;; where that may be moved to, its trap would be another's. Under explicit checks both have none of their own.
(module
  (memory 1)
  (func (param $x i32) (result i32) (i32.load8_u offset=1024 (i32.and (local.get $x) (i32.const 255))))
  (func (param $x i32) (i32.store8 offset=1024 (i32.and (local.get $x) (i32.const 255)) (i32.const 1)))
  (func (param $p i32) (result i32) (i32.add (i32.load offset=8 (local.get $p)) (i32.load offset=4 (local.get $p))))
)
;;! func = 0
;; not: volatile
;; check: load i8
;;! func = 1
;; check: store volatile i8
;;! func = 2
;; check: load volatile i32
;; check: load volatile i32
;;! func = 0, checks = explicit
;; not: icmp
;;! func = 1, checks = explicit
;; not: icmp
;;! func = 2, checks = explicit
;; check: icmp
;; not: icmp
