;; A load that feeds a select happens whatever the condition: LLVM's cmov converter would put it behind a branch, where its
;; trap is lost (llvm-project issue 219814). Keeps `-x86-cmov-converter-force-mem-operand=false` set.
(module
  (memory 1)
  (func (param $p i32) (param $c i32) (result i32)
    (select (i32.load (local.get $p)) (i32.const 42) (local.get $c)))
  (func (param $p i32) (param $q i32) (param $c i32) (result i64)
    (select (i64.load (local.get $p)) (i64.load (local.get $q)) (local.get $c)))
)
;;! emit = asm, func = 0
;; not: j$(=[a-z]+) .LBB$(=[0-9_]+)
;; check: cmov$(=[a-z]+) (
;; not: j$(=[a-z]+) .LBB$(=[0-9_]+)

;;! emit = asm, func = 1
;; not: j$(=[a-z]+) .LBB$(=[0-9_]+)
;; check: cmov$(=[a-z]+) (
;; not: j$(=[a-z]+) .LBB$(=[0-9_]+)
