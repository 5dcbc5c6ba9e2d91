# Breakpoints by function and by line and with a condition; step, next, finish, up, down; recursion; a watchpoint in linear memory.
# program: values.c -O0
# code: -O0
# ways: run image lazy exe
break total
run
# check: hit Breakpoint 1
# sameln: total (first=0x$()
# nextln: int sum = 0;
next
# check: for (struct node *node = first
next
# check: sum += node->value;
print node->name
# check: "first"
finish
# check: main () at
# check: Value returned is
# sameln: = 6
next
# check: sum += twice(sum)
step
# check: twice (number=6)
break factorial if n == 2
continue
# check: hit Breakpoint 2
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
# check: hit Hardware watchpoint 3: counter
# check: Old value = 53
# check: New value = 1912276449
# check: describe
info breakpoints
# check: breakpoint already hit 1 time
