# From a system call of the host's, through the guest, and out to the host again.
# program: values.c -O0
# code: -O0 -O2
# ways: run image lazy exe
set backtrace past-main on
break describe
run
# check: hit Breakpoint 1
delete
catch syscall write writev
continue
# check: call to syscall write$()
backtrace
# check: main () at
# sameln: values.c:73
# check: host_entry
python
frame = guest = gdb.selected_frame()
while guest.find_sal().symtab is None or not guest.find_sal().symtab.filename.endswith("values.c"):
    guest = guest.older()
before, after = 0, 0
while frame is not None:
    before, after = (before + 1, after) if frame.level() < guest.level() else (before, after + 1)
    frame = frame.older()
print("host frames on both sides: %s" % (before > 5 and after > 5))
guest.select()
end
# check: host frames on both sides: True
print greeting
# check: "hello, debugger"
print first.next->name
# check: "middle"
print sum
# check: = 68
delete
advance values.c:@end
# check: main () at
# sameln: values.c:74
