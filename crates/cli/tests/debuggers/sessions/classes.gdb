# C++ with DWARF 5: classes, bases, references, templates, lambdas; a condition, a watchpoint on a variable in linear memory.
# program: classes.cpp -O0 -gdwarf-5 -fno-exceptions -fno-rtti
# code: -O0
# ways: run image exe
break classes.cpp:@add if item < 0
break classes.cpp:@area
break classes.cpp:@swap
break classes.cpp:@lambda
run
# check: item=-9) at
# sameln: classes.cpp:
print *this
# check: {items = {7, -9, 0, 0}, used = 1}
ptype this
# check: struct List<short, 4> {
up
print box
# check: {<shapes::Shape> = {_vptr$$Shape = 0x$()
# sameln: "box", kind = shapes::Kind::Straight}, from = {x = 1, y = 2}, to = {x = 5, y = 8}}
continue
# check: shapes::Box::area (this=0x$()
info locals
# check: width = 4
# nextln: height = 6
print name
# check: "box"
print kind
# check: shapes::Kind::Straight
print to.y
# check: = 8
continue
# check: swap (
print left
# check: (int &) @0x$()
# sameln: : 24
watch -location left
continue
# check: Old value = 24
# nextln: New value = 8
delete 5
continue
# check: main::$$_0::operator()
# sameln: by=3)
finish
# check: Value returned is
# sameln: = 11
