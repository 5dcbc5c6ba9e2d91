//! Guests that trap: exit code 134, the reason, the place in the source, the calls that led there.

use crate::{Dir, binary};

const GUEST: &str = r#"(module $guest
  (memory 1)
  (table 4 funcref)
  (type $void (func))
  (func (export "read") (result i32)
    (i32.load (i32.const 65533)))
  (func $divide (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.div_u)
  (func (export "zero") (result i32)
    (call $divide (i32.const 1) (i32.const 0)))
  (func (export "null")
    (call_indirect (type $void) (i32.const 2)))
  (func (export "unreachable")
    unreachable)
  (func $forever (export "forever")
    (call $forever)))
"#;

const STRATEGIES: [&str; 3] = ["--checks=guard", "--checks=explicit", "--checks=auto"];
const LEVELS: [&str; 2] = ["-O0", "-O2"];

/// Traps the same way with every strategy and level.
#[track_caller]
fn traps(name: &str, expected: &str) {
    let dir = Dir::with("g.wat", GUEST);
    for checks in STRATEGIES {
        for level in LEVELS {
            let error = dir.wootz(&["run", checks, level, "--invoke", name, "g.wat"]).error(134);
            assert_eq!(error, expected, "{checks} {level}");
        }
    }
}

#[test]
fn out_of_bounds() {
    traps(
        "read",
        "\
error: the guest trapped: out of bounds memory access
 --> g.wat:6:6, in function 0 \"read\" (offset 0x65)
  |
5 |   (func (export \"read\") (result i32)
6 |     (i32.load (i32.const 65533)))
  |      ^^^^^^^^
",
    );
}

#[test]
fn division_by_zero_through_a_call() {
    traps(
        "zero",
        "\
error: the guest trapped: integer divide by zero
  --> g.wat:10:5, in function 1 \"divide\" (offset 0x6f)
   |
 9 |     local.get 1
10 |     i32.div_u)
   |     ^^^^^^^^^
   = calls, innermost first:
     0: divide (func 1) at g.wat:10:5
     1: zero (func 2) at g.wat:12:6
",
    );
}

#[test]
fn a_null_table_entry() {
    traps(
        "null",
        "\
error: the guest trapped: uninitialized element
  --> g.wat:14:6, in function 3 \"null\" (offset 0x7e)
   |
13 |   (func (export \"null\")
14 |     (call_indirect (type $void) (i32.const 2)))
   |      ^^^^^^^^^^^^^
",
    );
}

#[test]
fn unreachable() {
    traps(
        "unreachable",
        "\
error: the guest trapped: unreachable
  --> g.wat:16:5, in function 4 \"unreachable\" (offset 0x84)
   |
15 |   (func (export \"unreachable\")
16 |     unreachable)
   |     ^^^^^^^^^^^
help: programs compiled from C or Rust execute `unreachable` after abort() or a panic: see their output
",
    );
}

#[test]
fn endless_recursion() {
    let dir = Dir::with("g.wat", GUEST);
    for checks in STRATEGIES {
        for level in LEVELS {
            let args = ["run", checks, level, "--stack-size", "64K", "--invoke", "forever", "g.wat"];
            let error = dir.wootz(&args).error(134);
            assert!(
                error.starts_with("error: the guest trapped: call stack exhausted\n  --> g.wat:"),
                "{error}"
            );
            assert!(error.contains("forever (func 5) at g.wat:18:6"), "{error}");
            assert!(error.contains(" more calls\n"), "{error}");
            assert!(error.contains("help: the guest recurses without end, or needs more stack"), "{error}");
            assert!(error.lines().count() < 15, "{error}");
        }
    }
}

#[test]
fn the_stack_has_the_size_asked_for() {
    let dir = Dir::with(
        "m.wat",
        r#"(module (func $sum (export "sum") (param i64) (result i64)
          (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))
            (else (i64.add (local.get 0) (call $sum (i64.sub (local.get 0) (i64.const 1))))))))"#,
    );
    let run = |size| dir.wootz(&["run", "-O0", "--stack-size", size, "--invoke", "sum", "m.wat", "500000"]);
    assert_eq!(run("128M").output(), "125000250000\n");
    assert!(run("1M").error(134).contains("call stack exhausted"));
}

#[test]
fn traps_of_binaries_show_the_disassembly() {
    let dir = Dir::with("g.wasm", binary(GUEST));
    let expected = "\
error: the guest trapped: integer divide by zero
    --> g.wasm, offset 0x6f, in function 1 \"divide\"
     |
0x6b | local.get 0
0x6d | local.get 1
0x6f | i32.div_u
     | ^^^^^^^^^
     = calls, innermost first:
       0: divide (func 1) at offset 0x6f
       1: zero (func 2) at offset 0x77
";
    assert_eq!(dir.wootz(&["run", "--invoke", "zero", "g.wasm"]).error(134), expected);
}

#[test]
fn output_before_a_trap_is_not_lost() {
    let dir = Dir::with(
        "m.wat",
        r#"(module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\08\00\00\00\06\00\00\00before")
          (func (export "_start")
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
            unreachable))"#,
    );
    let outcome = dir.wootz(&["run", "m.wat"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (134, "before"));
    assert!(outcome.stderr.starts_with("error: the guest trapped: unreachable\n"), "{}", outcome.stderr);
}

#[test]
fn a_wasi_call_that_cannot_be_served_stops_the_guest() {
    let dir = Dir::with(
        "m.wat",
        r#"(module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (func (export "_start")
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))))"#,
    );
    let error = dir.wootz(&["run", "m.wat"]).error(134);
    assert!(error.starts_with("error: the guest was stopped: fd_write: "), "{error}");
    assert!(error.contains("--> m.wat:4:20, in function 1 \"_start\""), "{error}");
}

/// The function that traps is inlined by clang at -O2.
const PROGRAM: &str = "\
struct cell { int value; struct cell *next; };
static struct cell last;

static int value(struct cell *cell) {
    return cell->next->value;
}

__attribute__((noinline)) int follow(struct cell *cell) {
    int found = value(cell);
    return found + 1;
}

int main(void) {
    last.next = (struct cell *)0x7fff0000;
    return follow(&last);
}
";

/// A module with DWARF tells lines in every mode, with the functions that its compiler inlined.
#[test]
fn sources() {
    let dir = Dir::with("program.c", PROGRAM);
    for version in ["-gdwarf-4", "-gdwarf-5"] {
        let mut clang = std::process::Command::new("clang-22");
        clang.args(["--target=wasm32-wasi", "-Wno-deprecated", "--sysroot=/usr", "--no-wasm-opt", "-g"]);
        clang.args([version, "-O2", "program.c", "-o", "program.wasm"]).current_dir(dir.path());
        assert!(clang.status().expect("clang-22 runs").success());
        dir.wootz(&["compile", "--no-progress", "program.wasm", "-o", "image"]);
        dir.wootz(&["compile", "--no-progress", "program.wasm", "--emit", "exe", "-o", "program"]);
        for arguments in [
            &["run", "-O0", "program.wasm"][..],
            &["run", "-O2", "program.wasm"],
            &["run", "--mode", "lazy", "program.wasm"],
            &["run", "image"],
        ] {
            let error = dir.wootz(arguments).error(134);
            assert!(error.contains("--> program.c:5, in function "), "{arguments:?}: {error}");
            assert!(error.contains("\n5 |     return cell->next->value;\n"), "{error}");
            assert!(error.contains("0: value at program.c:5, inlined into follow ("), "{error}");
            assert!(error.contains(") at program.c:9\n"), "{error}");
            assert!(error.contains(") at program.c:15\n"), "{error}");
        }
        let program = std::process::Command::new(dir.path().join("program")).current_dir(dir.path()).output();
        let error = program.expect("the program runs").stderr;
        let error = String::from_utf8_lossy(&error);
        assert!(error.contains("0: value at program.c:5, inlined into follow ("), "{error}");
    }
}
