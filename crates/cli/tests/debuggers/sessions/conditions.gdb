# A breakpoint with a condition on a variable, in a recursion; a watchpoint on a variable in linear memory; in code of every kind.
# program: values.c -O0
# code: -O0 -O2
# ways: run image lazy exe
break factorial if n == 2
run
# check: hit Breakpoint 1
# sameln: factorial (n=2)
backtrace 4
# check: #0  factorial (n=2)
# nextln: factorial (n=3)
# nextln: factorial (n=4)
# nextln: main ()
up
print n
# check: = 3
down
print n
# check: = 2
watch counter
continue
# check: hit Hardware watchpoint 2: counter
# check: Old value = 53
# check: New value = 1912276449
# check: describe
info breakpoints
# check: breakpoint already hit 1 time
