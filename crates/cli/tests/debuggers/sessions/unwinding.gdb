# The way out to the host is found from every instruction of a function, also from those behind calls that take arguments from the stack; so finish
# and next find their way back in optimised code.
# program: unwinding.c -O1
# code: -O0 -O2
# ways: run image lazy exe
set backtrace past-main on
break sum
run
# check: hit Breakpoint 1
ignore 1 2
continue
# check: hit Breakpoint 1
delete
finish
# check: sum (
# check: Value returned is $$1 =
tbreak unwinding.c:@after
continue
# check: depth++
next
# check: return first
python
def outermost(frame):
    name = ""
    while frame is not None and not name.startswith("host_entry"):
        name = frame.name() or ""
        frame = frame.older()
    return name, frame.read_register("rsp") if frame else None
steps = lost = 0
expected = outermost(gdb.selected_frame())
while steps < 2000 and gdb.selected_frame().name() == "sum":
    steps += 1
    lost += outermost(gdb.selected_frame()) != expected
    gdb.execute("stepi", to_string=True)
print("%s: lost in %d of %s steps" % (expected[0].split("[")[0], lost, "many" if steps > 300 else steps))
end
# check: host_entry: lost in 0 of many steps
