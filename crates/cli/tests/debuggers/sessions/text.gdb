# A module without sources: the text is the source, locals are those of WebAssembly.
# program: text.wat
# code: -O0
# ways: run image lazy
# arguments: --invoke=sum 3
break sum
run
# check: hit Breakpoint 1
# sameln: sum (n=3) at
# sameln: text.wat
info args
# check: n = 3
break text.wat:@add
continue
# check: hit Breakpoint 2
# sameln: add (
# sameln: text.wat
# nextln: global.get $$step
backtrace 2
# check: add (
# nextln: sum (n=3)
print step
# check: = 7
next
# check: i32.add)
finish
# check: sum (n=
print/x wasm_memory[0]
# check: = 0x2a
delete
continue
# check: 27
