# Values of every kind, in a function and in its caller; pointers are followed into linear memory.
# program: values.c -O0
# code: -O0 -O2
# ways: run image lazy exe splitimage splitexe
# A breakpoint by line would be taken for another line before the function has code.
break describe
run
# check: hit Breakpoint 1
tbreak values.c:@describe
continue
# check: hit Temporary breakpoint
# sameln: describe (shape=0x$()
# sameln: ratio=2.5, big=1234567890123, small=200
# nextln: counter += scaled
backtrace
# check: #0  describe (shape=0x$()
# nextln: #1
# sameln: main () at
# sameln: values.c:72
info args
# check: shape = 0x$()
# nextln: ratio = 2.5
# nextln: big = 1234567890123
# nextln: small = 200
info locals
# check: scaled = 25
print *shape
# check: {colour = GREEN, number = {bits = 1069547520, value = 1.5}, flags = {low = 5, high = 17, sign = -3}, weights = {0.5, 1.25, 2}, nodes = 0x$()
print shape->nodes[0]->name
# check: "first"
print *shape->nodes[1]
# check: {value = 3, name = 0x$()
# sameln: "last", next = 0x0}
print shape->nodes[0]->next->next->value
# check: = 3
print shape->weights[1] + shape->flags.sign
# check: = -1.75
ptype shape
# check: enum colour colour;
# check: node* nodes[2];
up
info locals
# check: first = {value = 1, name = 0x$()
# sameln: "first", next = 0x$()
# nextln: shape = {colour = GREEN
# nextln: sum = 42
print first.next->name
# check: "middle"
print *first.next->next
# check: "last", next = 0x0}
print &first.value
# check: (int *) 0x$()
print counter
# check: = 53
print greeting
# check: "hello, debugger"
print middle.next->value
# check: = 3
print *greeting@5
# check: "hello"
print wasm_memory[1024]
# check: =
