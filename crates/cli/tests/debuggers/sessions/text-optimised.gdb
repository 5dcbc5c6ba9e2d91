# Optimised code of a module without sources: its lines, locals of WebAssembly, what it writes.
# program: text.wat
# code: -O1 -O2
# ways: run image lazy
# arguments: --invoke=fill 16 3
tbreak text.wat:@store
run
# check: hit Temporary breakpoint 1
# sameln: fill (at=16, count=3) at text.wat
break text.wat:@store if at == 18
continue
# check: hit Breakpoint 2
# sameln: fill (at=18, count=1) at text.wat
backtrace
# check: fill (at=18, count=1)
# check: host_entry
print/x wasm_memory[16]
# check: = 0x10
info symbol $pc
# check: wasm[2]
