# A session: values and steps in what was entered, its memory and globals, two traps, and what is entered again; the code that it replaced is not shown any more.
# program: tour.repl
# code: -O0 -O2
# ways: repl
break square
run
# check: hit Breakpoint 1
# sameln: square (x=5) at repl-3.wat
info locals
# check: y = 0
next
# check: i32.store
next
# check: global.get $$bias
next
# check: i32.add
info locals
# check: y = 25
print bias
# check: = 7
print/d wasm_memory[16]
# check: = 25
backtrace 3
# check: square (x=5)
# check: expression () at repl-6.wat
# check: host_entry
finish
# check: Value returned is
# sameln: = 32
continue
# check: received signal SIGILL
# check: fall (n=0) at repl-4.wat
# nextln: unreachable
backtrace 4
# check: fall (n=0)
# check: fall (n=1)
# check: fall (n=2)
# check: expression () at
up
info args
# check: n = 1
continue
# check: received signal SIGSEGV
# check: far (at=-4) at repl-5.wat
# nextln: i32.load
continue
# check: square (x=6) at repl-3.wat
continue
# check: square (x=7) at repl-10.wat
continue
# check: square (x=8) at repl-12.wat
continue
# check: square (x=9) at repl-14.wat
info breakpoints
# check: in square at repl-14.wat
# not: in square at repl-10.wat
# not: in square at repl-12.wat
continue
# check: square (x=10) at repl-1.wat
info breakpoints
# check: in square at repl-1.wat
# not: in square at
# check: trap: unreachable
# check: trap: out of bounds memory access
