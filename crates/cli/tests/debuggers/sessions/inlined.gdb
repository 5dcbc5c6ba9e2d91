# A function that the guest's compiler inlined is a frame of its own.
# program: values.c -O0
# code: -O0 -O2
# ways: run image lazy exe
break values.c:@inlined
run
# check: hit Breakpoint 1
# sameln: twice (number=6)
backtrace 2
# check: twice (number=6)
# nextln: main ()
info locals
# check: doubled = 12
up
print first.name
# check: "first"
