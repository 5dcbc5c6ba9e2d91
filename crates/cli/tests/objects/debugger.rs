//! gdb in a program with a linked module: its functions are in the backtrace, between those of C.

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
    let text = String::from_utf8_lossy(&output.stdout);
    let frames = ["in wasm[1]", "in wasm[2]", "in host_entry[0]", "in lib_outer", "in main"];
    let mut rest = &*text;
    for frame in frames {
        let found = rest.find(frame);
        rest = &rest[found.unwrap_or_else(|| panic!("{frame} is not in order in\n{text}"))..];
    }
}
