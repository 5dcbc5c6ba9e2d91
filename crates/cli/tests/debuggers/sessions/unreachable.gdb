# So does a trap by an instruction.
# program: trap.c -O0
# code: -O0 -O2
# ways: run image lazy exe
# arguments: more
run
# check: received signal SIGILL
# check: __builtin_trap();
backtrace 2
# check: refuse (
# check: $()main$()
continue
# check: unreachable
