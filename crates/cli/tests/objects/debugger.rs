//! Debuggers in a program with a linked module: its functions are in the backtrace, between those of C, and with `-g` its lines and variables are there.

use super::{Dir, succeed};

#[test]
fn a_backtrace_goes_through_the_module() {
    let module = r#"(module
      (import "host" "stop" (func $stop (param i32)))
      (func $inner (param i32) (call $stop (local.get 0)) (call $stop (local.get 0)))
      (func (export "outer") (param i32) (call $inner (local.get 0)) (call $inner (local.get 0))))"#;
    let dir = Dir::new();
    dir.object("lib", module, &["-O0"]).link(
        r#"
#include "lib.h"
static void stop(void *user, lib_t *lib, int32_t p0, wootz_trap_t **trap) {
    (void)user; (void)lib; (void)p0; (void)trap;
}
int main(void) {
    lib_imports_t imports = {0};
    imports.host_stop = stop;
    lib_t *lib = lib_new(&imports, NULL);
    lib_outer(lib, 1, NULL);
    lib_free(lib);
    return 0;
}"#,
        &["lib.o"],
    );
    let mut gdb = dir.command("gdb");
    gdb.args([
        "-nx",
        "-batch",
        "-ex",
        "set debuginfod enabled off",
        "-ex",
        "break stop",
        "-ex",
        "run",
        "-ex",
        "backtrace",
        "program",
    ]);
    let output = succeed(&mut gdb);
    let frames = ["in wasm[1]", "in wasm[2]", "in host_entry[0]", "in lib_outer", "in main"];
    expect_in_order(&output.stdout, &frames);
}

/// A list in linear memory, and a function that walks along it.
const LIBRARY: &str = r#"struct node {
    int value;
    const char *name;
    struct node *next;
};
static struct node last = {2, "last", 0};
static struct node first = {1, "first", &last};
int sum;

__attribute__((export_name("total"))) int total(int start) {
    int all = start;
    for (struct node *node = &first; node; node = node->next) {
        all += node->value;
    }
    sum = all;
    return all;
}
"#;

const MAIN: &str = r#"
#include "lib.h"
int main(void) {
    lib_t *lib = lib_new(NULL);
    int32_t all = lib_total(lib, 39, NULL);
    lib_free(lib);
    return all != 42;
}"#;

/// A program with the library, compiled with an option for a debugger.
fn program(debug: &str) -> Dir {
    let dir = Dir::new();
    dir.write("lib.c", LIBRARY);
    let mut clang = dir.command("clang-22");
    clang.args(["--target=wasm32", "-nostdlib", "-Wl,--no-entry", "-g", "-O0", "lib.c", "-o", "lib.wasm"]);
    succeed(&mut clang);
    let mut wootz = dir.command(env!("CARGO_BIN_EXE_wootz"));
    succeed(wootz.args(["compile", "--emit", "obj", debug, "-O0", "lib.wasm"]));
    dir.link(MAIN, &["lib.o", "-Wl,--build-id"]);
    dir
}

/// What gdb says of the program, if debug information may be in a folder.
fn gdb(dir: &Dir, folder: &str) -> Vec<u8> {
    let mut gdb = dir.command("gdb");
    gdb.args(["-nx", "-batch", "-ex", "set debuginfod enabled off"]);
    gdb.args(["-ex", &format!("set debug-file-directory {folder}"), "-ex", "file program"]);
    for command in [
        "break lib.c:13",
        "run",
        "print *node",
        "print node->next->name",
        "print all",
        "backtrace",
        "delete",
        "continue",
    ] {
        gdb.args(["-ex", command]);
    }
    succeed(&mut gdb).stdout
}

const SEEN_BY_GDB: [&str; 8] = [
    "total (start=39) at",
    "lib.c:13",
    "{value = 1, name = 0x",
    "\"first\"",
    "\"last\"",
    "= 39",
    "in lib_total",
    "exited normally",
];

#[test]
fn gdb_shows_a_module_with_dwarf_as_part_of_the_program() {
    let dir = program("-g");
    expect_in_order(&gdb(&dir, "/nowhere"), &SEEN_BY_GDB);

    // The same from a file beside the stripped program, which names it.
    succeed(dir.command("objcopy").args(["--only-keep-debug", "program", "program.debug"]));
    succeed(dir.command("strip").arg("program"));
    succeed(dir.command("objcopy").args(["--add-gnu-debuglink=program.debug", "program"]));
    expect_in_order(&gdb(&dir, "/nowhere"), &SEEN_BY_GDB);

    // And from one that is found by the program's build id.
    let notes = succeed(dir.command("readelf").args(["--notes", "program"])).stdout;
    let notes = String::from_utf8_lossy(&notes).into_owned();
    let id = notes.split_once("Build ID: ").expect("the program has a build id").1;
    let (first, rest) = id.split_whitespace().next().expect("digits").split_at(2);
    let folder = dir.path("debug").join(".build-id").join(first);
    std::fs::create_dir_all(&folder).expect("a folder");
    let moved = std::fs::rename(dir.path("program.debug"), folder.join(format!("{rest}.debug")));
    moved.expect("the file is moved");
    expect_in_order(&gdb(&dir, "debug"), &SEEN_BY_GDB);
}

#[test]
fn lldb_shows_a_module_with_dwarf_as_part_of_the_program() {
    let dir = program("-g=lldb");
    let mut lldb = dir.command("lldb-22");
    lldb.args(["--no-lldbinit", "--no-use-colors", "-b"]);
    for command in [
        "breakpoint set -f lib.c -l 13",
        "run",
        "frame variable *node all",
        "bt",
        "breakpoint delete -f",
        "continue",
    ] {
        lldb.args(["-o", command]);
    }
    let output = succeed(lldb.arg("program"));
    let seen = [
        "stop reason = breakpoint 1",
        "total(start=39)",
        "value = 1",
        "all = 39",
        "lib_total",
        "main at main.c:5",
        "status = 0",
    ];
    expect_in_order(&output.stdout, &seen);
}

fn expect_in_order(output: &[u8], expected: &[&str]) {
    let text = String::from_utf8_lossy(output);
    let mut rest = &*text;
    for part in expected {
        let found = rest.find(part);
        rest = &rest[found.unwrap_or_else(|| panic!("{part} is not in order in\n{text}"))..];
    }
}
