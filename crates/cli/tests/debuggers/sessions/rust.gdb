# Rust: structures, tuples, enumerations with and without data, also one whose tag is a null pointer; slices and text; their types.
# program: enums.rs
# code: -O0 -O2
# ways: run image lazy exe
break enums::describe
run
# check: hit Breakpoint 1
break enums.rs:@describe
delete 1
continue
# check: enums::describe (shape=0x$()
# sameln: colour=enums::Colour::Green
info args
# check: numbers = &[i32] [5, 6, 7]
# nextln: pair = (200, 9)
# nextln: link = enums::Option<&enums::Point>::Some(0x$()
print *shape
# check: = enums::Shape::Label{at: enums::Point {x: 20, y: 22}, text: "here"}
ptype *shape
# check: type = enum enums::Shape {
# check: Circle(f64),
up
print near
# check: = enums::Point {x: 3, y: 4}
print circle
# check: = enums::Shape::Circle(2.5)
continue
# check: colour=enums::Colour::Red
print *shape
# check: = enums::Shape::Circle(2.5)
print link
# check: = enums::Option<&enums::Point>::None
