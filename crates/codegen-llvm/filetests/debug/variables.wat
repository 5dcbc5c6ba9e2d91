;; Where each local is, as records beside the instructions: the context and the parameters from the entry on, a local after
;; each assignment and where control joins. A variable's line is the number of its local, its name where it has that value since; 0 is
;; everywhere.
(module
  (func (export "f") (param $n i32) (result i32) (local $sum i32) (local $later f64)
    (block
      (br_if 0 (i32.eqz (local.get $n)))
      (loop $l
        (local.set $sum (i32.add (local.get $sum) (local.get $n)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (local.get $sum)))

;;! emit = llvm-ir, opt = O0, debug = on
;; check: define hidden
;; check: #dbg_value(ptr %0, $(context=[0-9!]+), !DIExpression()
;; nextln: #dbg_value(i32 %1, $(n=[0-9!]+), !DIExpression()
;; check: #dbg_value(i32 0, $(sum=[0-9!]+), !DIExpression()
;; nextln: #dbg_value(double 0.000000e+00, $(later=[0-9!]+), !DIExpression()
;; check: phi i32
;; check: #dbg_value(i32 $(phi=%[0-9]+), $n, !DIExpression()
;; check: add i32
;; check: #dbg_value(i32 poison, $n, !DIExpression()
;; check: ret i32
;; check: $context = !DILocalVariable(name: "vmctx", arg: 1
;; check: $n = !DILocalVariable(name: "0", arg: 2
;; sameln: line: 1,
;; check: $sum = !DILocalVariable(name: "0", scope
;; sameln: line: 2,
;; check: $later = !DILocalVariable(name: "0", scope

;;! emit = llvm-ir, opt = O2
;; not: dbg_value
;; check: ret i32
