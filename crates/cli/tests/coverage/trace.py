# Stops at every line of a program and writes what each variable in scope holds: for gdb, by `coverage`.
#
#   gdb -batch -x trace.py with COVERAGE_SOURCE, COVERAGE_MAIN (line), COVERAGE_LINES, COVERAGE_OUT, COVERAGE_STOPS in the environment
#
# Each line of the result is one stop: {"line", "variables": {name: [line of its declaration, whether it is a parameter, value or null]}}.
# A value is written the same way whatever the size of a pointer: by what it points to.
import json
import os

import gdb

SOURCE = os.environ["COVERAGE_SOURCE"]
# gdb 13 steps wrongly over copies of instructions with AVX encodings that address by the program counter.
SETTINGS = [
    "pagination off",
    "confirm off",
    "breakpoint pending on",
    "breakpoint always-inserted on",
    "displaced-stepping off",
]
MAX_ELEMENTS = 16
MAX_TEXT = 64
MAX_DEPTH = 3


class Gone(Exception):
    """Part of a value is optimised out."""


def text(address):
    read = bytearray()
    inferior = gdb.selected_inferior()
    while len(read) < MAX_TEXT:
        byte = inferior.read_memory(address + len(read), 1)[0]
        if byte == b"\0":
            break
        read += byte
    return read.decode("latin-1")


def pointer(address, target, pointee, depth):
    if address == 0:
        return "null"
    target = target.strip_typedefs().unqualified()
    if target.code == gdb.TYPE_CODE_FUNC:
        return "function"
    if target.code == gdb.TYPE_CODE_INT and target.sizeof == 1:
        return text(address)
    if target.code == gdb.TYPE_CODE_VOID or depth >= MAX_DEPTH:
        return "&"
    return ["&", show(pointee(), depth + 1)]


def show(value, depth=0):
    if value.is_optimized_out:
        raise Gone()
    kind = value.type.strip_typedefs().unqualified()
    code = kind.code
    if code == gdb.TYPE_CODE_PTR:
        return pointer(int(value), kind.target(), value.dereference, depth)
    if code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        return show(value.referenced_value(), depth)
    if code == gdb.TYPE_CODE_ARRAY:
        first, last = kind.range()
        if kind.name:
            # A pointer of the guest's in memory, as gdb is told of it: an array with a name.
            target = kind.target()
            if kind.name.endswith("&"):
                return show(value[0], depth)
            address = int(value.cast(target.pointer()))
            return pointer(address, target, lambda: value[0], depth)
        last = min(last, first + MAX_ELEMENTS - 1)
        return [show(value[index], depth) for index in range(first, last + 1)]
    if code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        fields = [field for field in kind.fields() if hasattr(field, "bitpos")]
        if [field.name for field in fields] == ["data_ptr", "length"]:
            # A slice of Rust's, or text.
            length = min(int(value["length"]), MAX_ELEMENTS)
            return [show(value["data_ptr"][index], depth + 1) for index in range(length)]
        return {field.name or "": show(value[field], depth) for field in fields}
    if code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR):
        # A pointer to a function is the guest's number, of a type with a name that no other number has.
        return "function" if kind.name.endswith("*") or kind.name == "__vtbl_ptr_type" else int(value)
    if code == gdb.TYPE_CODE_BOOL:
        return bool(value)
    if code == gdb.TYPE_CODE_FLT:
        return repr(float(value))
    # gdb names an enumerator as C does or as C++ does.
    return str(value).split("::")[-1]


def variables(frame):
    found = {}
    block = frame.block()
    while block:
        for symbol in block:
            if not (symbol.is_variable or symbol.is_argument) or symbol.name in found:
                continue
            # What a loop of C++ ends at is behind the last element.
            if symbol.name.startswith("__end"):
                continue
            try:
                value = show(symbol.value(frame))
            except (Gone, gdb.error):
                value = None
            found[symbol.name] = [symbol.line, symbol.is_argument, value]
        if block.function:
            break
        block = block.superblock
    return found


def is_running():
    thread = gdb.selected_thread()
    return thread is not None and thread.is_valid()


def record(out):
    frame = gdb.selected_frame()
    place = frame.find_sal()
    if place.symtab is None or os.path.basename(place.symtab.filename) != SOURCE:
        return
    stop = {"line": place.line, "variables": variables(frame)}
    out.write(json.dumps(stop) + "\n")


def main():
    for setting in SETTINGS:
        gdb.execute("set " + setting)
    gdb.execute("tbreak %s:%s" % (SOURCE, os.environ["COVERAGE_MAIN"]), to_string=True)
    gdb.execute("run", to_string=True)
    # A breakpoint on a line without code is one on the next line that has some.
    for line in range(1, int(os.environ["COVERAGE_LINES"]) + 1):
        gdb.execute("break %s:%d" % (SOURCE, line), to_string=True)
    stops = int(os.environ["COVERAGE_STOPS"])
    with open(os.environ["COVERAGE_OUT"], "w") as out:
        while is_running() and stops > 0:
            record(out)
            gdb.execute("continue", to_string=True)
            stops -= 1
    if is_running():
        gdb.execute("kill", to_string=True)
        raise SystemExit("more stops than were asked for")


main()
