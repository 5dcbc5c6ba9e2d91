# Runs modules in wasmtime for the differential tests: a request of one line, an answer of one line, both in JSON.
#
# It talks to the C interface below the package's classes, since those have no vectors and turn floats into numbers,
# which loses bits of NaNs. Values travel as [type, bits].
import ctypes
import json
import sys

import wasmtime
from wasmtime import _ffi as ffi

PIECE = 256


def engine():
    config = wasmtime.Config()
    for feature in (
        "wasm_threads", "wasm_tail_call", "wasm_reference_types", "wasm_simd", "wasm_bulk_memory",
        "wasm_multi_value", "wasm_multi_memory", "wasm_memory64", "wasm_relaxed_simd",
        "wasm_relaxed_simd_deterministic", "wasm_function_references", "wasm_wide_arithmetic",
        "wasm_custom_page_sizes", "cranelift_nan_canonicalization",
    ):
        setattr(config, feature, True)
    config.parallel_compilation = False
    return wasmtime.Engine(config)


def number(kind):
    return kind.value if hasattr(kind, "value") else kind


PLAIN = {
    number(ffi.WASMTIME_I32): ("i32", "i32"),
    number(ffi.WASMTIME_I64): ("i64", "i64"),
    number(ffi.WASMTIME_F32): ("f32", "i32"),
    number(ffi.WASMTIME_F64): ("f64", "i64"),
}
KINDS = {name: (kind, field) for kind, (name, field) in PLAIN.items()}
V128 = number(ffi.WASMTIME_V128)
FUNCREF = number(ffi.WASMTIME_FUNCREF)
EXTERNREF = number(ffi.WASMTIME_EXTERNREF)


def given(raw, name, bits):
    if name in KINDS:
        raw.kind, field = KINDS[name]
        setattr(raw.of, field, int(bits))
    elif name == "v128":
        raw.kind = V128
        ctypes.memmove(ctypes.addressof(raw.of), int(bits).to_bytes(16, "little"), 16)
    else:
        # References are null.
        raw.kind = FUNCREF if name == "funcref" else EXTERNREF
        ctypes.memset(ctypes.addressof(raw.of), 0, ctypes.sizeof(raw.of))


def seen(raw):
    kind = number(raw.kind)
    if kind in PLAIN:
        name, field = PLAIN[kind]
        return [name, str(getattr(raw.of, field))]
    if kind == V128:
        return ["v128", str(int.from_bytes(ctypes.string_at(ctypes.addressof(raw.of), 16), "little"))]
    if kind == FUNCREF:
        return ["funcref", str(int(raw.of.funcref.store_id == 0))]
    if kind == EXTERNREF:
        return ["externref", str(int(raw.of.externref.store_id == 0))]
    return ["unknown", str(kind)]


def stop(failure):
    code = failure.trap_code if isinstance(failure, wasmtime.Trap) else None
    return code.name if code is not None else str(failure)


def invoke(store, func, arguments, results):
    params = (ffi.wasmtime_val_t * max(len(arguments), 1))()
    for raw, (name, bits) in zip(params, arguments):
        given(raw, name, bits)
    values = (ffi.wasmtime_val_t * max(results, 1))()
    trap = ctypes.POINTER(ffi.wasm_trap_t)()
    error = ffi.wasmtime_func_call(
        store._context(), ctypes.byref(func._func), params, len(arguments), values, results, ctypes.byref(trap))
    if error:
        return {"stop": str(wasmtime.WasmtimeError._from_ptr(error))}
    if trap:
        return {"stop": stop(wasmtime.Trap._from_ptr(trap))}
    return {"values": [seen(values[index]) for index in range(results)]}


def global_value(store, item):
    raw = ffi.wasmtime_val_t()
    ffi.wasmtime_global_get(store._context(), ctypes.byref(item._global), ctypes.byref(raw))
    return seen(raw)


def set_global(store, item, name, bits):
    raw = ffi.wasmtime_val_t()
    given(raw, name, bits)
    ffi.wasmtime_global_set(store._context(), ctypes.byref(item._global), ctypes.byref(raw))


def nulls(store, table):
    found = []
    for index in range(table.size(store)):
        raw = ffi.wasmtime_val_t()
        ffi.wasmtime_table_get(store._context(), ctypes.byref(table._table), index, ctypes.byref(raw))
        found.append(seen(raw)[1] == "1")
    return found


def contents(store, memory):
    """Size in pages and in bytes, and the pieces that are not all zero."""
    size = memory.data_len(store)
    data = ctypes.string_at(memory.data_ptr(store), size) if size else b""
    pieces = []
    if data.strip(b"\0"):
        for at in range(0, size, PIECE):
            piece = data[at:at + PIECE]
            if piece.strip(b"\0"):
                pieces.append([at, piece.hex()])
    return [memory.size(store), size, pieces]


def left(store, exports, answer):
    for name, item in exports.items():
        if isinstance(item, wasmtime.Global):
            answer["globals"].append([name, global_value(store, item)])
        elif isinstance(item, wasmtime.Memory):
            answer["memories"].append([name] + contents(store, item))
        elif isinstance(item, wasmtime.Table):
            answer["tables"].append([name, nulls(store, item)])


def run(engine, request):
    try:
        module = wasmtime.Module(engine, bytes.fromhex(request["module"]))
    except wasmtime.WasmtimeError as error:
        return {"refused": str(error)}
    if request["calls"] is None:
        return {}
    answer = {"calls": [], "notes": [], "globals": [], "memories": [], "tables": []}
    store = wasmtime.Store(engine)
    note = wasmtime.Func(
        store, wasmtime.FuncType([wasmtime.ValType.i64()], []), lambda value: answer["notes"].append(value))
    try:
        instance = wasmtime.Instance(store, module, [note for _ in module.imports])
    except (wasmtime.Trap, wasmtime.WasmtimeError) as failure:
        answer["calls"].append(["", {"stop": stop(failure)}])
        return answer
    exports = instance.exports(store)
    fuel = exports.get(request["fuel"][0])
    for call in request["calls"]:
        if fuel is not None:
            set_global(store, fuel, "i32", request["fuel"][1])
        ended = invoke(store, exports[call["name"]], call["arguments"], call["results"])
        answer["calls"].append([call["name"], ended])
        if ended.get("stop") == "STACK_OVERFLOW":
            break
    left(store, exports, answer)
    return answer


def main():
    shared = engine()
    for line in sys.stdin:
        print(json.dumps(run(shared, json.loads(line))), flush=True)


main()
