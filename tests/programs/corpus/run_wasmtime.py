# Runs a program of the corpus in wasmtime, and says on standard error what processor time running and compiling it took, in
# seconds.
import sys
import time

import wasmtime

wasm, *args = sys.argv[1:]
config = wasmtime.Config()
config.parallel_compilation = False
engine = wasmtime.Engine(config)
compiling = time.process_time()
module = wasmtime.Module.from_file(engine, wasm)
compiled = time.process_time() - compiling
linker = wasmtime.Linker(engine)
linker.define_wasi()
store = wasmtime.Store(engine)
wasi = wasmtime.WasiConfig()
wasi.argv = ["program", *args]
wasi.inherit_stdout()
wasi.preopen_dir(".", ".")
store.set_wasi(wasi)
start = linker.instantiate(store, module).exports(store)["_start"]
running = time.process_time()
code = 0
try:
    start(store)
except wasmtime.ExitTrap as exit:
    code = exit.code
print(time.process_time() - running, compiled, file=sys.stderr)
sys.exit(code)
