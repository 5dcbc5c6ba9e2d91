# Code that is compiled when it is called: breakpoints wait for it, also in what is not there yet; a condition; variables; the way out to the host.
# program: values.c -O0
# code: -O0 -O2
# ways: lazy
break describe
break factorial if n == 2
break total
run
# check: hit Breakpoint 3
# sameln: total (first=0x$()
print first->name
# check: "first"
backtrace
# check: #0  total (first=0x$()
# nextln: main () at
# check: host_entry
# check: run::
continue
# check: hit Breakpoint 2
# sameln: factorial (n=2)
backtrace 4
# check: factorial (n=2)
# nextln: factorial (n=3)
# nextln: factorial (n=4)
# nextln: main ()
continue
# check: hit Breakpoint 1
# sameln: describe (shape=0x$()
# sameln: ratio=2.5, big=1234567890123, small=200
print *shape
# check: {colour = GREEN, number = {bits = 1069547520, value = 1.5}, flags = {low = 5, high = 17, sign = -3}
print shape->nodes[0]->name
# check: "first"
print counter
# check: = 53
