# Compiles a program of the corpus to a file with wasmtime, or runs such a file, and says on standard error what processor time that
# took, in seconds.
import sys
import time

import wasmtime

action, file, *rest = sys.argv[1:]
config = wasmtime.Config()
config.parallel_compilation = False
engine = wasmtime.Engine(config)
code = 0
if action == "compile":
    started = time.process_time()
    module = wasmtime.Module.from_file(engine, file)
    taken = time.process_time() - started
    with open(rest[0], "wb") as output:
        output.write(module.serialize())
else:
    module = wasmtime.Module.deserialize_file(engine, file)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["program", *rest]
    wasi.inherit_stdout()
    wasi.preopen_dir(".", ".")
    store.set_wasi(wasi)
    start = linker.instantiate(store, module).exports(store)["_start"]
    started = time.process_time()
    try:
        start(store)
    except wasmtime.ExitTrap as exit:
        code = exit.code
    taken = time.process_time() - started
print(taken, file=sys.stderr)
sys.exit(code)
