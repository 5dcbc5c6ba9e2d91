;; A loop without effects is not deleted.
(module
  (func (loop $again (br $again)))
)
;;! emit = asm
;; check: jmp .LBB$(=[0-9_]+)
