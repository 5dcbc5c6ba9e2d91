# Loads modules with wasmtime, for loading.rs: a request and its answer are a line of JSON each.
import json, os, sys, time, wasmtime

engine = wasmtime.Engine()
null = os.devnull


def compiled(request):
    with open(request["wasm"], "rb") as file:
        module = wasmtime.Module(engine, file.read())
    image = bytes(module.serialize())
    with open(request["compiled"], "wb") as file:
        file.write(image)
    return {"bytes": len(image)}


def loaded(request):
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["program"]
    wasi.stdin_file = wasi.stdout_file = wasi.stderr_file = null
    store.set_wasi(wasi)
    start = time.perf_counter_ns()
    module = wasmtime.Module.deserialize_file(engine, request["loaded"])
    load = time.perf_counter_ns()
    instance = linker.instantiate(store, module)
    instantiate = time.perf_counter_ns()
    function = instance.exports(store)["_start"]
    try:
        function(store)
        code = 0
    except wasmtime.ExitTrap as exit:
        code = exit.code
    end = time.perf_counter_ns()
    return {"code": code, "times": [load - start, instantiate - load, end - instantiate]}


for line in sys.stdin:
    request = json.loads(line)
    answer = compiled(request) if "wasm" in request else loaded(request)
    print(json.dumps(answer), flush=True)
