//! The header: any names, C and C++; the object: reproducible, nothing writable and executable.

use super::{Dir, STRICT, include, succeed};

#[test]
fn any_name_has_an_identifier_of_its_own() {
    let module = r#"(module
      (import "int" "" (func $f (param i32)))
      (import "a.b" "c" (func (param i64)))
      (import "a" "b.c" (func (result f32)))
      (import "thread" "local" (global i32))
      (import "env" "memory" (memory 1))
      (import "env" "table" (table 1 funcref))
      (func (export "new") (result i32 i64) (i32.const 1) (i64.const 2))
      (func (export "new_results_t"))
      (func (export "free"))
      (func (export "t"))
      (func (export "imports_t"))
      (func (export "a b") (param f32) (result f64) (f64.const 0))
      (func (export "a-b"))
      (func (export "*/ evil \\"))
      (func (export ""))
      (func (export "größe"))
      (func (export "9"))
      (table (export "table") 1 externref)
      (global (export "constant") f64 (f64.const 1))
      (global (export "vector") (mut v128) (v128.const i32x4 1 2 3 4)))"#;
    let dir = Dir::new();
    dir.object("odd", module, &["--prefix", "9 odd-names"]);
    let header = dir.read("odd.h");
    for name in
        ["_9_odd_names_new_2(", "_9_odd_names_a_b(", "_9_odd_names_a_b_2(", "a_b_c)(", "a_b_c_2)(", "gr__e("]
    {
        assert!(header.contains(name), "{name} in\n{header}");
    }
    dir.write("main.c", "#include \"odd.h\"\n").write("main.cpp", "#include \"odd.h\"\n#include \"odd.h\"\n");
    for compiler in
        [["cc", "-std=c99", "main.c"], ["c++", "-std=c++11", "main.cpp"], ["c++", "-std=c++20", "main.cpp"]]
    {
        let mut command = dir.command(compiler[0]);
        succeed(command.args(&compiler[1..]).args(["-c", "-o", "out.o", "-I"]).arg(include()).args(STRICT));
    }
    dir.link(
        r#"
#include <stdio.h>
#include "odd.h"
int main(void) {
    wootz_trap_t *trap = NULL;
    _9_odd_names_imports_t imports = {0};
    _9_odd_names_t *odd = _9_odd_names_new(&imports, &trap);
    printf("%d %s\n", odd == NULL, wootz_trap_message(trap));
    wootz_trap_free(trap);
    odd = _9_odd_names_new(NULL, &trap);
    printf("%d %s", odd == NULL, wootz_trap_message(trap));
    wootz_trap_free(trap);
    return 0;
}"#,
        &["odd.o"],
    );
    assert_eq!(dir.run(), "1 import \"int.\": the function is not given\n1 no imports are given");
}

#[test]
fn the_same_module_gives_the_same_object() {
    let module =
        "(module (memory 1) (func (export \"f\") (param i32) (result i32) (i32.load (local.get 0))))";
    let (one, other) = (Dir::new(), Dir::new());
    one.object("lib", module, &["-j", "1"]);
    other.object("lib", module, &["-j", "4"]);
    let read = |dir: &Dir| std::fs::read(dir.path("lib.o")).expect("the object");
    assert!(read(&one) == read(&other) && one.read("lib.h") == other.read("lib.h"));
}

#[test]
fn only_c_functions_are_visible_and_nothing_is_writable_code() {
    let dir = Dir::new();
    dir.object(
        "lib",
        "(module (func (export \"f\") (param f32) (result f32) (f32.ceil (local.get 0))))",
        &[],
    );
    let symbols = succeed(dir.command("nm").args(["-g", "--defined-only", "-j", "lib.o"])).stdout;
    assert_eq!(String::from_utf8(symbols).unwrap(), "lib_f\nlib_free\nlib_new\n");
    let sections = succeed(dir.command("readelf").args(["-SW", "lib.o"])).stdout;
    let sections = String::from_utf8(sections).unwrap();
    assert!(sections.contains(" AX ") && !sections.contains("WAX"), "{sections}");
}

#[test]
fn what_is_missing_is_told() {
    let dir = Dir::new();
    dir.write("lib.wat", "(module)");
    let mut wootz = dir.command(env!("CARGO_BIN_EXE_wootz"));
    let output = wootz.args(["compile", "--emit", "obj", "-o", "-", "lib.wat"]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && error.contains("--header"), "{error}");
}
