# Functions that are entered one by one: a breakpoint that waits for one, and is set again in what takes its place.
# program: session.repl
# code: -O0 -O2
# ways: repl
break twice
run
# check: hit Breakpoint 1
# sameln: twice (x=21) at repl-1.wat
backtrace 2
# check: expression () at repl-2.wat
continue
# check: 42
# check: hit Breakpoint 1
# sameln: twice (x=5) at repl-
