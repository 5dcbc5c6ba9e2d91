# From a breakpoint in the host, through the guest, and out to the host again.
# program: values.c -O0
# code: -O0 -O2
break values.c:@main
run
catch syscall write writev
continue
# check: call to syscall write$()
backtrace
# check: main () at
# sameln: values.c:73
# check: host_entry
# check: run::
