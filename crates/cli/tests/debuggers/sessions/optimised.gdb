# C++ in optimised code: a method's object and locals, also those of its base class; frames; a lambda.
# program: classes.cpp -O0 -gdwarf-5 -fno-exceptions -fno-rtti
# code: -O2
# ways: run image lazy exe
break shapes::Box::area
run
# check: shapes::Box::area (this=0x$()
tbreak classes.cpp:@area
continue
info locals
# check: width = 4
# nextln: height = 6
print name
# check: "box"
print kind
# check: shapes::Kind::Straight
print to.y
# check: = 8
up
# check: main ()
print box
# check: {<shapes::Shape> = {_vptr$$Shape = 0x$()
# sameln: "box", kind = shapes::Kind::Straight}, from = {x = 1, y = 2}, to = {x = 5, y = 8}}
print list
# check: {items = {7, -9, 0, 0}, used = 2}
