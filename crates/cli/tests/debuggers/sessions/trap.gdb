# A fault stops at its line, with the guest's frames above it.
# program: trap.c -O0
# code: -O0 -O2
# ways: run image lazy exe
run
# check: received signal SIGSEGV
# check: return far_away(cell)->value
backtrace 5
# check: follow (cell=0x$()
# sameln: depth=0
# check: follow (cell=0x$()
# check: depth=2
print *cell
# check: {value = 5, next = 0x$()
print cell->next->value
# check: = 7
continue
# check: out of bounds memory access
